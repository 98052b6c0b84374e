"""docs/flows.md tells what the recordings give."""

from __future__ import annotations

from tests.asterisk.scenarios import all_scenarios
from tests.flow_table import TABLE, table
from tests.recordings import name_of, recordings


def test_the_table_of_flows_is_what_the_recordings_give() -> None:
    assert TABLE.read_text().splitlines() == table().splitlines(), "python -m tests.flow_table writes it anew"


def test_every_scenario_of_the_lab_is_recorded() -> None:
    recorded = {name_of(path).partition("/")[2] for path in recordings()}
    assert set(all_scenarios()) - recorded == set()
