"""The world behind the trunk, and who says it is who."""

from ..lab import Lab
from . import scenario

MOBILE = "0687654321"


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


async def _hostile(lab: Lab, injected: str) -> None:
    """201 and 202 talk; a caller's number holds what looks like AMI about them. They go on talking."""
    call = await lab.talk("201", "202", "first")
    newchannel = await lab.ami_event("Newchannel", Channel=await lab.live_channel("201"))
    forged = injected.format(uniqueid=newchannel["Uniqueid"])
    user = MOBILE + "".join(f"%{ord(character):02x}" for character in forged)
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
