"""Agents log in and stay on the line all day; customers are connected with them, one after the other.

An agent on duty does not ring: it hears a beep, and then the customer. How they meet, AMI tells for timing.
"""

from ..call import Call
from ..lab import Lab
from . import scenario


async def log_in(lab: Lab, person: str, number: str) -> Call:
    """This person is on duty now."""
    duty = await lab.call(person, number, "duty")
    await duty.answered_by_pbx()
    await _is_free(lab, number)
    return duty


async def _is_free(lab: Lab, number: str, *, since: int = 0) -> None:
    """Wait until the agent can be called: for five seconds after it has logged in it cannot."""
    agent = {"Event": "DeviceStateChange", "Device": f"Agent:100{number[-1]}", "State": "NOT_INUSE"}
    await lab.ami.until(lambda _: any(agent.items() <= packet.items() for packet in lab.packets[since:]))
    await lab.pause()


async def _asks(lab: Lab, customer: str, number: str) -> Call:
    """A customer waits for an agent."""
    call = await lab.call(customer, number, f"customer {customer}")
    if number.startswith("40"):
        await call.queued()
    lab.truth.step("ringing", caller=customer, to=number, targets=["202"], rang=False, call=call.label)
    return call


async def _meet(lab: Lab, call: Call, duty: Call) -> None:
    """The agent is connected with the customer."""
    customer = call.leg(call.caller)
    if call.to.startswith("40"):
        await lab.ami_event("AgentConnect", CallerIDNum=call.caller)
    await lab.diary.until(lambda: customer.was_up, f"{call.caller} hears the agent")
    call.callee_leg = duty.leg("202")
    lab.truth.step("answered", caller=call.caller, to=call.to, target="202", call=call.label)


async def _serve(lab: Lab, duty: Call, customer: str, number: str) -> Call:
    call = await _asks(lab, customer, number)
    await _meet(lab, call, duty)
    return call


async def _leaves(lab: Lab, call: Call, *, reason: str = "completed") -> None:
    """The customer hangs up; the agent stays on the line."""
    await lab.pause()
    await call.leg(call.caller).hang_up()
    lab.truth.step("hangup", caller=call.caller, reason=reason, by=call.caller, call=call.label)


async def _log_off(lab: Lab, duty: Call) -> None:
    await lab.pause()
    await duty.leg("202").hang_up()
    lab.truth.step("hangup", caller="202", reason="completed", by="202", call=duty.label)


@scenario("202 is on duty, takes 201 and then 203 out of the queue, and logs off while it talks with 203")
async def agent_two_customers(lab: Lab) -> None:
    duty = await log_in(lab, "202", "4511")
    await _leaves(lab, await _serve(lab, duty, "201", "407"))
    call = await _serve(lab, duty, "203", "407")
    await _log_off(lab, duty)
    await call.leg("203").ended()
    lab.truth.step("hangup", caller="203", reason="completed", by="202", call=call.label)


@scenario("202 is on duty and has to press a key: 201 gives up before it does, 203 is taken out of the queue")
async def agent_acknowledges(lab: Lab) -> None:
    duty = await log_in(lab, "202", "4512")
    before = len(lab.packets)
    call = await _asks(lab, "201", "408")
    await lab.pause(2)
    await _leaves(lab, call, reason="abandoned")
    await duty.leg("202").press("#")  # what it missed it learns by that, and is free again
    await _is_free(lab, "4512", since=before)
    call = await _asks(lab, "203", "408")
    await lab.pause(4)
    await duty.leg("202").press("#")
    await _meet(lab, call, duty)
    await _leaves(lab, call)
    await _log_off(lab, duty)


@scenario("202 is on duty and does not press the key in time: it is logged off, and 201 gives up")
async def agent_times_out(lab: Lab) -> None:
    duty = await log_in(lab, "202", "4512")
    call = await _asks(lab, "201", "408")
    await duty.leg("202").ended()
    lab.truth.step("hangup", caller="202", reason="completed", by="pbx", call=duty.label)
    await lab.pause()
    await call.leg("201").hang_up()
    lab.truth.step("hangup", caller="201", reason="no-answer", by="201", call=call.label)


@scenario("202 is on duty; 201 asks for it without a queue and gives up; 203 does, and 202 presses no key in time")
async def agent_does_not_answer(lab: Lab) -> None:
    duty = await log_in(lab, "202", "4512")
    before = len(lab.packets)
    call = await _asks(lab, "201", "4522")
    await lab.pause(2)
    await _leaves(lab, call, reason="abandoned")
    await duty.leg("202").press("#")  # what it missed it learns by that, and is free again
    await _is_free(lab, "4512", since=before)
    call = await _asks(lab, "203", "4522")
    await duty.leg("202").ended()
    lab.truth.step("hangup", caller="202", reason="completed", by="pbx", call=duty.label)
    await call.leg("203").ended()
    lab.truth.step("hangup", caller="203", reason="no-answer", by="pbx", call=call.label)


@scenario("202 is on duty and needs a pause: 203 waits until it is over; the Local channels are optimised away")
async def agent_wraps_up(lab: Lab) -> None:
    duty = await log_in(lab, "202", "4513")
    call = await _serve(lab, duty, "201", "409")
    await lab.pause(4)
    await _leaves(lab, call)
    call = await _serve(lab, duty, "203", "409")
    await lab.pause(4)
    await _leaves(lab, call)
    await _log_off(lab, duty)


@scenario("202 is on duty; 203 talks with 201, asks for the agent without a queue, and transfers 201 attended to it")
async def agent_is_consulted(lab: Lab) -> None:
    duty = await log_in(lab, "202", "4511")
    await _leaves(lab, await _serve(lab, duty, "204", "4521"))
    call = await lab.talk("201", "203", "customer 201")
    await call.hold("203")
    own = await _serve(lab, duty, "203", "4521")
    await call.attended_transfer("203", own)
    await _leaves(lab, call)
    await _log_off(lab, duty)


@scenario("202 is on duty, transfers 201 blind and 203 attended to 204, and is on duty yet")
async def agent_transfers(lab: Lab) -> None:
    duty = await log_in(lab, "202", "4511")
    agent = duty.leg("202")
    call = await _serve(lab, duty, "201", "407")
    await lab.pause()
    code = await agent.refer("204")
    words = {"transferer": "202", "target": "204", "refer_code": code}
    lab.truth.step("blind_transfer", **words, transferee="201", call=call.label)
    call.left_with(call.leg("201"), "204")
    await call.rings("204")
    await call.answer("204")
    await call.hang_up("204")
    call = await _serve(lab, duty, "203", "407")
    await call.hold("202")
    own = await lab.talk("202", "204", "consultation")
    await lab.pause()
    code = await agent.refer("204", replaces=own.leg("202"))
    lab.truth.step("attended_transfer", **words, transferee="203", call=call.label)
    await own.leg("202").ended()
    call.callee_leg = own.leg("204")
    await call.hang_up("203")
    await _log_off(lab, duty)


@scenario("the recorder comes when 202 is on duty and talks with 201; then it takes 203", attached=False)
async def agent_attach(lab: Lab) -> None:
    duty = await lab.call("202", "4511", "duty")
    await duty.answered_by_pbx()
    await lab.pause(24)
    call = await _asks(lab, "201", "407")
    await lab.pause(4)
    call.callee_leg = duty.leg("202")
    lab.truth.step("answered", caller="201", to="407", target="202", call=call.label)
    await lab.attach()
    await lab.take_stock()
    lab.truth.step("ami_attached")
    await _leaves(lab, call)
    await lab.pause(2)
    await _leaves(lab, await _serve(lab, duty, "203", "407"))
    await _log_off(lab, duty)
