"""Somebody takes a call that rings, or runs, at another phone."""

from ..incoming import Incoming
from ..lab import Lab
from . import scenario


@scenario("202 rings; 204 picks up with the group pickup code *8")
async def pickup_group(lab: Lab) -> None:
    call = await lab.call("201", "202")
    await call.rings("202")
    await lab.pause()
    await call.picked_up(lab.phone("204").call("*8"))
    await call.hang_up("201")


@scenario("202 rings; 204 picks it up by its number (*8202)")
async def pickup_directed(lab: Lab) -> None:
    call = await lab.call("201", "202")
    await call.rings("202")
    await lab.pause()
    await call.picked_up(lab.phone("204").call("*8202"))
    await call.hang_up("204")


@scenario("202 rings; 204 picks it up by its channel (*9202, PickupChan)")
async def pickup_of_channel(lab: Lab) -> None:
    call = await lab.call("201", "202")
    await call.rings("202")
    await lab.pause()
    await call.picked_up(lab.phone("204").call("*9202"))
    await call.hang_up("204")


@scenario("202 and 203 ring as a group; 204 picks up with *8")
async def pickup_of_group(lab: Lab) -> None:
    call = await lab.call("201", "301")
    await call.rings("202", "203")
    await lab.pause()
    await call.picked_up(lab.phone("204").call("*8"))
    await call.hang_up("201")


@scenario("the agents of a queue ring; 204, no agent, picks up with *8")
async def pickup_of_queue(lab: Lab) -> None:
    call = await lab.call("201", "401")
    await call.queued()
    await call.rings("202", "203")
    await lab.pause()
    await call.picked_up(lab.phone("204").call("*8"))
    await call.hang_up("201")


@scenario("202 rings; 204 picks up with INVITE with Replaces of the ringing dialog (phone's BLF key)")
async def pickup_replaces(lab: Lab) -> None:
    call = await lab.call("201", "202")
    [rings] = await call.rings("202")
    await lab.pause()
    await call.picked_up(lab.phone("204").call("202", replaces=rings))
    await call.hang_up("201")


@scenario("the agents of a queue ring; 204, no agent, picks up with INVITE with Replaces")
async def pickup_replaces_of_queue(lab: Lab) -> None:
    call = await lab.call("201", "401")
    await call.queued()
    [rings, _] = await call.rings("202", "203")
    await lab.pause()
    await call.picked_up(lab.phone("204").call("202", replaces=rings))
    await call.hang_up("201")


@scenario("201 talks to 202; 204 takes 201's place with INVITE with Replaces")
async def takeover_replaces_caller(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await lab.pause()
    replaced = call.leg("201")
    leg = lab.phone("204").call("201", replaces=replaced)
    await lab.diary.until(lambda: leg.was_up, "204 takes over")
    await replaced.ended()
    lab.truth.step("swapped", by="204", dropped="201", stays="202")
    call.caller_leg = leg
    await call.hang_up("202")


@scenario("201 talks to 202; 204 takes 202's place with INVITE with Replaces")
async def takeover_replaces(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await lab.pause()
    replaced = call.leg("202")
    leg = lab.phone("204").call("202", replaces=replaced)
    await lab.diary.until(lambda: leg.was_up, "204 takes over")
    await replaced.ended()
    lab.truth.step("swapped", by="204", dropped="202", stays="201")
    call.callee_leg = leg
    await call.hang_up("201")


@scenario("204 dials *8 but nothing rings")
async def pickup_of_nothing(lab: Lab) -> None:
    call = await lab.call("204", "*8")
    assert call.caller_leg
    await call.caller_leg.ended()
    lab.truth.step("pickup_failed", by="204", code_to_caller=call.caller_leg.code)


@scenario("202 rings behind a kept Local channel; 204 picks it up by its number (*8202)")
async def pickup_directed_behind_local(lab: Lab) -> None:
    call = await lab.call("201", "2202")
    await call.rings("202")
    await lab.pause()
    await call.picked_up(lab.phone("204").call("*8"))
    await call.hang_up("201")


@scenario("agents of a queue ring behind kept Local channels; 204, no agent, picks up with *8")
async def pickup_of_queue_behind_local(lab: Lab) -> None:
    call = await lab.call("201", "403")
    await call.queued_unheard("202")
    await call.rings("202", "203")
    await lab.pause()
    await call.picked_up(lab.phone("204").call("*8"))
    await call.hang_up("201")


@scenario("202 transfers 201 blind to 203; 204 picks it up with *8")
async def pickup_after_blind_transfer(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.blind_transfer("202", "203")
    await call.rings("203")
    await lab.pause()
    await call.picked_up(lab.phone("204").call("*8"))
    await call.hang_up("201")


@scenario("202 asks 203 as it rings; 204 picks that up, and 202 transfers 201 to it")
async def pickup_of_consultation(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.hold("202")
    consultation = await lab.call("202", "203", "consultation")
    await consultation.rings("203")
    await lab.pause()
    await consultation.picked_up(lab.phone("204").call("*8"))
    await call.attended_transfer("202", consultation)
    await call.hang_up("201")


async def _with_early_media(lab: Lab, to: str) -> None:
    lab.phone("202").when_called = Incoming.early_media
    call = await lab.call("201", to)
    if to == "405":
        await call.queued()
    await call.rings("202")
    await lab.pause()
    await call.picked_up(lab.phone("204").call("*8"))
    await call.hang_up("201")


@scenario("202 rings with a tone of its own (183); 204 picks up with *8")
async def pickup_of_early_media(lab: Lab) -> None:
    await _with_early_media(lab, "202")


@scenario("the agent of a queue rings with a tone of its own (183); 204 picks up with *8")
async def pickup_of_queue_with_early_media(lab: Lab) -> None:
    await _with_early_media(lab, "405")
