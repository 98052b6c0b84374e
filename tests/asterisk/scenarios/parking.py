"""A call is parked, and somebody fetches it, or nobody does."""

from ..call import Call
from ..dialog import Dialog
from ..lab import Lab
from . import scenario


@scenario("202 parks 201 (blind transfer to 700); 203 fetches it at 701")
async def park_and_fetch(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.park("202")
    await call.fetch("203")
    await call.hang_up("201")


@scenario("202 parks 201 and nobody fetches it: it rings at 202 again")
async def park_timeout(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.park("202", "770", "771")
    [leg] = await call.rings("202", to="202")
    lab.truth.steps.insert(
        -1, {"t": "park_timeout", "caller": "201", "back_to": "202", "at": lab.truth.steps[-1]["at"]}
    )
    await call.answer(leg.person)
    await call.hang_up("201")


@scenario("202 parks 201, which gives up")
async def park_abandoned(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.park("202")
    await lab.ami_event("ParkedCall")
    await call.give_up()


@scenario("202 parks 201; 203 fetches it and transfers it blind to 204")
async def park_fetch_and_blind_transfer(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.park("202")
    await call.fetch("203")
    await call.blind_transfer("203", "204")
    await call.rings("204")
    await call.answer("204")
    await call.hang_up("201")


@scenario("202 parks 201; 203 fetches it and transfers it attended to 204")
async def park_fetch_and_attended_transfer(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.park("202")
    await call.fetch("203")
    await call.hold("203")
    await call.attended_transfer("203", await lab.talk("203", "204", "consultation"))
    await call.hang_up("201")


@scenario("202, behind a kept Local channel, parks 201; 203 fetches it")
async def park_behind_local(lab: Lab) -> None:
    call = await lab.talk("201", "2202")
    await call.park("202")
    await call.fetch("203")
    await call.hang_up("201")


@scenario("201 parks itself, by dialling 700; 203 fetches it")
async def park_oneself(lab: Lab) -> None:
    call = await lab.call("201", "700")
    await call.answered_by_pbx()
    lab.truth.step("parked", caller="201", by="201")
    await lab.ami_event("ParkedCall")
    await call.fetch("203")
    await call.hang_up("201")


async def _takes_space(lab: Lab, call: Call, by: str, parked: Dialog, who: str) -> None:
    """`by` has given its place on space 701 to `who`; 204 fetches that one."""
    lab.truth.step("parked", caller=who, by=by, space="701")
    leg = lab.phone("204").call("701")
    await lab.diary.until(lambda: leg.was_up, "204 fetches 701")
    lab.truth.step("unparked", caller=who, by="204")
    call.left_with(parked, "701")
    call.callee_leg = leg
    await call.hang_up(who)


@scenario("202 parks 201, which calls 203 and connects it with its own place: 203 is parked there")
async def attended_transfer_by_parked(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.park("202")
    await lab.ami_event("ParkedCall")
    own = await lab.talk("201", "203", "own")
    await lab.pause()
    first, second, other = call.leg("201"), own.leg("201"), own.leg("203")
    code = await first.refer("203", replaces=second)
    lab.truth.step("attended_transfer", transferer="201", transferee="203", target="701", refer_code=code, call="own")
    await lab.leave(first, second)
    await _takes_space(lab, own, "201", other, "203")


@scenario("202 asks 203, which parks it, and connects 201 with its place: 201 is parked there")
async def attended_transfer_into_space(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.hold("202")
    consultation = await lab.talk("202", "203", "consultation")
    await consultation.park("203")
    await lab.ami_event("ParkedCall")
    await lab.pause()
    first, second, other = call.leg("202"), consultation.leg("202"), call.leg("201")
    code = await first.refer("203", replaces=second)
    lab.truth.step("attended_transfer", transferer="202", transferee="201", target="701", refer_code=code)
    await lab.leave(first, second)
    await _takes_space(lab, call, "202", other, "201")
