"""The PBX's own transfers: somebody presses keys in a call (dialled as 720X)."""

from ..call import Call
from ..lab import Lab
from . import scenario

HOW = "feature code"


async def consult(lab: Lab, call: Call, to: str = "203", by: str = "202") -> Call:
    """202 presses *2 and a number. The PBX calls 203; 202's phone still has its one call."""
    leg = call.leg(by)
    await lab.pause()
    await leg.press("*2")
    await lab.pause()
    await leg.press(to)
    consultation = Call(lab, leg, to, "consultation")
    await consultation.rings("203")
    return consultation


async def _blind(lab: Lab, through: str) -> None:
    call = await lab.talk("201", through)
    await lab.pause()
    await call.leg("202").press("##")
    await lab.pause()
    await call.leg("202").press("203")
    await call.transferred_by_pbx("blind", "202", "203", how=HOW)
    await call.rings("203")
    await call.answer("203")
    await call.hang_up("201")


@scenario("202 presses ## and 203: the PBX's own blind transfer (feature code)")
async def feature_blind_transfer(lab: Lab) -> None:
    await _blind(lab, "7202")


@scenario("202, behind a kept Local channel that has the feature codes, presses ## and 203")
async def feature_blind_transfer_behind_local(lab: Lab) -> None:
    await _blind(lab, "6202")


async def _attended(lab: Lab, through: str) -> None:
    call = await lab.talk("201", through)
    consultation = await consult(lab, call)
    await consultation.answer("203")
    await lab.pause()
    await call.leg("202").hang_up()
    await call.transferred_by_pbx("attended", "202", "203", how=HOW, consultation=consultation)
    await call.hang_up("201")


@scenario("202 presses *2 and 203, talks to 203 and hangs up: the PBX's own attended transfer")
async def feature_attended_transfer(lab: Lab) -> None:
    await _attended(lab, "7202")


@scenario("the caller, 201, presses *2 and 203, talks to 203 and hangs up")
async def feature_attended_transfer_by_caller(lab: Lab) -> None:
    call = await lab.talk("201", "7202")
    consultation = await consult(lab, call, by="201")
    await consultation.answer("203")
    await lab.pause()
    await call.leg("201").hang_up()
    await call.transferred_by_pbx("attended", "201", "203", how=HOW, consultation=consultation)
    await call.hang_up("202")


@scenario("202, behind a kept Local channel that has the feature codes, presses *2 and 203, talks and hangs up")
async def feature_attended_transfer_behind_local(lab: Lab) -> None:
    await _attended(lab, "6202")


async def _blonde(lab: Lab, through: str) -> None:
    call = await lab.talk("201", through)
    consultation = await consult(lab, call)
    await lab.pause()
    await call.leg("202").hang_up()
    await call.transferred_by_pbx("blonde", "202", "203", how=HOW, consultation=consultation)
    await call.answer("203")
    await call.hang_up("201")


@scenario("202 presses *2 and 203 and hangs up while 203 rings: the PBX's own blonde transfer")
async def feature_blonde_transfer(lab: Lab) -> None:
    await _blonde(lab, "7202")


@scenario("202, behind a kept Local channel that has the feature codes, presses *2 and 203 and hangs up as it rings")
async def feature_blonde_transfer_behind_local(lab: Lab) -> None:
    await _blonde(lab, "6202")


@scenario("202 presses *2 and 203, and *1 while 203 rings: back to 201")
async def feature_attended_aborted(lab: Lab) -> None:
    call = await lab.talk("201", "7202")
    consultation = await consult(lab, call)
    await lab.pause()
    await call.leg("202").press("*1")
    for leg in consultation.ringing:
        await leg.ended()
    lab.truth.step("hangup", caller="202", reason="abandoned", by="202", call="consultation")
    await lab.pause()
    await call.hang_up("201")


async def _three(lab: Lab, to: str) -> None:
    lab.phone("203").is_mute = True  # a Local channel that nobody speaks through stays
    call = await lab.talk("201", "7202")
    consultation = await consult(lab, call, to)
    await consultation.answer("203")
    await lab.pause()
    await call.leg("202").press("*5")
    await lab.ami_event("AttendedTransfer", DestType="Threeway")
    lab.truth.step("three_way", by="202", people=["201", "203"])
    target = consultation.leg("203")
    await lab.pause()
    target.voice.unmute()
    if to != "203":
        await lab.ami_event("LocalOptimizationEnd")
    await lab.pause()
    await target.hang_up()
    lab.truth.step("left_talk", who="203")
    await call.hang_up("201")


@scenario("202 presses *2 and 203, talks to 203 and presses *5: 201, 202 and 203 talk, and 203 leaves")
async def feature_threeway(lab: Lab) -> None:
    await _three(lab, "203")


@scenario("the same, and 203 is behind a Local channel that is optimised away in the bridge of three")
async def feature_threeway_local_optimised(lab: Lab) -> None:
    await _three(lab, "1203")


async def _three_while_it_rings(lab: Lab) -> tuple[Call, Call]:
    call = await lab.talk("201", "7202")
    consultation = await consult(lab, call)
    await lab.pause()
    await call.leg("202").press("*5")
    await lab.ami_event("AttendedTransfer", DestType="Threeway")
    await lab.pause()
    return call, consultation


@scenario("202 presses *2 and 203, and *5 while 203 rings, which answers: 201, 202 and 203 talk, and 203 leaves")
async def feature_threeway_while_ringing(lab: Lab) -> None:
    call, consultation = await _three_while_it_rings(lab)
    target = consultation.leg("203")
    consultation.ringing[0].answer()
    await lab.diary.until(lambda: target.was_up and target.acknowledged, "203 is connected")
    lab.truth.step("three_way", by="202", people=["201", "203"])
    await lab.ami_event("LocalOptimizationEnd")
    await lab.pause()
    await target.hang_up()
    lab.truth.step("left_talk", who="203")
    lab.truth.step("hangup", caller="202", reason="completed", by="203", call="consultation")
    await call.hang_up("201")


@scenario("202 presses *2 and 203, and *5 while 203 rings, which declines: 201 and 202 go on talking")
async def feature_threeway_refused(lab: Lab) -> None:
    call, consultation = await _three_while_it_rings(lab)
    await consultation.refuse("203", 603, "rejected")
    lab.truth.step("hangup", caller="202", reason="rejected", by="203", call="consultation")
    await call.hang_up("201")


@scenario("202 presses #72: the PBX parks 201 (feature code); 203 fetches it")
async def feature_park(lab: Lab) -> None:
    await _park(lab, "7202")


@scenario("202, behind a kept Local channel that has the feature codes, presses #72; 203 fetches 201")
async def feature_park_behind_local(lab: Lab) -> None:
    await _park(lab, "6202")


async def _park(lab: Lab, through: str) -> None:
    call = await lab.talk("201", through)
    await lab.pause()
    leg = call.leg("202")
    await leg.press("#72")
    await lab.ami_event("ParkedCall")  # while 202 still hears the number of the space
    lab.truth.step("parked", caller="201", by="202", space="701")
    await leg.ended()
    call.left_with(call.leg("201"), "700")
    await call.fetch("203")
    await call.hang_up("201")


@scenario("202 presses *2 and 203, which declines: back to 201")
async def feature_attended_refused(lab: Lab) -> None:
    call = await lab.talk("201", "7202")
    consultation = await consult(lab, call)
    await consultation.refuse("203", 603, "rejected")
    lab.truth.step("hangup", caller="202", reason="rejected", by="203", call="consultation")
    await lab.ami_event("Unhold")
    await call.hang_up("201")


@scenario("202 presses *2 and 203, which answers; 201 hangs up meanwhile")
async def feature_caller_hangs_up_during_consultation(lab: Lab) -> None:
    call = await lab.talk("201", "7202")
    consultation = await consult(lab, call)
    await consultation.answer("203")
    await lab.pause()
    await call.leg("201").hang_up()
    lab.truth.step("left_alone", who="202", by="201")
    await lab.pause()
    await call.leg("202").hang_up()
    await consultation.leg("203").ended()
    lab.truth.step("hangup", caller="202", reason="completed", by="202", call="consultation")
    lab.truth.step("hangup", caller="201", reason="completed", by="201")


@scenario("202 presses *2 and 203, which answers and hangs up: back to 201")
async def feature_attended_target_leaves(lab: Lab) -> None:
    call = await lab.talk("201", "7202")
    consultation = await consult(lab, call)
    await consultation.answer("203")
    await lab.pause()
    await consultation.leg("203").hang_up()
    lab.truth.step("hangup", caller="202", reason="completed", by="203", call="consultation")
    await lab.ami_event("Unhold")
    await lab.pause()
    await call.hang_up("201")
