"""Another AMI client rings a phone, and then the one it wants to talk to (Originate)."""

from ..call import Call
from ..incoming import Incoming
from ..lab import Lab
from . import scenario

MOBILE = "0612345678"
TO_202 = {"Context": "internal", "Exten": "202", "Priority": "1"}


async def _originate(lab: Lab, ring_s: int = 20, channel: str = "", then: dict[str, str] = TO_202) -> Call:
    headers = {"CallerID": "Click <202>", "Timeout": str(ring_s * 1000), "Async": "true"}
    await lab.ami_action("Originate", Channel=channel or lab.channel("201"), **headers, **then)
    return Call(lab, None, "201")


async def _answered(lab: Lab, channel: str = "", then: dict[str, str] = TO_202) -> Call:
    """201 takes the call, and is the caller from then on."""
    pbx = await _originate(lab, channel=channel, then=then)
    [leg] = await pbx.rings("201", how="originate for 201 to 202")
    await lab.pause()
    leg.answer()
    return Call(lab, leg, "202")


def _busy(leg: Incoming) -> None:
    leg.refuse(486)


@scenario("click to dial: AMI Originate rings 201 first, then 202")
async def click_to_dial(lab: Lab) -> None:
    call = await _answered(lab)
    await call.rings("202")
    await call.answer("202")
    await call.hang_up("201")


@scenario("click to dial: 201 itself is busy")
async def click_to_dial_busy(lab: Lab) -> None:
    lab.phone("201").when_called = _busy
    await _originate(lab)
    await lab.diary.until(lambda: lab.refused_leg("201", 486), "201 answers 486")
    lab.truth.step("ringing", caller="pbx", to="201", targets=["201"], rang=False, how="originate for 201 to 202")
    lab.truth.step("hangup", caller="pbx", to="201", reason="busy", by="201")


@scenario("click to dial: 201 does not answer")
async def click_to_dial_not_answered(lab: Lab) -> None:
    call = await _originate(lab, ring_s=1)
    [leg] = await call.rings("201", how="originate for 201 to 202")
    await leg.ended()
    lab.truth.step("hangup", caller="pbx", to="201", reason="no-answer", by="pbx")


@scenario("click to dial: 201 answers, but 202 is busy")
async def click_to_dial_target_busy(lab: Lab) -> None:
    lab.phone("202").when_called = _busy
    call = await _answered(lab)
    await lab.diary.until(lambda: lab.refused_leg("202", 486), "202 answers 486")
    lab.truth.step("ringing", caller="201", to="202", targets=["202"], rang=False)
    await call.fails("busy", "202")


@scenario("click to dial: 201 answers, and gives up while 202 rings")
async def click_to_dial_cancelled(lab: Lab) -> None:
    call = await _answered(lab)
    await call.rings("202")
    await call.give_up()


@scenario("click to dial: 201's phone forwards with 302 to 203, which answers and is the caller")
async def click_to_dial_forwarded(lab: Lab) -> None:
    lab.phone("201").when_called = lambda leg: leg.forward("203")
    pbx = await _originate(lab)
    await pbx.forwarded("201", "203")
    [leg] = await pbx.rings("203", how="originate for 201 to 202")
    await lab.pause()
    leg.answer()
    call = Call(lab, leg, "202")
    await call.rings("202")
    await call.answer("202")
    await call.hang_up("203")


@scenario("click to dial: 201 answers, 202 declines")
async def click_to_dial_target_rejects(lab: Lab) -> None:
    call = await _answered(lab)
    [leg] = await call.rings("202")
    await lab.pause()
    leg.refuse(603)
    await call.fails("rejected", "202")


@scenario("click to dial: 201 declines")
async def click_to_dial_rejected(lab: Lab) -> None:
    pbx = await _originate(lab)
    [leg] = await pbx.rings("201", how="originate for 201 to 202")
    await lab.pause()
    leg.refuse(603)
    lab.truth.step("hangup", caller="pbx", to="201", reason="rejected", by="201")


@scenario("click to dial behind a kept Local channel: 201 rings first, then 202")
async def click_to_dial_behind_local(lab: Lab) -> None:
    call = await _answered(lab, "Local/201@endpoint/n")
    await call.rings("202")
    await call.answer("202")
    await call.hang_up("201")


@scenario("click to dial: 201 answers, then 202, which transfers 201 blind to 203")
async def click_to_dial_then_blind_transfer(lab: Lab) -> None:
    call = await _answered(lab)
    await call.rings("202")
    await call.answer("202")
    await call.blind_transfer("202", "203")
    await call.rings("203")
    await call.answer("203")
    await call.hang_up("203")


@scenario("AMI Originate rings 201 and plays something to it")
async def originate_to_application(lab: Lab) -> None:
    call = await _answered(lab, then={"Application": "Playback", "Data": "hello-world"})
    lab.truth.step("answered", caller="201", to="201", target="pbx")
    await call.hang_up("201")


@scenario("AMI Originate rings 201 behind a kept Local channel and puts it into the room")
async def originate_into_conference_behind_local(lab: Lab) -> None:
    pbx = await _originate(lab, channel="Local/201@endpoint/n", then={"Application": "ConfBridge", "Data": "room"})
    [leg] = await pbx.rings("201", how="originate for 201 to the room")
    await lab.pause()
    leg.answer()
    await lab.ami_event("ConfbridgeJoin")
    lab.truth.step("joined", who="201", room="room")
    await lab.pause()
    await leg.hang_up()
    lab.truth.step("left", who="201", room="room")


@scenario(
    "click to dial behind a kept Local channel: 201 rings first, then a mobile, which is shown the company's number"
)
async def click_to_dial_outside(lab: Lab) -> None:
    to = {"Context": "internal", "Exten": f"99{MOBILE}", "Priority": "1"}
    call = await _answered(lab, "Local/201@endpoint/n", to)
    await call.rings(MOBILE, to=MOBILE)
    await call.answer(MOBILE)
    await call.hang_up("201")


async def _picked_up(lab: Lab) -> Call:
    """204 picks up what rings at 201, and is the caller."""
    pbx = await _originate(lab)
    [rings] = await pbx.rings("201", how="originate for 201 to 202")
    await lab.pause()
    leg = lab.phone("204").call("*8")
    await rings.ended()
    await lab.diary.until(lambda: leg.was_up, "204 has the call")
    lab.truth.step("pickup", by="204", caller="pbx", rang=["201"])
    call = Call(lab, leg, "202")
    await call.rings("202")
    return call


@scenario("click to dial: 201 rings, 204 picks that up with *8 and is the caller")
async def click_to_dial_picked_up(lab: Lab) -> None:
    call = await _picked_up(lab)
    await call.answer("202")
    await call.hang_up("204")


@scenario("click to dial: 201 rings, 204 picks that up, and gives up while 202 rings")
async def click_to_dial_picked_up_and_given_up(lab: Lab) -> None:
    call = await _picked_up(lab)
    await call.give_up()
