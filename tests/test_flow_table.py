"""docs/flows.md tells what the recordings give."""

from __future__ import annotations

from tests.flow_table import TABLE, table


def test_the_table_of_flows_is_what_the_recordings_give() -> None:
    assert TABLE.read_text().splitlines() == table().splitlines(), "python -m tests.flow_table writes it anew"
