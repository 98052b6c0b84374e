"""Many calls: each is told whole and right, however many others there are."""

from __future__ import annotations

import os

import pytest

from tests.asterisk.office import Office
from tests.live.crowd import Crowd
from tests.live.following import Following
from tests.rules import broken_rules

SECONDS = float(os.environ.get("CACOFONISK_LOAD_SECONDS", "60"))
A_SECOND = float(os.environ.get("CACOFONISK_LOAD_CALLS", "20"))

pytestmark = pytest.mark.heavy


async def test_many_calls_a_second() -> None:
    async with Office(22) as office, Following() as following:
        await following.start(office.pbx.ami_port)
        await following.attached()
        crowd = Crowd(office)
        await crowd.call_for(SECONDS, A_SECOND)
        await following.at_rest()
        assert len(crowd.contacts) == int(SECONDS * A_SECOND)
        assert crowd.differences(following.events) == []
        assert broken_rules(following.events, whole=True) == []
        assert following.anomalies == []
