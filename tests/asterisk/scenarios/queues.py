"""Callers wait, agents ring."""

from ..lab import Lab
from . import scenario


@scenario("queue, ring all: 203 answers, caller hangs up")
async def queue_ringall(lab: Lab) -> None:
    call = await lab.call("201", "401")
    await call.queued()
    await call.rings("202", "203")
    await call.answer("203")
    await call.hang_up("201")


@scenario("queue: caller gives up while the agents ring")
async def queue_abandoned(lab: Lab) -> None:
    call = await lab.call("201", "401")
    await call.queued()
    await call.rings("202", "203")
    await call.give_up()


@scenario("queue with Local members: 202 answers")
async def queue_local_members(lab: Lab) -> None:
    call = await lab.call("201", "403")  # this queue does not answer first: the caller hears nothing yet
    await call.queued_unheard("202")
    await call.rings("202", "203")
    await call.answer("202")
    await call.hang_up("202")


@scenario("two callers in one queue, two agents: each gets one")
async def queue_two_callers(lab: Lab) -> None:
    first = await lab.call("201", "401", "first")
    await first.queued()
    await first.rings("202", "203")
    second = await lab.call("205", "401", "second")
    await second.queued()
    await first.answer("202")
    await second.rings("203")
    await second.answer("203")
    await first.hang_up("201")
    await second.hang_up("203")


@scenario("queue, one after the other: 202 refuses, 203 answers")
async def queue_agent_refuses(lab: Lab) -> None:
    call = await lab.call("201", "402")
    await call.queued()
    await call.rings("202")
    await call.refuse("202", 486, "busy")
    await call.rings("203")
    await call.answer("203")
    await call.hang_up("201")


@scenario("the time in the queue is over, the PBX hangs up")
async def queue_timeout(lab: Lab) -> None:
    call = await lab.call("201", "404")
    await call.queued()
    await call.rings("202")
    await call.fails("no-answer")


@scenario("the caller leaves the queue with key 9 and gets 204")
async def queue_left_by_key(lab: Lab) -> None:
    call = await lab.call("201", "405")
    await call.queued()
    [agent] = await call.rings("202")
    await lab.pause()
    await call.leg("201").press("9")
    await agent.ended()
    call.ringing.clear()
    await call.rings("204", to="9")
    await call.answer("204")
    await call.hang_up("201")


@scenario("the queue has room for one caller: the second is sent away")
async def queue_full(lab: Lab) -> None:
    first = await lab.call("201", "406", "first")
    await first.queued()
    await first.rings("202")
    second = await lab.call("205", "406", "second")
    await second.answered_by_pbx()
    await second.ended_by_pbx()
    await first.answer("202")
    await first.hang_up("202")


@scenario("a call from outside: menu, queue, agent 203, which transfers blind to 204")
async def ivr_queue_agent_blind(lab: Lab) -> None:
    call = await lab.call("0687654321", "31501110801")
    await call.answered_by_pbx()
    await lab.pause()
    await call.leg("0687654321").press("1")
    await call.queued_unheard("202")
    await call.rings("202", "203")
    await call.answer("203")
    await call.blind_transfer("203", "204")
    await call.rings("204")
    await call.answer("204")
    await call.hang_up("0687654321")
