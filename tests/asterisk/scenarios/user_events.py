"""Events that the dialplan or another AMI client makes up."""

from ..lab import Lab
from . import scenario


@scenario("UserEvent from the dialplan before the dial and at the answer")
async def user_event(lab: Lab) -> None:
    call = await lab.call("201", "811")
    lab.truth.step("user_event", name="CallInfo", fields={"Customer": "4711", "Note": "before the dial"})
    [leg] = await call.rings("202")
    await lab.pause()
    leg.answer()
    lab.truth.step("user_event", name="Answered", fields={"Customer": "4711", "Note": "callee picked up"})
    await call.connected(leg)
    await call.hang_up("201")


@scenario("UserEvent whose dialplan names the channel itself, and one by an AMI client that does so")
async def user_event_names_channel(lab: Lab) -> None:
    call = await lab.call("201", "815")
    lab.truth.step("user_event", name="CallInfo")
    await call.rings("202")
    await call.answer("202")
    channel = await lab.live_channel("202")
    await lab.ami_action("UserEvent", UserEvent="Ticket", Channel=channel, Uniqueid="4711", Exten="202")
    lab.truth.step("user_event", name="Ticket")
    await call.hang_up("201")


@scenario("UserEvent by another AMI client, in a call")
async def user_event_by_ami_action(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await lab.ami_action("UserEvent", UserEvent="Ticket", Customer="4711", Note="opened a ticket")
    lab.truth.step("user_event", name="Ticket", fields={"Customer": "4711", "Note": "opened a ticket"})
    await call.hang_up("201")
