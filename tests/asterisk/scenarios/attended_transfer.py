"""A phone connects two of its calls (REFER with Replaces)."""

from ..call import Call
from ..lab import Lab
from . import agents, feature_codes, scenario


async def _consult(lab: Lab, call: Call, by: str, to: str, label: str = "consultation") -> Call:
    """Put the other side on hold and ask a third person."""
    await call.hold(by)
    return await lab.talk(by, to, label)


@scenario("201 calls 202; 202 transfers attended to 203")
async def attended_transfer_by_callee(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.attended_transfer("202", await _consult(lab, call, "202", "203"))
    await call.hang_up("201")


@scenario("201 calls 202; 201 transfers 202 attended to 203")
async def attended_transfer_by_caller(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.attended_transfer("201", await _consult(lab, call, "201", "203"))
    await call.hang_up("202")


@scenario("attended transfer, both calls through kept Local channels")
async def attended_transfer_behind_local(lab: Lab) -> None:
    call = await lab.talk("201", "2202")
    await call.attended_transfer("202", await _consult(lab, call, "202", "2203"))
    await call.hang_up("203")


async def _into_conference(lab: Lab, through: str, to: str) -> None:
    room = await lab.call("203", "600", "room")
    await room.joins()
    call = await lab.talk("201", through)
    await call.hold("202")
    own = await lab.call("202", to, "consultation")
    await own.joins()
    await call.attended_transfer("202", own)
    lab.truth.step("joined", who="201", room="600")
    await call.leaves()
    lab.truth.step("hangup", caller="201", reason="completed", by="201")
    await room.leaves()


@scenario("202 takes 201 along into the conference where 203 is")
async def attended_transfer_into_conference(lab: Lab) -> None:
    await _into_conference(lab, "202", "600")


@scenario("202, behind a kept Local channel, takes 201 along into the conference where 203 is")
async def attended_transfer_into_conference_behind_local(lab: Lab) -> None:
    await _into_conference(lab, "2202", "600")


@scenario("202 takes 201 along into the conference where 203 is, and is there behind a kept Local channel itself")
async def attended_transfer_into_conference_through_local(lab: Lab) -> None:
    await _into_conference(lab, "202", "2600")


@scenario("202 calls an application of the PBX and transfers 201 to it")
async def attended_transfer_to_application(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.hold("202")
    own = await lab.call("202", "800", "consultation")
    await own.answered_by_pbx()
    await call.attended_transfer("202", own)
    await call.hang_up("201")


@scenario("202 calls an application of the PBX, and sends REFER on that call: 201 goes there")
async def attended_transfer_to_application_on_newer_dialog(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.hold("202")
    own = await lab.call("202", "800", "consultation")
    await own.answered_by_pbx()
    await lab.pause()
    first, second = call.leg("202"), own.leg("202")
    code = await second.refer("201", replaces=first)
    lab.truth.step("attended_transfer", transferer="202", transferee="201", target="800", refer_code=code)
    await lab.leave(first, second)
    await call.hang_up("201")


async def _connect_before_it_talks(lab: Lab, *, on_newer: bool) -> None:
    call = await lab.talk("201", "202")
    await call.hold("202")
    waiting = await lab.call("203", "820", "waiting")
    own = call.leg("202")
    (newer,) = await waiting.rings("202")
    await lab.pause()
    newer.answer()
    await lab.diary.until(lambda: newer.acknowledged, "202 hears the PBX")
    first, second = (newer, own) if on_newer else (own, newer)
    code = await first.refer("203", replaces=second)
    lab.truth.step("attended_transfer", transferer="202", transferee="201", target="203", refer_code=code)
    await lab.leave(own, newer)
    call.left_with(call.leg("201"), "203")
    target = call.callee_leg = waiting.leg("203")
    await lab.diary.until(lambda: target.was_up, "the announcement is over, and 203 hears 201")
    await call.hang_up("201")


@scenario("202 answers 203 and hears an announcement; it connects 201 with 203 before it talked with 203")
async def attended_transfer_during_announcement(lab: Lab) -> None:
    await _connect_before_it_talks(lab, on_newer=False)


@scenario("202 answers 203, hears an announcement and sends REFER on that call: 201 is connected with 203")
async def attended_transfer_during_announcement_on_newer_dialog(lab: Lab) -> None:
    await _connect_before_it_talks(lab, on_newer=True)


@scenario("202 was called by 201 and by 203, and connects them")
async def attended_transfer_of_two_received_calls(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.hold("202")
    second = await lab.talk("203", "202", "consultation")
    await call.attended_transfer("202", second)
    await call.hang_up("201")


@scenario("202 sends REFER on the newer of its calls: 203 is the one that is transferred, to 201")
async def attended_transfer_on_newer_dialog(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    newer = await _consult(lab, call, "202", "203")
    await newer.attended_transfer("202", call)
    await newer.hang_up("201")


@scenario("202 transfers 201 attended to 203, and 203 transfers 201 attended to 204")
async def attended_transfer_three_in_a_row(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.attended_transfer("202", await _consult(lab, call, "202", "203"))
    await call.attended_transfer("203", await _consult(lab, call, "203", "204", "second consultation"))
    await call.attended_transfer("204", await _consult(lab, call, "204", "205", "third consultation"))
    await call.hang_up("205")


@scenario("a caller from outside is transferred attended to 203")
async def attended_transfer_of_outside_caller(lab: Lab) -> None:
    call = await lab.talk("0687654321", "31501110202")
    await call.attended_transfer("202", await _consult(lab, call, "202", "203"))
    await call.hang_up("0687654321")


@scenario("202 asks the group of 203 and 204, 203 answers; 202 transfers 201 to it")
async def attended_transfer_to_group(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.hold("202")
    own = await lab.call("202", "308", "consultation")
    await own.rings("203", "204")
    await own.answer("203")
    await call.attended_transfer("202", own)
    await call.hang_up("201")


@scenario("204 asks the queue, agent 203 answers; 204 transfers 201 to it")
async def attended_transfer_to_queue(lab: Lab) -> None:
    call = await lab.talk("201", "204")
    await call.hold("204")
    own = await lab.call("204", "403", "consultation")
    await own.queued_unheard("202")
    await own.rings("202", "203")
    await own.answer("203")
    await call.attended_transfer("204", own)
    await call.hang_up("203")


@scenario("the agent of a queue, behind a kept Local channel, transfers the caller attended to 204")
async def attended_transfer_by_agent_behind_local(lab: Lab) -> None:
    call = await lab.call("201", "403")
    await call.queued_unheard("202")
    await call.rings("202", "203")
    await call.answer("202")
    await call.attended_transfer("202", await _consult(lab, call, "202", "204"))
    await call.hang_up("201")


@scenario("202 asks a mobile outside and transfers 201 to it")
async def attended_transfer_to_outside(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.hold("202")
    own = await lab.talk("202", "0612345678", "consultation", answers="0612345678")
    await call.attended_transfer("202", own)
    await call.hang_up("201")


@scenario("both calls run through chains of two kept Local channels; 202 transfers 201 attended to 203")
async def attended_transfer_behind_local_chain(lab: Lab) -> None:
    call = await lab.talk("201", "3202")
    await call.attended_transfer("202", await _consult(lab, call, "202", "3203"))
    await call.hang_up("201")


@scenario("202 transfers 201 attended to 203, and 203 transfers 201 blind to 204")
async def attended_then_blind_transfer(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.attended_transfer("202", await _consult(lab, call, "202", "203"))
    await call.blind_transfer("203", "204")
    await call.rings("204")
    await call.answer("204")
    await call.hang_up("204")


@scenario("202, in the room with 201, calls 203 and connects it with the room")
async def attended_transfer_of_conference(lab: Lab) -> None:
    room = await lab.call("201", "600", "room")
    await room.joins()
    own = await lab.call("202", "600", "own")
    await own.joins()
    await lab.ami_event("ConfbridgeJoin", CallerIDNum="202")
    consultation = await lab.talk("202", "203", "consultation")
    await lab.pause()
    first, second = own.leg("202"), consultation.leg("202")
    code = await first.refer("203", replaces=second)
    label = consultation.label
    lab.truth.step("attended_transfer", transferer="202", transferee="203", target="600", refer_code=code, call=label)
    lab.truth.step("joined", who="203", room="600")
    await lab.leave(first, second)
    target = consultation.leg("203")
    await target.hang_up()
    lab.truth.step("left", who="203", room="600")
    await room.leaves()


@scenario("202, in one room with 201 and in another with 203, wants to connect them: refused")
async def attended_transfer_of_two_rooms(lab: Lab) -> None:
    calls = []
    for who, room in (("201", "600"), ("203", "601"), ("202", "600"), ("202", "601")):
        call = await lab.call(who, room, f"{who} in {room}")
        await call.joins()
        await lab.ami_event("ConfbridgeJoin", CallerIDNum=who, Conference={"600": "room", "601": "other"}[room])
        calls.append(call)
    one, other, own, second = calls
    await lab.pause()
    code = await own.leg("202").refer("601", replaces=second.leg("202"))
    lab.truth.step("transfer_failed", transferer="202", target="601", refer_code=code)
    for call in (second, own, other, one):
        await call.leaves()


@scenario("202 talks to the PBX twice and wants to connect these calls: refused")
async def attended_transfer_of_two_applications(lab: Lab) -> None:
    call = await lab.call("202", "800", "first")
    await call.answered_by_pbx()
    second = await lab.call("202", "800", "second")
    await second.answered_by_pbx()
    await lab.pause()
    code = await call.leg("202").refer("800", replaces=second.leg("202"))
    lab.truth.step("transfer_failed", transferer="202", target="800", refer_code=code)
    await second.hang_up("202")
    await call.hang_up("202")


@scenario("201 hangs up while 202 asks 203; 202 and 203 go on")
async def caller_hangs_up_during_consultation(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    consultation = await _consult(lab, call, "202", "203")
    await call.hang_up("201")
    await consultation.hang_up("202")


@scenario("202 asks 203, which is busy; 202 goes back to 201")
async def consultation_busy(lab: Lab) -> None:
    lab.phone("203").when_called = lambda leg: leg.refuse(486)
    call = await lab.talk("201", "202")
    await call.hold("202")
    own = await lab.call("202", "203", "consultation")
    await lab.diary.until(lambda: lab.refused_leg("203", 486), "203 answers 486")
    lab.truth.step("ringing", caller="202", to="203", targets=["203"], rang=False, call="consultation")
    await own.fails("busy", "203")
    await call.unhold("202")
    await call.hang_up("201")


@scenario("202 asks 203, which hangs up; 202 goes back to 201")
async def consultation_without_transfer(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    consultation = await _consult(lab, call, "202", "203")
    await consultation.hang_up("203")
    await call.unhold("202")
    await call.hang_up("201")


@scenario("201, 203 and 202 talk; 202 asks for agent 205 and transfers them there before it has pressed its key (Link)")
async def attended_transfer_link(lab: Lab) -> None:
    duty = await agents.log_in(lab, "205", "4512")
    call = await lab.talk("201", "7202")
    third = await feature_codes.consult(lab, call)
    await third.answer("203")
    await lab.pause()
    await call.leg("202").press("*5")
    await lab.ami_event("AttendedTransfer", DestType="Threeway")
    lab.truth.step("three_way", by="202", people=["201", "203"])
    await call.hold("202")
    own = await lab.call("202", "4522", "to the agent")
    await lab.ami_event("BridgeEnter", CallerIDNum="202", ChannelStateDesc="Ring")
    await lab.pause()
    first, second = call.leg("202"), own.leg("202")
    code = await first.refer("4522", replaces=second)
    lab.truth.step("attended_transfer", transferer="202", transferee="201", target="4522", refer_code=code)
    await lab.ami_event("AttendedTransfer", DestType="Link")
    lab.truth.step("ringing", caller="201", to="4522", targets=["205"], rang=False)
    await duty.leg("205").press("#")
    await lab.ami_event("BridgeEnter", CallerIDNum="205", BridgeType="basic")
    lab.truth.step("joined", who="205", room="talk")
    await lab.leave(first, second)
    await call.leg("201").hang_up()
    lab.truth.step("left_talk", who="201")
    await lab.pause()
    await third.leg("203").hang_up()
    lab.truth.step("hangup", caller="201", reason="completed", by="203")
    await lab.pause()
    await duty.leg("205").hang_up()
    lab.truth.step("hangup", caller="205", reason="completed", by="205", call="duty")
