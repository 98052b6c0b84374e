"""What bad networks do to the AMI connection in the middle of calls: cut it, leave it half-open, delay, split, garble.

What was seen whole is the truth; all else is inferred or lost; nothing hangs, and nothing stays in memory.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from cacofonisk.events import Hangup, Up
from tests.asterisk.lab import Lab
from tests.asterisk.record import perform
from tests.asterisk.scenarios import all_scenarios
from tests.live.crowd import Crowd, by_outsider
from tests.live.network import through_proxy
from tests.live.stage import Kind
from tests.recordings import draw
from tests.rules import broken_rules
from tests.truth_check import compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.asterisk.office import Office
    from tests.live.following import Following

KINDS = [Kind(22, "pjsip"), Kind(16, "pjsip")]

pytestmark = pytest.mark.parametrize("kind", KINDS, ids=str)


async def test_the_connection_is_cut_in_the_middle_of_calls(kind: Kind) -> None:
    async with through_proxy(kind) as (office, proxy, following):
        lab = Lab(office)
        await _away(lab, proxy.cut, proxy.mend, following)


async def test_the_connection_is_half_open(kind: Kind) -> None:
    """Nobody says that it is gone: the pings find out."""
    async with through_proxy(kind, ping=0.4) as (office, proxy, following):
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


async def test_every_byte_comes_alone(kind: Kind) -> None:
    async with through_proxy(kind) as (office, proxy, following):
        proxy.piece = 1
        await _all_is_well(office, following, "attended_transfer_by_caller")


async def _all_is_well(office: Office, following: Following, scenario: str) -> None:
    lab = await perform(office, all_scenarios()[scenario])
    await following.at_rest()
    assert compare({"steps": lab.truth.steps}, following.events) == []
    assert broken_rules(following.events, whole=True) == []
    assert following.anomalies == []
    assert following.said("lost") == []


async def test_what_comes_is_late_each_time_by_another_while(kind: Kind) -> None:
    chance = random.Random(6)  # noqa: S311  # the same every time
    async with through_proxy(kind) as (office, proxy, following):
        proxy.delay = lambda: chance.uniform(0, 0.3)
        await _all_is_well(office, following, "blonde_transfer_by_callee")


async def test_the_connection_stalls_for_a_while(kind: Kind) -> None:
    """Shorter than a ping may take: nothing is lost, so nothing happened."""
    async with through_proxy(kind) as (office, proxy, following):
        lab = Lab(office)
        call = await lab.talk("201", "202")
        proxy.pause()
        await call.hang_up("202")
        again = await lab.talk("203", "204", "again")
        told = len(following.events)
        await asyncio.sleep(0.5)
        assert len(following.events) == told
        proxy.resume()
        await again.hang_up("204")
        await following.at_rest()
        assert compare({"steps": lab.truth.steps}, following.events) == []
        assert broken_rules(following.events, whole=True) == []
        assert following.said("lost") == []


async def test_the_connection_is_garbled(kind: Kind) -> None:
    """Bytes are changed, lost and made up; when that is over a new connection sets everything right."""
    chance = random.Random(20)  # noqa: S311  # the same damage every time

    def garble(data: bytes) -> bytes:
        damaged = bytearray(data)
        for _ in range(1 + len(data) // 300):
            at = chance.randrange(len(damaged) + 1)
            damaged[at : at + chance.choice((0, 1, 1, 40))] = chance.randbytes(chance.choice((0, 1, 1, 20)))
        return bytes(damaged)

    async with through_proxy(kind) as (office, proxy, following):
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
