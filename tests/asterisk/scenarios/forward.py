"""A called phone, or the dialplan for it, sends the call elsewhere."""

from ..lab import Lab
from . import scenario


@scenario("202's phone forwards with 302 to 203")
async def forward_302(lab: Lab) -> None:
    lab.phone("202").when_called = lambda leg: leg.forward("203")
    call = await lab.call("201", "202")
    await call.forwarded("202", "203")
    await call.rings("203")
    await call.answer("203")
    await call.hang_up("201")


@scenario("ring group: 202's phone forwards with 302 to 204, which answers")
async def forward_302_in_group(lab: Lab) -> None:
    lab.phone("202").when_called = lambda leg: leg.forward("204")
    call = await lab.call("201", "301")
    await call.forwarded("202", "204")
    await call.rings("203", "204")
    await call.answer("204")
    await call.hang_up("201")


@scenario("202's phone forwards with 302 to a mobile outside")
async def forward_302_outside(lab: Lab) -> None:
    lab.phone("202").when_called = lambda leg: leg.forward("0612345678")
    call = await lab.call("201", "202")
    await call.forwarded("202", "0612345678")
    await call.rings("0612345678")
    await call.answer("0612345678")
    await call.hang_up("201")


@scenario("unconditional forward in the dialplan (Local channel to 203)")
async def forward_dialplan(lab: Lab) -> None:
    call = await lab.talk("201", "501", answers="203")
    await call.hang_up("201")


@scenario("unconditional forward in the dialplan to a mobile outside")
async def forward_dialplan_outside(lab: Lab) -> None:
    call = await lab.talk("201", "503", answers="0612345678")
    await call.hang_up("0612345678")


@scenario("202's phone forwards with 302 to the group of 203 and 204; 204 answers")
async def forward_302_to_group(lab: Lab) -> None:
    lab.phone("202").when_called = lambda leg: leg.forward("308")
    call = await lab.call("201", "202")
    await call.forwarded("202", "308")
    await call.rings("203", "204")
    await call.answer("204")
    await call.hang_up("201")


@scenario("202 forwards with 302 to 203, and 203 to 204, which answers")
async def forward_302_twice(lab: Lab) -> None:
    lab.phone("202").when_called = lambda leg: leg.forward("203")
    lab.phone("203").when_called = lambda leg: leg.forward("204")
    call = await lab.call("201", "202")
    await call.forwarded("202", "203")
    await call.forwarded("203", "204")
    await call.rings("204")
    await call.answer("204")
    await call.hang_up("201")


@scenario("202, behind a kept Local channel, forwards with 302 to 203, which is busy")
async def forward_302_to_busy(lab: Lab) -> None:
    lab.phone("202").when_called = lambda leg: leg.forward("203")
    lab.phone("203").when_called = lambda leg: leg.refuse(486)
    call = await lab.call("201", "2202")
    await call.forwarded("202", "203")
    await call.refused("203", 486, "busy")
    await call.fails("busy")


@scenario("an agent's phone forwards with 302 to 204, which answers")
async def queue_agent_forwards(lab: Lab) -> None:
    lab.phone("202").when_called = lambda leg: leg.forward("204")
    call = await lab.call("201", "405")
    await call.queued()
    await call.forwarded("202", "204")
    await call.rings("204")
    await call.answer("204")
    await call.hang_up("201")
