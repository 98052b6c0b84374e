"""Every scenario of the lab on every kind of PBX: what the pipe says, live, is what the phones saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.asterisk.record import write
from tests.asterisk.scenarios import all_scenarios
from tests.live.stage import KINDS, Play
from tests.recordings import draw
from tests.rules import broken_rules
from tests.truth_check import compare

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.stage import Performance, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOT_WHOLE = {"attach_mid_call", "connection_lost_in_call", "pbx_killed_in_call", "pbx_stopped_in_call"}
"""Scenarios where the pipe did not see all."""


def plays() -> list[object]:
    """Each as a test of its own."""
    return [
        pytest.param(play, id=str(play))
        for kind in KINDS
        for scenario in all_scenarios().values()
        if kind.technology in scenario.technologies
        for play in [Play(kind, scenario.name)]
    ]


def wrong_in(play: Play, performance: Performance) -> list[str]:
    """What the call events tell otherwise than the phones."""
    followed = performance.followed
    wrong = [f"{type(performance.error).__name__}: {performance.error}"] if performance.error else []
    wrong += compare(performance.truth, followed.events)
    wrong += broken_rules(followed.events, whole=play.name not in NOT_WHOLE)
    if "hostile" not in play.name:
        wrong += followed.anomalies
    return wrong


@pytest.mark.parametrize("play", plays())
async def test_the_call_events_tell_what_the_phones_saw(stage: Stage, play: Play, tmp_path: Path) -> None:
    performance = await stage.performance(play)
    wrong = wrong_in(play, performance)
    if wrong:
        write(performance.lab, all_scenarios()[play.name], tmp_path)  # to be replayed
        events = draw(performance.followed.events, play.name)
        pytest.fail("\n".join([*wrong, "", events, f"recorded in {tmp_path}"]), pytrace=False)
