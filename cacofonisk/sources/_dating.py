"""Gives a time to what begins a recording; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import Anomaly, SourceEvent
from cacofonisk.times import rfc3339

if TYPE_CHECKING:
    from cacofonisk.events import Event
    from cacofonisk.sources._tape import Tape

_NEVER = rfc3339(0)


class Dating:
    """Lists and greetings have no Timestamp: those that begin a recording happened when its first event did."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._is_done = tape.time > 0
        self._undated: list[Event] = []

    def feed(self, events: list[Event], *, last: bool = False) -> list[Event]:
        """Take the next events; those whose time is known, `last` says that no more come."""
        if self._is_done:
            return events
        self._undated += events
        if not last and all(map(_is_undated, events)):
            return []
        self._is_done = True
        for event in self._undated:
            if not isinstance(event, AmiEvent):
                if isinstance(event, Anomaly | SourceEvent) and event.time == _NEVER:
                    event.time = rfc3339(self._tape.first)
            elif event.received <= 0:
                event.received = self._tape.first
        return self._undated


def _is_undated(event: Event) -> bool:
    """It never has a Timestamp: what the source says itself, FullyBooted, the items of a list."""
    if isinstance(event, AmiEvent):
        return event.name == "FullyBooted" or event.headers.get("ActionID") is not None
    return isinstance(event, SourceEvent)
