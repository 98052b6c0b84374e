"""The PBX's own transfers: somebody presses keys in a call (dialled as 720X)."""

from ..call import Call
from ..lab import Lab
from . import scenario

HOW = "feature code"


async def _consult(lab: Lab, call: Call) -> Call:
    """202 presses *2 and 203. The PBX calls 203; 202's phone still has its one call."""
    leg = call.leg("202")
    await lab.pause()
    await leg.press("*2")
    await lab.pause()
    await leg.press("203")
    consultation = Call(lab, leg, "203", "consultation")
    await consultation.rings("203")
    return consultation


@scenario("202 presses ## and 203: the PBX's own blind transfer (feature code)")
async def feature_blind_transfer(lab: Lab) -> None:
    call = await lab.talk("201", "7202")
    await lab.pause()
    await call.leg("202").press("##")
    await lab.pause()
    await call.leg("202").press("203")
    await call.transferred_by_pbx("blind", "202", "203", how=HOW)
    await call.rings("203")
    await call.answer("203")
    await call.hang_up("201")


@scenario("202 presses *2 and 203, talks to 203 and hangs up: the PBX's own attended transfer")
async def feature_attended_transfer(lab: Lab) -> None:
    call = await lab.talk("201", "7202")
    consultation = await _consult(lab, call)
    await consultation.answer("203")
    await lab.pause()
    await call.leg("202").hang_up()
    await call.transferred_by_pbx("attended", "202", "203", how=HOW, consultation=consultation)
    await call.hang_up("201")


@scenario("202 presses *2 and 203 and hangs up while 203 rings: the PBX's own blonde transfer")
async def feature_blonde_transfer(lab: Lab) -> None:
    call = await lab.talk("201", "7202")
    consultation = await _consult(lab, call)
    await lab.pause()
    await call.leg("202").hang_up()
    await call.transferred_by_pbx("blonde", "202", "203", how=HOW, consultation=consultation)
    await call.answer("203")
    await call.hang_up("201")


@scenario("202 presses *2 and 203, and *1 while 203 rings: back to 201")
async def feature_attended_aborted(lab: Lab) -> None:
    call = await lab.talk("201", "7202")
    consultation = await _consult(lab, call)
    await lab.pause()
    await call.leg("202").press("*1")
    for leg in consultation.ringing:
        await leg.ended()
    lab.truth.step("hangup", caller="202", reason="abandoned", by="202", call="consultation")
    await lab.pause()
    await call.hang_up("201")
