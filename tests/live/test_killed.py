"""A PBX is killed in the middle of many calls and starts again: kill -9, so that nobody is told anything."""

from __future__ import annotations

import time

import pytest

from cacofonisk.events import Hangup
from tests.asterisk.office import Office
from tests.live.crowd import Crowd, Outage
from tests.live.following import Following
from tests.live.stage import Kind
from tests.recordings import draw
from tests.rules import broken_rules


@pytest.mark.parametrize("kind", [Kind(22, "pjsip"), Kind(16, "pjsip")], ids=str)
async def test_the_pbx_is_killed_in_calls_and_starts_again(kind: Kind) -> None:
    async with Office(kind.version, kind.technology) as office, Following() as following:
        await following.start(office.pbx.ami_port)
        await following.attached()
        before = Crowd(office, talk=0.5)
        await before.call_at(20, 2.0)
        killed = time.time()
        await office.pbx.kill()
        lives = before.lives()
        for phone in (*office.phones.values(), office.world):
            phone.forget()  # whoever talked hears nothing any longer
        await office.pbx.start()
        await office.open()
        await following.attached(2)
        wrong = before.differences_but_for([Outage(killed, time.time())], following.events, lives)
        seen = len(following.events)
        lost = [event for event in following.calls if isinstance(event, Hangup) and event.reason == "lost"]
        assert len(lost) > 5
        assert all(event.inferred for event in lost)
        assert following.live_calls() == []

        after = Crowd(office, talk=0.5)
        await after.call_at(20, 2.0)
        await after.all_over()
        await following.at_rest()
        wrong += after.differences(following.events[seen:])
        wrong += [*broken_rules(following.events), *following.anomalies]
        assert not wrong, "\n".join([*wrong, draw(following.events)])
        assert not any(event.inferred for event in following.calls if event in following.events[seen:])
