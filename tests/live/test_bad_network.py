"""What bad networks do to the AMI connection in the middle of calls: cut it, leave it half-open, split it, garble it.

What was seen whole is the truth; all else is inferred or lost; nothing hangs, and nothing stays in memory.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from cacofonisk.events import Hangup, Up
from tests.asterisk.lab import Lab
from tests.asterisk.office import Office
from tests.asterisk.proxy import Proxy
from tests.asterisk.record import perform
from tests.asterisk.scenarios import all_scenarios
from tests.live.crowd import Crowd, by_outsider
from tests.live.following import Following
from tests.recordings import draw
from tests.rules import broken_rules
from tests.truth_check import compare

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

CUTS = 10


@asynccontextmanager
async def through_proxy(ping: float = 5) -> AsyncIterator[tuple[Office, Proxy, Following]]:
    """A PBX, what follows it, and between them a proxy. Afterwards nothing of the source is left."""
    before = asyncio.all_tasks()
    async with Office(22) as office, Proxy(office.pbx.ami_port) as proxy:
        async with Following(ping=ping) as following:
            await following.start(proxy.port)
            await following.attached()
            yield office, proxy, following
            await following.at_rest()
        await asyncio.sleep(0.05)
        assert [task for task in asyncio.all_tasks() - before if "cacofonisk" in task.get_name()] == []


async def test_the_connection_is_cut_in_the_middle_of_calls() -> None:
    async with through_proxy() as (office, proxy, following):
        lab = Lab(office)
        await _away(lab, proxy.cut, proxy.mend, following)


async def test_the_connection_is_half_open() -> None:
    """Nobody says that it is gone: the pings find out."""
    async with through_proxy(ping=0.4) as (office, proxy, following):
        lab = Lab(office)
        await _away(lab, proxy.stall, proxy.mend, following)
        assert "nothing was heard" in following.said("lost")[0].detail


async def _away(lab: Lab, lose: Callable[[], None], find: Callable[[], None], following: Following) -> None:
    """One call ends while nobody listens, one begins, one is transferred, and one just goes on."""
    ends = await lab.talk("0687000001", "31501110201", "ends")
    goes_on = await lab.talk("0687000002", "31501110202", "goes on")
    moves = await lab.talk("0687000003", "31501110203", "moves")
    await following.until(lambda: sum(isinstance(event, Up) for event in following.events) == 3, "three calls")
    lose()
    await ends.hang_up("201")
    begins = await lab.talk("0687000004", "31501110204", "begins")
    await moves.blind_transfer("203", "205")
    await moves.rings("205")
    await moves.answer("205")
    find()
    await following.attached(2)
    await goes_on.blind_transfer("202", "212")
    await goes_on.rings("212")
    await goes_on.answer("212")
    for call in (goes_on, moves, begins):
        await call.hang_up(call.caller)
    whole = await lab.talk("0687000005", "31501110201", "whole")
    await whole.hang_up("201")
    await following.at_rest()

    told = by_outsider(following.events)
    wrong = [*broken_rules(following.events), *following.anomalies]
    steps = lab.truth.steps
    for call, inferred in (
        (ends, {"hangup"}),
        (goes_on, set()),
        (moves, {"up"}),
        (begins, {"started", "up"}),
        (whole, set()),
    ):
        its = told.pop(call.caller)
        concluded = {event.event for event in its if event.inferred}
        if concluded != inferred:
            wrong.append(f"{call.label}: {concluded} are inferred, not {inferred}")
        end = its[-1]
        assert isinstance(end, Hangup)
        if end.reason != ("lost" if call is ends else "completed"):
            wrong.append(f"{call.label}: ended because of {end.reason}")
        if not inferred:
            wrong += compare({"steps": [step for step in steps if step.get("call") == call.label]}, its)
    if told:
        wrong.append(f"calls that nobody made: {list(told)}")
    assert not wrong, "\n".join([*wrong, draw(following.events)])


async def test_every_byte_comes_alone() -> None:
    async with through_proxy() as (office, proxy, following):
        proxy.piece = 1
        lab = await perform(office, all_scenarios()["attended_transfer_by_caller"])
        await following.at_rest()
        assert compare({"steps": lab.truth.steps}, following.events) == []
        assert broken_rules(following.events, whole=True) == []
        assert following.anomalies == []


async def test_the_connection_is_garbled() -> None:
    """Bytes are changed, lost and made up; when that is over a new connection sets everything right."""
    chance = random.Random(20)  # noqa: S311  # the same damage every time

    def garble(data: bytes) -> bytes:
        damaged = bytearray(data)
        for _ in range(1 + len(data) // 300):
            at = chance.randrange(len(damaged) + 1)
            damaged[at : at + chance.choice((0, 1, 1, 40))] = chance.randbytes(chance.choice((0, 1, 1, 20)))
        return bytes(damaged)

    async with through_proxy() as (office, proxy, following):
        crowd = Crowd(office, talk=0.3)
        proxy.damage = garble
        await crowd.call_for(2, 10)
        proxy.cut()
        proxy.mend()
        await following.attached(2)
        await following.at_rest()
        assert broken_rules(following.events) == []
        seen = len(following.events)
        after = Crowd(office, talk=0.3)
        await after.call_for(1, 10)
        await following.at_rest()
        assert after.differences(following.events[seen:]) == []
        assert len(following.anomalies) > 0


async def test_the_connection_is_cut_again_and_again_under_load() -> None:
    async with through_proxy() as (office, proxy, following):
        crowd = Crowd(office, talk=0.5)
        calling = asyncio.create_task(crowd.call_for(6, 10))
        for cut in range(CUTS):
            await asyncio.sleep(0.3)
            proxy.cut()
            await asyncio.sleep(0.05)
            proxy.mend()
            await following.attached(cut + 2)
        await calling
        await following.at_rest()
        wrong = broken_rules(following.events)
        told = by_outsider(following.events)
        whole = 0
        for outside, events in told.items():
            contact = crowd.contacts[outside]
            if not any(event.inferred for event in events):
                whole += 1
                wrong += contact.differences(events)
            [end] = [event for event in events if isinstance(event, Hangup)]
            if end.reason not in ("lost", contact.reason()):
                wrong.append(f"{outside}: {end.reason}, which is {contact.reason()}")
        assert not wrong, "\n".join([*wrong, draw(following.events)])
        assert proxy.connections == CUTS + 1
        assert 0 < whole < len(crowd.contacts)
