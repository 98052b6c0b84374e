"""The table of docs/flows.md: what events a user gets in each flow of the lab, told by the recordings themselves.

python -m tests.flow_table writes it anew.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cacofonisk.events import (
    CallEvent,
    Forward,
    Hangup,
    Hold,
    Joined,
    Left,
    Parked,
    Pickup,
    Queued,
    QueueLeft,
    Ringing,
    RingingStopped,
    Started,
    Transfer,
    TransferFailed,
    Unhold,
    Unparked,
    Up,
    UserEvent,
)
from tests.asterisk.scenarios import Scenario, all_scenarios
from tests.recordings import name_of, recordings, replay
from tests.truth_check import person

TABLE = Path(__file__).parent.parent / "docs" / "flows.md"
HEAD = """# Flow by flow: what events a user gets

Every row is a call that real phones made on a real Asterisk: a scenario of the lab (`tests/asterisk/scenarios`) whose
recording lies in `marbles/recordings`. The events are those that the recording gives; a test compares them with this
page. Where a flow has several calls, A is the first to start. What each event means stands in [events.md](events.md).

`201 → 202`: caller and target, or who talks with whom. `pbx` is where nobody is, `outside` a number behind the trunk.
"""


def table() -> str:
    """The whole page."""
    chapters: dict[str, list[str]] = {}
    scenarios = all_scenarios()
    told: set[str] = set()
    for path in reversed(recordings()):  # ast22 before ast16sip
        folder, _, name = name_of(path).partition("/")
        if name in told or name not in scenarios:
            continue
        told.add(name)
        events = [event for event in replay(path) if isinstance(event, CallEvent)]
        row = f"| {scenarios[name].sentence} | {_events(events)} | `{folder}/{name}` |"
        chapters.setdefault(_chapter(scenarios[name]), []).append(row)
    lines = [HEAD]
    for chapter in sorted(chapters):
        rows = sorted(chapters[chapter])
        lines += [f"## {chapter}", "", "| what happens | events | recording |", "| --- | --- | --- |", *rows, ""]
    return "\n".join(lines)


def _chapter(scenario: Scenario) -> str:
    first = (sys.modules[scenario.run.__module__].__doc__ or "").strip().splitlines()[0]
    return first.rstrip(".")


def _events(events: list[CallEvent]) -> str:
    calls: dict[str | None, list[str]] = {}
    for event in events:
        calls.setdefault(event.call_id, []).append(_words(event))
    if len(calls) == 1:
        return ", ".join(next(iter(calls.values())))
    names = iter("ABCDEFGH")
    return "<br>".join(
        f"{'no call' if call_id is None else next(names)}: {', '.join(words)}" for call_id, words in calls.items()
    )


def _words(event: CallEvent) -> str:  # one line for each kind
    kind = f"`{event.event}`"
    match event:
        case Started():
            return f"{kind} {person(event.caller)}"
        case Ringing():
            return f"{kind} {person(event.caller)} → {' '.join(map(person, event.targets))}"
        case RingingStopped():
            return f"{kind} {person(event.target)} {event.reason}"
        case Up():
            return f"{kind} {person(event.caller)} → {person(event.callee)}"
        case Transfer() | TransferFailed():
            targets = " ".join(map(person, event.targets)) or event.exten
            transferee = person(event.transferee) if event.transferee is not None else "nobody"
            return f"{kind} {event.kind}, by {person(event.transferer)}: {transferee} → {targets}"
        case Pickup():
            return f"{kind} by {person(event.by)} of {person(event.caller)}"
        case Forward():
            return f"{kind} by {person(event.by)} to {event.exten}"
        case Hold() | Unhold():
            return f"{kind} by {person(event.by)}"
        case Parked():
            return f"{kind} {person(event.caller)}"
        case Unparked():
            return f"{kind} {person(event.caller)} {event.reason}"
        case Queued():
            return f"{kind} {person(event.caller)}"
        case QueueLeft():
            return f"{kind} {person(event.caller)} {event.reason}"
        case Joined() | Left():
            return f"{kind} {person(event.party)}"
        case UserEvent():
            return f"{kind} {event.name}"
        case Hangup():
            return f"{kind} {event.reason}"
        case _:
            return kind


if __name__ == "__main__":
    TABLE.write_text(table())
