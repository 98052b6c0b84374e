"""The world behind the trunk, and who says it is who."""

from ..incoming import Incoming
from ..lab import Lab
from . import scenario

MOBILE = "0687654321"
ABROAD = "0031201"


@scenario("a call from outside to 202 (kept Local channel); 202 hangs up")
async def inbound(lab: Lab) -> None:
    call = await lab.talk(MOBILE, "31501110202")
    await call.hang_up("202")


@scenario("201 calls a mobile through the trunk; the mobile hangs up")
async def outbound(lab: Lab) -> None:
    call = await lab.talk("201", "0612345678", answers="0612345678")
    await call.hang_up("0612345678")


@scenario("201 calls a mobile, which is shown the company's number")
async def outbound_company_number(lab: Lab) -> None:
    call = await lab.call("201", "990612345678")
    [leg] = await call.rings("0612345678")
    lab.truth.steps[-1].update(shown_to_callee=leg.shown[1])
    await call.answer("0612345678")
    await call.hang_up("201")


@scenario("a call from outside with withheld number to 202")
async def inbound_anonymous(lab: Lab) -> None:
    call = await lab.call(MOBILE, "31501110202", withheld=True)
    [leg] = await call.rings("202")
    lab.truth.steps[-1].update(caller_withheld=True, shown_to_callee=leg.shown[1])
    await call.answer("202")
    await call.hang_up(MOBILE)


@scenario("a call from outside; the caller's name has quotes, accents and more")
async def inbound_odd_name(lab: Lab) -> None:
    call = await lab.call(MOBILE, "31501110202", display="Zoë van 't Hof, café ☎ 東京")
    await call.rings("202")
    await call.answer("202")
    await call.hang_up(MOBILE)


@scenario("the dialplan hides 201's number from 202")
async def anonymous_by_dialplan(lab: Lab) -> None:
    call = await lab.call("201", "813")
    [leg] = await call.rings("202")
    lab.truth.steps[-1].update(caller_withheld=True, shown_to_callee=leg.shown[1])
    await call.answer("202")
    await call.hang_up("201")


def _escaped(text: str) -> str:
    """Any text as the user part of a SIP URI."""
    return "".join(f"%{ord(character):02x}" for character in text)


async def _hostile(lab: Lab, injected: str) -> None:
    """201 and 202 talk; a caller's number holds what looks like AMI about them. They go on talking."""
    call = await lab.talk("201", "202", "first")
    newchannel = await lab.ami_event("Newchannel", Channel=await lab.live_channel("201"))
    user = MOBILE + _escaped(injected.format(uniqueid=newchannel["Uniqueid"]))
    hostile = await lab.call(MOBILE, "31501110203", "second", user=user)
    await hostile.rings("203")
    await hostile.answer("203")
    await hostile.hang_up(MOBILE)
    await call.hang_up("201")


@scenario("a caller's number holds a whole forged packet: a Hangup of the call of 201 and 202, which goes on")
async def hostile_callerid(lab: Lab) -> None:
    await _hostile(lab, "\r\n\r\nEvent: Hangup\r\nUniqueid: {uniqueid}\r\n\r\n")


@scenario("a caller's number holds a forged header: the Uniqueid of 201, which talks to 202")
async def hostile_callerid_header(lab: Lab) -> None:
    await _hostile(lab, "\r\nUniqueid: {uniqueid}")


@scenario("203 dials a number that holds a forged packet: a Hangup of 201, which talks to 202 and puts it on hold")
async def hostile_number(lab: Lab) -> None:
    call = await lab.talk("201", "202", "first")
    newchannel = await lab.ami_event("Newchannel", Channel=await lab.live_channel("201"))

    def ring(leg: Incoming) -> None:
        leg.person = ABROAD  # whatever else was dialled
        leg.ring()

    lab.phone(ABROAD).when_called = ring
    # No longer than 79 characters, which is all that Asterisk takes of a dialled number.
    forged = f"\r\n\r\nEvent: Hangup\r\nPrivilege: \r\nTimestamp: \r\nUniqueid: {newchannel['Uniqueid']}"
    hostile = await lab.call("203", ABROAD + _escaped(forged), "second")
    await hostile.rings(ABROAD, to=ABROAD)
    await call.hold("201")
    await hostile.give_up()
    await call.unhold("201")
    await call.hang_up("201")
