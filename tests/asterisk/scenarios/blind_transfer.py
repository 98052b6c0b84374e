"""A phone sends the other side to a number (REFER)."""

from ..lab import Lab
from . import scenario


@scenario("201 calls 202; 202 transfers blind to 203, which answers")
async def blind_transfer_by_callee(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.blind_transfer("202", "203")
    await call.rings("203")
    await call.answer("203")
    await call.hang_up("201")


@scenario("201 calls 202; 201 transfers 202 blind to 203, which answers")
async def blind_transfer_by_caller(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.blind_transfer("201", "203")
    await call.rings("203")
    await call.answer("203")
    await call.hang_up("203")


@scenario("202 transfers 201 blind to 203, which is busy")
async def blind_transfer_to_busy(lab: Lab) -> None:
    lab.phone("203").when_called = lambda leg: leg.refuse(486)
    call = await lab.talk("201", "202")
    await call.blind_transfer("202", "203")
    await call.refused("203", 486, "busy")
    await call.fails("busy")


@scenario("202 transfers 201 blind to 203, which rings until its time is over")
async def blind_transfer_not_answered(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.blind_transfer("202", "8203")
    await call.rings("203")
    await call.fails("no-answer")


@scenario("202 transfers 201 blind to 203; 201 gives up while 203 rings")
async def blind_transfer_abandoned(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.blind_transfer("202", "203")
    await call.rings("203")
    await call.give_up()


@scenario("204 transfers 201 blind to the group of 202 and 203")
async def blind_transfer_to_group(lab: Lab) -> None:
    call = await lab.talk("201", "204")
    await call.blind_transfer("204", "301")
    await call.rings("202", "203")
    await call.answer("202")
    await call.hang_up("201")


@scenario("204 transfers 201 blind to a queue")
async def blind_transfer_to_queue(lab: Lab) -> None:
    call = await lab.talk("201", "204")
    await call.blind_transfer("204", "401")
    await call.queued()
    await call.rings("202", "203")
    await call.answer("203")
    await call.hang_up("203")


@scenario("201 transfers 202 blind to the car park; 203 fetches 202")
async def blind_transfer_to_parking(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.park("201")
    await call.fetch("203")
    await call.hang_up("203")


@scenario("202 transfers 201 blind into a conference where 203 is")
async def blind_transfer_to_conference(lab: Lab) -> None:
    room = await lab.call("203", "600", "room")
    await room.joins()
    call = await lab.talk("201", "202")
    await call.blind_transfer("202", "600")
    await lab.ami_event("ConfbridgeJoin", CallerIDNum="201")
    await call.joins()
    await call.leaves()
    lab.truth.step("hangup", caller="201", reason="completed", by="201")
    await room.leaves()


@scenario("202 transfers 201 blind to an application of the PBX")
async def blind_transfer_to_application(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.blind_transfer("202", "800")
    await call.answered_by_pbx()
    await call.hang_up("201")


@scenario("202 transfers 201 blind to a mobile outside")
async def blind_transfer_to_outside(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.blind_transfer("202", "0612345678")
    await call.rings("0612345678")
    await call.answer("0612345678")
    await call.hang_up("0612345678")


@scenario("202 wants to transfer 201 to a number that does not exist; they go on talking")
async def blind_transfer_to_unknown_number(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await lab.pause()
    leg = call.leg("202")
    code = await leg.refer("299")
    if code < 300:
        code = await lab.diary.until(
            lambda: next((code for code in leg.transfer_codes if code >= 300), 0), "202 hears it did not work"
        )
    lab.truth.step("transfer_failed", transferer="202", transferee="201", target="299", code=code)
    await call.hang_up("201")


@scenario("202 transfers 201 blind to 203, which transfers 201 back")
async def blind_transfer_back_to_transferer(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.blind_transfer("202", "203")
    await call.rings("203")
    await call.answer("203")
    await call.blind_transfer("203", "202")
    await call.rings("202")
    await call.answer("202")
    await call.hang_up("201")


@scenario("the call runs through a kept Local channel; 202 transfers blind to 203")
async def blind_transfer_behind_local(lab: Lab) -> None:
    call = await lab.talk("201", "2202")
    await call.blind_transfer("202", "203")
    await call.rings("203")
    await call.answer("203")
    await call.hang_up("201")


@scenario("201 waits for an agent behind 204's Local channel, and transfers who will come there to 203")
async def blind_transfer_of_nobody_yet(lab: Lab) -> None:
    lab.phone("204").when_called = lambda leg: leg.forward("405")
    call = await lab.call("201", "204")
    await call.forwarded("204", "405")
    await call.queued()
    [agent] = await call.rings("202")
    await lab.pause()
    own = call.leg("201")
    await own.refer("203")
    target = await lab.ringing_leg("203")
    lab.truth.step("ringing", caller="pbx", to="203", targets=["203"])
    await lab.leave(own)
    target.answer()
    await lab.diary.until(lambda: target.acknowledged, "203 hears the queue's music")
    await lab.pause()
    agent.answer()
    await lab.ami_event("AgentConnect")
    lab.truth.step("answered", caller="203", to="405", target="202")
    await lab.pause()
    await agent.hang_up()
    await target.ended()
    lab.truth.step("hangup", caller="203", reason="completed", by="202")
