"""Several phones ring for one call."""

from contextlib import suppress
from functools import partial

from ..dialog import Dialog
from ..diary import NotSeenError
from ..incoming import Incoming
from ..lab import Lab
from . import scenario


@scenario("ring group, plain Dial(202&203): 203 answers")
async def group_plain(lab: Lab) -> None:
    call = await lab.call("201", "301")
    await call.rings("202", "203")
    await call.answer("203")
    await call.hang_up("201")


@scenario("ring group: 202 busy, 203 answers")
async def group_one_busy(lab: Lab) -> None:
    call = await lab.call("201", "301")
    await call.rings("202", "203")
    await call.refuse("202", 486, "busy")
    await call.answer("203")
    await call.hang_up("201")


async def _dropped(lab: Lab, legs: list[Incoming]) -> Incoming:
    """The one of two answered phones that came too late. chan_sip may just leave it in silence."""
    with suppress(NotSeenError):
        return await lab.diary.until(lambda: next((leg for leg in legs if leg.state == "ended"), None), "BYE", 1)
    loser = next(leg for leg in legs if not leg.voice.hears())
    await loser.hang_up()
    return loser


@scenario("ring group: 202 and 203 answer in the same moment, one of them is dropped")
async def group_both_answer(lab: Lab) -> None:
    call = await lab.call("201", "301")
    legs = await call.rings("202", "203")
    await lab.pause()
    for leg in legs:
        leg.answer()
    loser = await _dropped(lab, legs)
    call.ringing.remove(loser)
    winner = next(leg for leg in legs if leg is not loser)
    await call.connected(winner)
    lab.truth.step("target_dropped", target=loser.person)
    await call.hang_up(winner.person)


@scenario("ring group through Local channels that stay: 203 answers")
async def group_local_kept(lab: Lab) -> None:
    call = await lab.call("201", "302")
    await call.rings("202", "203")
    await call.answer("203")
    await call.hang_up("201")


@scenario("ring group through Local channels that optimise: 202 answers")
async def group_local_optimised(lab: Lab) -> None:
    call = await lab.call("201", "303")
    await call.rings("202", "203")
    await call.answer("202")
    await lab.ami_event("LocalOptimizationEnd")
    await call.hang_up("202")


@scenario("ring group: nobody answers, the caller gives up")
async def group_given_up(lab: Lab) -> None:
    call = await lab.call("201", "301")
    await call.rings("202", "203")
    await call.give_up()


@scenario("Bob has two phones, 202 and 212; he answers at the second")
async def several_devices(lab: Lab) -> None:
    call = await lab.call("201", "304")
    await call.rings("202", "212")
    await call.answer("212")
    await call.hang_up("212")


@scenario("hunting: 202 rings for a second, then 203, which answers")
async def group_hunting(lab: Lab) -> None:
    await _hunt(lab, "305")


@scenario("hunting through Local channels that stay: 202 rings for a second, then 203, which answers")
async def group_hunting_local(lab: Lab) -> None:
    await _hunt(lab, "306")


async def _hunt(lab: Lab, number: str) -> None:
    call = await lab.call("201", number)
    [leg] = await call.rings("202")
    await leg.ended()
    call.ringing.clear()
    await call.rings("203")
    await call.answer("203")
    await call.hang_up("201")


@scenario("202 is called and answers; the dialplan puts both into a room (option G)")
async def answered_into_room(lab: Lab) -> None:
    call = await lab.call("201", "307")
    [leg] = await call.rings("202")
    await lab.pause()
    leg.answer()
    await lab.diary.until(lambda: leg.was_up and call.leg("201").was_up, "both are in the room")
    await lab.ami_event("ConfbridgeJoin", CallerIDNum="201")
    await lab.ami_event("ConfbridgeJoin", CallerIDNum="202")
    for who in ("201", "202"):
        lab.truth.step("joined", who=who, room="room")
    for person in (call.leg("201"), leg):
        await lab.pause()
        await person.hang_up()
        lab.truth.step("left", who=person.person, room="room")


def _hearing(lab: Lab, person: str) -> Dialog | None:
    return next((leg for leg in lab.phone(person).legs if leg.was_up), None)


@scenario("201 pages 202 and 203, which answer by themselves")
async def page(lab: Lab) -> None:
    for person in ("202", "203"):
        lab.phone(person).when_called = lambda leg: leg.answer()
    call = await lab.call("201", "816")
    legs = [await lab.diary.until(partial(_hearing, lab, person), f"{person} hears") for person in ("202", "203")]
    lab.truth.step("paged", caller="201", targets=["202", "203"])
    await lab.pause()
    await call.leg("201").hang_up()
    for leg in legs:
        await leg.ended()
    lab.truth.step("hangup", caller="201", reason="completed", by="201")
