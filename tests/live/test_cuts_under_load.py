"""The connection is cut again and again while many calls go on."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.live.crowd import Crowd, Outage
from tests.live.network import through_proxy
from tests.live.stage import Kind
from tests.recordings import draw
from tests.rules import broken_rules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CUTS = 50
A_SECOND = 8

VERSIONS = (22, 16)

pytestmark = [pytest.mark.heavy, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cut_under_load() -> AsyncIterator[dict[int, asyncio.Task[list[str]]]]:
    """What was told wrongly on each version: both side by side, for most of it is waiting."""
    tasks = {version: asyncio.create_task(_cut_under_load(version)) for version in VERSIONS}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_connection_is_cut_again_and_again_under_load(
    version: int, cut_under_load: dict[int, asyncio.Task[list[str]]]
) -> None:
    wrong = await cut_under_load[version]
    assert not wrong, "\n".join(wrong)


async def _cut_under_load(version: int) -> list[str]:
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
        assert proxy.connections == CUTS + 1
        assert len(following.said("lost")) == CUTS
        wrong = [*broken_rules(following.events), *crowd.differences_but_for(outages, following.events)]
        return [*wrong, draw(following.events)] if wrong else []
