"""An agent who is logged in all day: each customer's call is its own, and nothing is kept of those who have gone."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

import pytest

from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import Hangup, Started, Up
from cacofonisk.pipeline import pipeline
from tests.recordings import FOLDER, fresh, kept_by, packets

if TYPE_CHECKING:
    from pathlib import Path

    from cacofonisk.events import Event

CUSTOMERS = 300
FIRST = 4  # customers, until all that is remembered of the last one, and of who came before, is there

WAITS = ("BridgeEnter", "agent_hold")

recordings = pytest.mark.parametrize(
    "path",
    [
        pytest.param(FOLDER / kind / f"{name}.jsonl.gz", id=f"{kind}/{name}")
        for kind in ("ast22", "ast16sip")
        for name in ("agent_two_customers", "agent_wraps_up", "agent_transfers", "agent_acknowledges")
    ],
)


def shift(path: Path) -> tuple[list[AmiEvent], list[AmiEvent], list[AmiEvent]]:
    """A recorded shift: until the agent waits, with a customer until it waits again, and all that comes after that."""
    stream = [event for event in packets(path) if isinstance(event, AmiEvent)]
    waits = [at for at, event in enumerate(stream) if (event.name, event.get("BridgeType")) == WAITS]
    agent = stream[waits[0]]["Uniqueid"]
    # The customer's own Hangup may come a moment after that.
    gone = next(at for at in range(waits[1], len(stream)) if is_born_of_nobody(stream[at]))
    served = stream[waits[0] + 1 : gone]
    assert any(event.name == "Newchannel" and event["Uniqueid"] != agent for event in served)
    return stream[: waits[0] + 1], served, stream[gone:]


def is_born_of_nobody(event: AmiEvent) -> bool:
    return event.name == "Newchannel" and event["Uniqueid"] == event["Linkedid"]


def again(served: list[AmiEvent], number: int) -> list[Event]:
    """The same, with another customer: whoever and whatever was new then is another one."""
    text = json.dumps([event.recorded for event in served])
    for event in served:
        name = {"Newchannel": "Uniqueid", "BridgeCreate": "BridgeUniqueid"}.get(event.name)
        if name is not None:
            text = text.replace(f'"{event[name]}"', f'"{event[name]}/{number:04}"')
    return [AmiEvent.from_recorded(headers, server="pbx") for headers in json.loads(text)]


@recordings
def test_nothing_grows_over_a_shift(path: Path) -> None:
    before, served, _ = shift(path)
    chain = pipeline()
    said: list[Event] = []
    for event in fresh(before):
        chain.feed(event, said.append)
    kept = []
    for number in range(CUSTOMERS):
        for event in again(served, number):
            chain.feed(event, said.append)
        kept.append((kept_by(chain), len(pickle.dumps(chain))))
    waiting, size = kept[FIRST]
    assert {str(count) for count, _ in kept[FIRST:]} == {str(waiting)}
    counters = 16  # bytes: how many there ever were of something is kept as a number
    assert {abs(other - size) <= counters for _, other in kept[FIRST:]} == {True}

    starts = [event for event in said if isinstance(event, Started)]
    ends = [event for event in said if isinstance(event, Hangup)]
    duty = starts[0].call_id
    assert duty not in {event.call_id for event in ends}
    calls = [event.call_id for event in starts[1:]]
    assert len(set(calls)) == len(calls) == len(ends)
    assert not any(event.merged_call_id for event in said if isinstance(event, Up))
    alike = {json.dumps([event.reason, event.answered, event.talk_s]) for event in ends}
    assert len(alike) == len(ends) / CUSTOMERS
