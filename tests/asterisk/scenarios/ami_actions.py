"""Another AMI client moves calls."""

from ..call import Call
from ..lab import Lab
from . import scenario


@scenario("AMI BlindTransfer sends 201 from 202 to 203")
async def ami_blind_transfer(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await lab.pause()
    await lab.ami_action("BlindTransfer", Channel=await lab.live_channel("202"), Context="internal", Exten="203")
    await call.transferred_by_pbx("blind", "202", "203", how="AMI")
    await call.rings("203")
    await call.answer("203")
    await call.hang_up("201")


@scenario("AMI BlindTransfer sends 201 to a number that does not exist, which ends the call")
async def ami_blind_transfer_to_unknown_number(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await lab.pause()
    await lab.ami_action("BlindTransfer", Channel=await lab.live_channel("202"), Context="internal", Exten="299")
    await call.transferred_by_pbx("blind", "202", "299", how="AMI")
    await call.fails("unknown-number", to="299")


@scenario("AMI BlindTransfer of 201, which talks to nobody but the PBX; it stays there")
async def ami_blind_transfer_of_nobody(lab: Lab) -> None:
    call = await lab.call("201", "800")
    await call.answered_by_pbx()
    await lab.pause()
    await lab.ami_action("BlindTransfer", Channel=await lab.live_channel("201"), Context="internal", Exten="203")
    lab.truth.step("transfer_failed", transferer="201", target="203", how="AMI")
    await call.hang_up("201")


@scenario("AMI Atxfer: the PBX calls 203 for 202, which talks to it and hangs up")
async def ami_atxfer(lab: Lab) -> None:
    call = await lab.talk("201", "7202")
    await lab.pause()
    leg = call.leg("202")
    await lab.ami_action("Atxfer", Channel=await lab.live_channel("202"), Context="internal", Exten="203")
    consultation = Call(lab, leg, "203", "consultation")
    await consultation.rings("203")
    await consultation.answer("203")
    await lab.pause()
    await leg.hang_up()
    await call.transferred_by_pbx("attended", "202", "203", how="AMI", consultation=consultation)
    await call.hang_up("201")


@scenario("AMI Redirect takes 201 out of its call with 202 and sends it to 203")
async def ami_redirect(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await lab.pause()
    left = call.leg("202")
    await lab.ami_action(
        "Redirect", Channel=await lab.live_channel("201"), Context="internal", Exten="203", Priority="1"
    )
    await left.ended()
    lab.truth.step("redirected", caller="201", to="203")
    call.left_with(call.leg("201"), "203")
    await call.rings("203")
    await call.answer("203")
    await call.hang_up("201")


@scenario("AMI Redirect takes 202, which was called, to 203, which is busy")
async def ami_redirect_of_callee_to_busy(lab: Lab) -> None:
    lab.phone("203").when_called = lambda leg: leg.refuse(486)
    call = await lab.talk("201", "202")
    await lab.pause()
    channel = await lab.live_channel("202")
    await lab.ami_action("Redirect", Channel=channel, Context="internal", Exten="2203", Priority="1")
    for person in ("201", "202"):
        await call.leg(person).ended()
    lab.truth.step("redirected", caller="202", to="2203")
    lab.truth.step("target_refused", target="203", reason="busy")
    lab.truth.step("hangup", caller="201", reason="busy", by="203")


@scenario("AMI Bridge connects 201 and 203 out of two calls; 202 and 204 are hung up")
async def ami_bridge(lab: Lab) -> None:
    first = await lab.talk("201", "202", "first")
    second = await lab.talk("203", "204", "second")
    await lab.pause()
    left = [first.leg("202"), second.leg("204")]
    await lab.ami_action("Bridge", Channel1=await lab.live_channel("201"), Channel2=await lab.live_channel("203"))
    for leg in left:
        await leg.ended()
    lab.truth.step("joined_by_ami", parties=["201", "203"])
    first.callee_leg = second.caller_leg
    await first.hang_up("201")


@scenario("AMI Redirect takes both 201 and 202 out of their call and into the room")
async def ami_redirect_both_into_conference(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await lab.pause()
    await lab.ami_action(
        "Redirect", Channel=await lab.live_channel("201"), Context="internal", Exten="600", Priority="1",
        ExtraChannel=await lab.live_channel("202"), ExtraContext="internal", ExtraExten="600", ExtraPriority="1",
    )  # fmt: skip
    await lab.ami_event("ConfbridgeJoin", CallerIDNum="201")
    await lab.ami_event("ConfbridgeJoin", CallerIDNum="202")
    for who in ("201", "202"):
        lab.truth.step("joined", who=who, room="600")
    for person in (call.leg("202"), call.leg("201")):
        await lab.pause()
        await person.hang_up()
        lab.truth.step("left", who=person.person, room="600")


@scenario("AMI Atxfer and *5: 202 brings 201 and 203 together and stays; then it hangs up, and they go on")
async def ami_atxfer_threeway(lab: Lab) -> None:
    call = await lab.talk("201", "7202")
    await lab.pause()
    leg = call.leg("202")
    await lab.ami_action("Atxfer", Channel=await lab.live_channel("202"), Context="internal", Exten="203")
    consultation = Call(lab, leg, "203", "consultation")
    await consultation.rings("203")
    await consultation.answer("203")
    await lab.pause()
    await leg.press("*5")
    await lab.ami_event("AttendedTransfer", DestType="Threeway")
    lab.truth.step("three_way", by="202", people=["201", "203"])
    await lab.pause()
    await leg.hang_up()
    lab.truth.step("left_talk", who="202")
    call.callee_leg = consultation.leg("203")
    await call.hang_up("201")


@scenario("204 dials into the call of 201 and 202 (Bridge in the dialplan): it has 202, and 201 is hung up")
async def bridge_by_dialplan(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await lab.pause()
    leg = lab.phone("204").call("89202")
    await lab.diary.until(lambda: leg.was_up, "204 is connected")
    await call.leg("201").ended()
    lab.truth.step("joined_by_ami", parties=["204", "202"])
    await lab.pause()
    await leg.hang_up()
    await call.leg("202").ended()
    lab.truth.step("hangup", caller="204", reason="completed", by="204")
