"""Two people, one call."""

from ..incoming import Incoming
from ..lab import Lab
from . import scenario


@scenario("201 calls 202, answered, caller hangs up")
async def basic_caller_hangs_up(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.hang_up("201")


@scenario("201 calls 202, answered, callee hangs up")
async def basic_callee_hangs_up(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.hang_up("202")


@scenario("a call from a phone that has to give a password")
async def basic_with_password(lab: Lab) -> None:
    call = await lab.talk("205", "202")
    await call.hang_up("202")


async def _refused_at_once(lab: Lab, code: int, reason: str) -> None:
    lab.phone("202").when_called = lambda leg: leg.refuse(code)
    call = await lab.call("201", "202")
    await lab.diary.until(lambda: lab.refused_leg("202", code), f"202 answers {code}")
    lab.truth.step("ringing", caller="201", to="202", targets=["202"], rang=False)
    await call.fails(reason, "202")


@scenario("202 is busy: 486")
async def busy_486(lab: Lab) -> None:
    await _refused_at_once(lab, 486, "busy")


@scenario("202 has do-not-disturb on: 480")
async def dnd_480(lab: Lab) -> None:
    await _refused_at_once(lab, 480, "unavailable")


@scenario("202 declines: 603")
async def reject_603(lab: Lab) -> None:
    call = await lab.call("201", "202")
    [leg] = await call.rings("202")
    await lab.pause()
    leg.refuse(603)
    await call.fails("rejected", "202")


@scenario("201 gives up while 202 rings")
async def cancelled_by_caller(lab: Lab) -> None:
    call = await lab.call("201", "202")
    await call.rings("202")
    await call.give_up()


@scenario("202 rings for the whole dial time and nobody answers")
async def no_answer(lab: Lab) -> None:
    call = await lab.call("201", "8202")
    await call.rings("202")
    await call.fails("no-answer")


@scenario("206 has no registered phone")
async def unreachable(lab: Lab) -> None:
    call = await lab.call("201", "206")
    await call.fails("unreachable", to="206")


@scenario("201 dials a number that does not exist")
async def unknown_number(lab: Lab) -> None:
    call = await lab.call("201", "299")
    await call.fails("unknown-number", to="299")


@scenario("202 rings with early media (183), then answers")
async def early_media_183(lab: Lab) -> None:
    lab.phone("202").when_called = Incoming.early_media
    call = await lab.talk("201", "202")
    await call.hang_up("201")


@scenario("202 puts 201 on hold and takes it back, twice")
async def hold_and_unhold(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    for _ in range(2):
        await call.hold("202")
        await call.unhold("202")
    await call.hang_up("201")


@scenario("two separate calls at once: 201 -> 202 and 203 -> 204, ended in the other order")
async def two_calls_at_once(lab: Lab) -> None:
    first = await lab.call("201", "202", "first")
    second = await lab.call("203", "204", "second")
    await first.rings("202")
    await second.rings("204")
    await second.answer("204")
    await first.answer("202")
    await second.hang_up("204")
    await first.hang_up("201")


@scenario("201 calls 202, which answers and hangs up at once")
async def hung_up_at_once(lab: Lab) -> None:
    call = await lab.call("201", "202")
    [leg] = await call.rings("202")
    await lab.pause()
    leg.answer()
    lab.truth.step("answered_for_a_moment", caller="201", to="202", target="202")
    await leg.hang_up()
    await call.leg("201").ended()
    lab.truth.step("hangup", caller="201", reason="completed", by="202")
