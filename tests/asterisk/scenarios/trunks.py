"""A call leaves by a trunk and comes back to the same PBX: for it these are two calls."""

from ..call import Call
from ..incoming import Incoming
from ..lab import Lab
from . import scenario

TRUNK = "outside"


async def _out_and_back(lab: Lab, number: str) -> tuple[Call, Incoming]:
    """201 dials, and 202 rings."""
    call = await lab.call("201", number, "out")
    leg = await lab.ringing_leg("202")
    lab.truth.step("ringing", caller="201", to=number, targets=[TRUNK], call="out")
    lab.truth.step("ringing", caller=TRUNK, to="202", targets=["202"], call="back")
    await lab.pause()
    return call, leg


async def _connected(lab: Lab, call: Call, leg: Incoming) -> None:
    caller = call.leg("201")
    leg.answer()
    await lab.diary.until(lambda: leg.was_up and leg.acknowledged and caller.was_up, "201 and 202 are connected")
    lab.truth.step("answered", caller=TRUNK, to="202", target="202", call="back")
    lab.truth.step("answered", caller="201", to=call.to, target=TRUNK, call="out")
    await lab.pause()


def _over(lab: Lab, reason: str, by: str) -> None:
    lab.truth.step("hangup", caller="201", reason=reason, by=by, call="out")
    lab.truth.step("hangup", caller=TRUNK, reason=reason, by=by, call="back")


@scenario("201 calls 202 by an IAX2 trunk that leads back to this PBX; 201 hangs up")
async def iax_trunk(lab: Lab) -> None:
    call, leg = await _out_and_back(lab, "48202")
    await _connected(lab, call, leg)
    await call.leg("201").hang_up()
    await leg.ended()
    _over(lab, "completed", "201")


@scenario("201 calls 202 by an IAX2 trunk that leads back to this PBX, and gives up")
async def iax_trunk_cancelled(lab: Lab) -> None:
    call, leg = await _out_and_back(lab, "48202")
    await call.leg("201").hang_up()
    await leg.ended()
    _over(lab, "abandoned", "201")


@scenario("201 calls 202 by an IAX2 trunk that leads back to this PBX; 202 is busy")
async def iax_trunk_busy(lab: Lab) -> None:
    lab.phone("202").when_called = lambda leg: leg.refuse(486)
    call = await lab.call("201", "48202", "out")
    await call.leg("201").ended()
    _over(lab, "busy", "202")


@scenario("201 calls 202 by an IAX2 trunk that leads back to this PBX; 202 transfers it blind to 203")
async def iax_trunk_blind_transfer(lab: Lab) -> None:
    call, leg = await _out_and_back(lab, "48202")
    await _connected(lab, call, leg)
    code = await leg.refer("203")
    lab.truth.step("blind_transfer", transferer="202", transferee=TRUNK, target="203", refer_code=code, call="back")
    await lab.leave(leg)
    third = await lab.ringing_leg("203")
    lab.truth.step("ringing", caller=TRUNK, to="203", targets=["203"], call="back")
    await lab.pause()
    third.answer()
    await lab.diary.until(lambda: third.was_up and third.acknowledged, "203 is connected")
    lab.truth.step("answered", caller=TRUNK, to="203", target="203", call="back")
    await lab.pause()
    await third.hang_up()
    await call.leg("201").ended()
    _over(lab, "completed", "203")


@scenario("201 calls 202 by the SIP trunk, which leads back to this PBX; 202 hangs up")
async def hairpin(lab: Lab) -> None:
    call, leg = await _out_and_back(lab, "49202")
    await _connected(lab, call, leg)
    await leg.hang_up()
    await call.leg("201").ended()
    _over(lab, "completed", "202")
