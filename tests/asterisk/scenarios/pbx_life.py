"""The PBX goes and comes, or was there before the client."""

import asyncio

from ..lab import Lab
from . import scenario


@scenario("the PBX is killed in a call (connection lost) and comes back; then a new call")
async def pbx_killed_in_call(lab: Lab) -> None:
    call = await lab.talk("201", "202", "first")
    await lab.pause()
    await lab.pbx.kill()
    lab.truth.step("pbx_killed")
    await lab.comes_back()
    lab.truth.step("pbx_back")
    for person in ("201", "202"):
        call.leg(person).forget()
    second = await lab.talk("203", "204", "second")
    await second.hang_up("203")


@scenario("the PBX is stopped in a call, in good order, and comes back; then a new call")
async def pbx_stopped_in_call(lab: Lab) -> None:
    call = await lab.talk("201", "202", "first")
    await lab.pause()
    stopped = asyncio.create_task(lab.pbx.stop_gracefully())
    await call.ended_by_pbx()
    await stopped
    lab.truth.step("pbx_stopped")
    await lab.comes_back()
    lab.truth.step("pbx_back")
    second = await lab.talk("203", "204", "second")
    await second.hang_up("203")


@scenario(
    "the AMI client attaches in the middle of calls: one up, one ringing, one in a menu",
    attached=False,
)
async def attach_mid_call(lab: Lab) -> None:
    up = await lab.talk("201", "202", "up")
    ringing = await lab.call("203", "2204", "ringing")
    await ringing.rings("204")
    menu = await lab.call("0687654321", "31501110801", "menu")
    await menu.answered_by_pbx()
    await lab.pause()
    await lab.attach()
    lab.truth.step("ami_attached")
    await lab.take_stock()
    await ringing.answer("204")
    await up.hang_up("201")
    await menu.hang_up("0687654321")
    await ringing.hang_up("204")


@scenario("the client loses its connection in a call, misses the start of another, and connects again")
async def connection_lost_in_call(lab: Lab) -> None:
    first = await lab.talk("201", "202", "first")
    await lab.pause()
    await lab.detach()
    lab.truth.step("connection_lost")
    second = await lab.talk("203", "204", "second")
    await lab.pause()
    await lab.attach()
    lab.truth.step("ami_attached")
    await lab.take_stock()
    await first.hang_up("202")
    await second.hang_up("203")
