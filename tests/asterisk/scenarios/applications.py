"""The PBX itself talks, listens or records."""

from ..call import Call
from ..incoming import Incoming
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


async def _declines(lab: Lab, number: str, key: str, reason: str) -> None:
    call = await lab.call("201", number)
    [leg] = await call.rings("202")
    await lab.pause()
    leg.answer()
    lab.truth.step("target_answered_unconfirmed", target="202")
    await lab.pause(2)
    await leg.press(key)
    await call.fails(reason, "202")


@scenario("202 answers but does not accept the call: it presses 2")
async def confirm_declined(lab: Lab) -> None:
    await _declines(lab, "812", "2", "no-answer")


@scenario("202 answers, and presses 3 to say that it is busy (GOSUB_RESULT=BUSY)")
async def confirm_busy(lab: Lab) -> None:
    await _declines(lab, "812", "3", "busy")


@scenario("202 answers, and presses 4 to end the call at once (GOSUB_RESULT=ABORT)")
async def confirm_aborted(lab: Lab) -> None:
    await _declines(lab, "812", "4", "no-answer")


@scenario("202 answers but hangs up when it is asked whether to accept the call")
async def confirm_hung_up(lab: Lab) -> None:
    call = await lab.call("201", "812")
    [leg] = await call.rings("202")
    await lab.pause()
    leg.answer()
    lab.truth.step("target_answered_unconfirmed", target="202")
    await lab.pause(2)
    await leg.hang_up()
    await call.fails("no-answer", "202")


@scenario("202 answers but does not accept the call, which a macro asks (Asterisk 16)", technologies=("chan_sip",))
async def confirm_declined_macro(lab: Lab) -> None:
    await _declines(lab, "817", "2", "no-answer")


@scenario("a group that has to accept: 202 answers and declines, 203 answers and accepts")
async def confirm_in_group(lab: Lab) -> None:
    call = await lab.call("201", "818")
    [bob, carol] = await call.rings("202", "203")
    await lab.pause()
    bob.answer()
    lab.truth.step("target_answered_unconfirmed", target="202")
    await lab.pause(2)
    await bob.press("2")
    await bob.ended()
    call.ringing.remove(bob)
    carol.answer()
    await lab.pause(2)
    await carol.press("1")
    await call.connected(carol)
    await call.hang_up("201")


@scenario("Bob is looked for at 202, then at 203, which answers and accepts the call (FollowMe)")
async def followme(lab: Lab) -> None:
    call = await lab.call("201", "803")
    [first] = await call.rings("202")
    await first.ended()
    call.ringing.clear()
    [leg] = await call.rings("203")
    await lab.pause()
    leg.answer()
    await lab.pause(3)
    await leg.press("1")
    await lab.ami_event("BridgeEnter", Channel=await lab.live_channel("201"))
    await call.connected(leg)
    await call.hang_up("201")


@scenario(
    "202 is busy; the PBX calls 201 back when it is free, and then 202 (call completion)", technologies=("chan_sip",)
)
async def call_completion(lab: Lab) -> None:
    busy = await lab.talk("203", "202", "busy")
    lab.phone("202").when_called = lambda leg: leg.refuse(486)
    call = await lab.call("201", "202", "refused")
    await call.refused("202", 486, "busy")
    await call.fails("busy", "202")
    request = await lab.call("201", "819", "request")
    await request.answered_by_pbx()
    await request.leg("201").ended()
    lab.truth.step("hangup", caller="201", reason="completed", by="pbx", call="request")
    lab.phone("202").when_called = Incoming.ring
    await busy.hang_up("203")
    [leg] = await Call(lab, None, "201", "recall").rings("201")
    await lab.pause()
    leg.answer()
    recall = Call(lab, leg, "202", "recall")
    await recall.rings("202")
    await recall.answer("202")
    await recall.hang_up("201")
