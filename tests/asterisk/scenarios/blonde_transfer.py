"""A phone connects two of its calls while the second still rings."""

from ..call import Call
from ..lab import Lab
from . import scenario


async def _blonde(lab: Lab, by: str, *, to: str = "203", through: str = "202") -> Call:
    """201 talks to 202; one of them calls a third and transfers while that rings."""
    call = await lab.talk("201", through)
    await call.hold(by)
    consultation = await lab.call(by, to, "consultation")
    await consultation.rings(to[-3:])
    await call.attended_transfer(by, consultation)
    return call


@scenario("blonde: 202 refers 201 (REFER with Replaces) while 203 still rings; then 203 answers")
async def blonde_transfer_by_callee(lab: Lab) -> None:
    call = await _blonde(lab, "202")
    await call.answer("203")
    await call.hang_up("201")


@scenario("blonde: 201 refers 202 while 203 still rings; then 203 answers")
async def blonde_transfer_by_caller(lab: Lab) -> None:
    call = await _blonde(lab, "201")
    await call.answer("203")
    await call.hang_up("203")


@scenario("blonde: 202 refers 201 while 203 still rings; 201 gives up")
async def blonde_transfer_abandoned(lab: Lab) -> None:
    call = await _blonde(lab, "202")
    await call.give_up()


@scenario("blonde: 202 refers 201 while 203 still rings; 203 declines")
async def blonde_transfer_refused(lab: Lab) -> None:
    call = await _blonde(lab, "202")
    await call.refuse("203", 603, "rejected")
    await call.fails("rejected")


@scenario("blonde, both calls through kept Local channels")
async def blonde_transfer_behind_local(lab: Lab) -> None:
    call = await _blonde(lab, "202", to="2203", through="2202")
    await call.answer("203")
    await call.hang_up("201")


@scenario("blonde: 202 refers 201 while the group of 203 and 204 rings; 204 answers")
async def blonde_transfer_to_group(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.hold("202")
    consultation = await lab.call("202", "308", "consultation")
    await consultation.rings("203", "204")
    await call.attended_transfer("202", consultation)
    await call.answer("204")
    await call.hang_up("201")


@scenario("blonde: 204 waits in the queue and its agents ring; it refers 201 to there, and 203 answers")
async def blonde_transfer_to_queue(lab: Lab) -> None:
    call = await lab.talk("201", "204")
    await call.hold("204")
    consultation = await lab.call("204", "401", "consultation")
    await consultation.queued()
    await consultation.rings("202", "203")
    await call.attended_transfer("204", consultation)
    await call.answer("203")
    await call.hang_up("201")


@scenario("blonde: 204 waits in the queue and its agent rings; on that call it sends REFER, and 201 waits there")
async def blonde_transfer_to_queue_on_newer_dialog(lab: Lab) -> None:
    call = await lab.talk("201", "204")
    await call.hold("204")
    consultation = await lab.call("204", "405", "consultation")
    await consultation.queued()
    await consultation.rings("202")
    await lab.pause()
    first, second = call.leg("204"), consultation.leg("204")
    code = await second.refer("201", replaces=first)
    lab.truth.step("blonde_transfer", transferer="204", transferee="201", target="202", refer_code=code)
    call.left_with(call.leg("201"), "405")
    call.ringing = consultation.ringing
    await lab.leave(first, second)
    await call.answer("202")
    await call.hang_up("201")


@scenario("blonde: 202 transfers 201 while 203 rings, and 201 transfers 204 to there while it rings yet; 203 answers")
async def blonde_transfer_handed_on(lab: Lab) -> None:
    first = await lab.talk("204", "201", "first")
    await first.hold("201")
    call = await lab.talk("201", "202")
    await call.hold("202")
    consultation = await lab.call("202", "203", "consultation")
    await consultation.rings("203")
    await call.attended_transfer("202", consultation)
    await first.attended_transfer("201", call)
    await first.answer("203")
    await first.hang_up("204")


@scenario("blonde: 201 refers 202, behind two kept Local channels, to 204, and 202 refers 203 to there while it rings")
async def blonde_transfer_behind_local_chain(lab: Lab) -> None:
    call = await lab.talk("201", "3202")
    own = call.leg("202")
    await call.hold("201")
    consultation = await lab.call("201", "204", "consultation")
    await consultation.rings("204")
    await call.attended_transfer("201", consultation)
    second = await lab.talk("203", "202", "second")
    await lab.pause()
    first = second.leg("202")
    code = await first.refer("204", replaces=own)
    lab.truth.step(
        "blonde_transfer", transferer="202", transferee="203", target="204", refer_code=code, call=second.label
    )
    await lab.leave(first, own)
    second.left_with(second.leg("203"), "204")
    second.ringing = call.ringing
    await second.answer("204")
    await second.hang_up("203")
