"""The connection is cut again and again while many calls go on."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.live.crowd import Crowd, Outage
from tests.live.network import through_proxy
from tests.live.stage import Kind
from tests.recordings import draw
from tests.rules import broken_rules

CUTS = 50
A_SECOND = 8

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("version", [22, 16])
async def test_the_connection_is_cut_again_and_again_under_load(version: int) -> None:
    async with through_proxy(Kind(version, "pjsip")) as (office, proxy, following):
        crowd = Crowd(office, talk=0.5)
        over = asyncio.Event()
        calling = asyncio.create_task(crowd.call_until(over, A_SECOND))
        outages = []
        for cut in range(CUTS):
            await asyncio.sleep(0.3 if cut % 10 else 2.5)  # now and then there is time for whole calls
            begin = time.time()
            proxy.cut()
            await asyncio.sleep(0.05)
            proxy.mend()
            await following.attached(cut + 2)
            outages.append(Outage(begin, time.time()))
        over.set()
        await calling
        await following.at_rest()
        wrong = [*broken_rules(following.events), *crowd.differences_but_for(outages, following.events)]
        assert not wrong, "\n".join([*wrong, draw(following.events)])
        assert proxy.connections == CUTS + 1
        assert len(following.said("lost")) == CUTS
