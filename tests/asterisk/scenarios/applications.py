"""The PBX itself talks, listens or records."""

from ..lab import Lab
from . import scenario


@scenario("the PBX itself answers")
async def answered_by_pbx(lab: Lab) -> None:
    call = await lab.call("201", "800")
    await call.answered_by_pbx()
    await call.hang_up("201")


@scenario("the PBX plays an announcement before it rings 202 (183)")
async def announcement_before_ringing(lab: Lab) -> None:
    call = await lab.talk("201", "801", answers="202")
    await call.hang_up("201")


@scenario("202 is busy, 201 gets the voicemail")
async def busy_then_voicemail(lab: Lab) -> None:
    lab.phone("202").when_called = lambda leg: leg.refuse(486)
    call = await lab.call("201", "9202")
    await lab.diary.until(lambda: lab.refused_leg("202", 486), "202 answers 486")
    lab.truth.step("ringing", caller="201", to="9202", targets=["202"], rang=False)
    await call.refused("202", 486, "busy")
    await call.answered_by_pbx()
    await lab.pause()
    await call.leg("201").hang_up()
    lab.truth.step("hangup", caller="201", reason="busy", by="201")


@scenario("204 listens in on the call of 201 and 202")
async def chanspy(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    spy = lab.phone("204").call("88202")
    await lab.diary.until(lambda: spy.was_up, "204 listens in")
    await lab.ami_event("ChanSpyStart")
    lab.truth.step("spy_start", who="204", on="202")
    await lab.pause()
    await spy.hang_up()
    lab.truth.step("spy_stop", who="204", on="202")
    await call.hang_up("201")


@scenario("the call is recorded (MixMonitor)")
async def mixmonitor(lab: Lab) -> None:
    call = await lab.talk("201", "814", answers="202")
    await call.hang_up("201")


@scenario("202 answers and presses 1 to accept the call")
async def confirm_accepted(lab: Lab) -> None:
    call = await lab.call("201", "812")
    [leg] = await call.rings("202")
    await lab.pause()
    leg.answer()
    await lab.pause(2)
    await leg.press("1")
    await call.connected(leg)
    await call.hang_up("201")


@scenario("202 answers but does not accept the call: it presses 2")
async def confirm_declined(lab: Lab) -> None:
    call = await lab.call("201", "812")
    [leg] = await call.rings("202")
    await lab.pause()
    leg.answer()
    lab.truth.step("target_answered_unconfirmed", target="202")
    await lab.pause(2)
    await leg.press("2")
    await call.fails("no-answer", "202")
