"""What each person is known by: rewrites parties by the user's own directory, and tells of changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import CALL_EVENTS, Anomaly, CallerIdChanged, CallEvent, Party
from cacofonisk.times import rfc3339

if TYPE_CHECKING:
    from cacofonisk.events import Event
    from cacofonisk.machine import Emit

Lookup = Callable[[Party], Party]
"""Answers the party as its user knows it: the same, or a copy with another number, name or code."""

_PARTY_FIELDS = {
    kind: tuple(field.name for field in fields(kind) if "Party" in str(field.type)) for kind in CALL_EVENTS
}


class CallerIdResolver:
    """Tells when a person that has appeared in a call changes number or name, and rewrites parties by a lookup."""

    def __init__(self, lookup: Lookup | None = None) -> None:
        self._lookup = lookup

    reads = frozenset({"NewCallerid"})

    def feed(self, event: Event, emit: Emit) -> Event:
        """Take one event; answer it with its parties as they are to be known."""
        if type(event) is AmiEvent:
            if event.call_id is not None and event.name == "NewCallerid":
                self._changed(event, event.call_id, emit)
        elif self._lookup is not None and isinstance(event, CallEvent):
            return self._rewritten(event, emit)
        return event

    def finish(self, emit: Emit) -> None:
        """Nothing stays open."""

    def _changed(self, event: AmiEvent, call_id: str, emit: Emit) -> None:
        channel, previous = event.channel, event.previous
        if channel is None or previous is None:
            return
        party = channel.party
        if (previous.number, previous.name) != (party.number, party.name):
            time = rfc3339(event.timestamp)
            changed = CallerIdChanged(
                call_id=call_id, server=event.server, time=time, party=party, previous=previous, cause="callerid"
            )
            emit(self._rewritten(changed, emit))

    def _rewritten(self, event: CallEvent, emit: Emit) -> CallEvent:
        """The event as the lookup has its parties; a lookup that fails leaves them and is an anomaly."""
        lookup = self._lookup
        if lookup is None:
            return event
        changes: dict[str, object] = {}
        for name in _PARTY_FIELDS[type(event)]:
            value = getattr(event, name)
            try:
                if isinstance(value, Party):
                    changes[name] = lookup(value)
                elif value:
                    changes[name] = [lookup(party) for party in value]
            except Exception as error:  # noqa: BLE001  # the user's own code must not end the stream
                people = value if isinstance(value, list) else [value]
                # Its words may hold the number, and who withholds it is in no log.
                words = f": {error}" if all(person.is_public for person in people) else ""
                what = f"the lookup of {name} failed: {type(error).__name__}{words}"
                emit(Anomaly(server=event.server, time=event.time, what=what, packet={}))
        return replace(event, **changes) if changes else event  # type: ignore[arg-type]  # the fields' own types
