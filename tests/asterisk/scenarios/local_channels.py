"""Calls through Local channels, kept or optimised away."""

from ..lab import Lab
from . import scenario


@scenario("hosted PBX style: through a Local channel that stays (/n)")
async def local_kept(lab: Lab) -> None:
    call = await lab.talk("201", "2202")
    await call.hang_up("202")


@scenario("hosted PBX style: through a Local channel that is optimised away after the answer")
async def local_optimised(lab: Lab) -> None:
    call = await lab.talk("201", "1202")
    await lab.ami_event("LocalOptimizationEnd")
    await call.hang_up("201")


@scenario("through two Local channels that stay, one behind the other")
async def local_chain(lab: Lab) -> None:
    call = await lab.talk("201", "3202")
    await call.hang_up("202")


@scenario("through two Local channels that stay; 202 transfers blind to 203, behind two of its own")
async def blind_transfer_behind_local_chain(lab: Lab) -> None:
    call = await lab.talk("201", "3202")
    await call.blind_transfer("202", "3203")
    await call.rings("203")
    await call.answer("203")
    await call.hang_up("201")
