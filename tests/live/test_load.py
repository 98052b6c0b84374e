"""Many calls: each is told whole and right, however many others there are."""

from __future__ import annotations

from tests.asterisk.office import Office
from tests.live.crowd import Crowd
from tests.live.following import Following
from tests.rules import broken_rules


async def test_twenty_calls_a_second() -> None:
    async with Office(22) as office, Following() as following:
        await following.start(office.pbx.ami_port)
        await following.attached()
        crowd = Crowd(office)
        await crowd.call_for(15, 20)
        await following.at_rest()
        assert len(crowd.contacts) == 300
        assert crowd.differences(following.events) == []
        assert broken_rules(following.events, whole=True) == []
        assert following.anomalies == []
