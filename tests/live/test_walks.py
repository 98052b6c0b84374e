"""Random walks of phones on every kind of PBX: whatever they do, the call events agree with what they saw and heard."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.asterisk.live import LiveLab
from tests.asterisk.office import Office
from tests.asterisk.record import perform, write
from tests.asterisk.walk import Deeds, walk
from tests.live.following import Following
from tests.live.stage import KINDS, Kind
from tests.recordings import draw
from tests.rules import broken_rules
from tests.walk_check import differences

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEEDS = (1, 2, 3, 4)
STEPS = 20


async def stroll(kind: Kind, seed: int, folder: Path) -> list[str]:
    """One walk on a PBX of its own; answers what the events tell otherwise than the phones."""
    done: list[Deeds] = []
    scenario = walk(seed, STEPS, done.append)
    async with Office(kind.version, kind.technology) as office, Following() as following:
        lab = LiveLab(office, following)
        try:
            await perform(office, scenario, lab)
            await following.at_rest()
        finally:
            await following.stop()
            await lab.leave_proxy()
        wrong = differences(done[0], following.events) + broken_rules(following.events, whole=True)
        if not wrong:
            return []
        write(lab, scenario, folder)  # to be replayed
        return [f"{kind}, seed {seed}:", *wrong, draw(following.events, scenario.sentence), f"recorded in {folder}"]


@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_walks_are_told_as_the_phones_saw_them(kind: Kind, tmp_path: Path) -> None:
    found = await asyncio.gather(*(stroll(kind, seed, tmp_path) for seed in SEEDS))
    wrong = [line for lines in found for line in lines]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
