"""What each person is known by: rewrites parties by the user's own directory, and tells of changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import CALL_EVENTS, Anomaly, CallerIdChanged, CallEvent, Hangup, Party
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
        self._calls: dict[tuple[str, str], dict[str, Party]] = {}
        """Who has appeared in each call, by Uniqueid, as the PBX knows them."""
        self._call_of: dict[tuple[str, str], str] = {}

    def feed(self, event: Event, emit: Emit) -> None:
        """Take one event; emit the call event with its parties as they are to be known."""
        if isinstance(event, CallEvent):
            if event.call_id is not None:
                self._note(event, event.call_id)
            if self._lookup is not None:
                event = self._rewritten(event, emit)
            emit(event)
            if type(event) is Hangup and event.reason != "transferred":
                self._forget(event)
            return
        if type(event) is AmiEvent and event.name == "NewCallerid" and event.channel is not None:
            self._changed(event, event.channel.party, emit)
        emit(event)

    def finish(self, emit: Emit) -> None:
        """Nothing stays open."""

    def __len__(self) -> int:
        """How many people are kept."""
        return len(self._call_of) + len(self._calls)

    def _note(self, event: CallEvent, call_id: str) -> None:
        key = (event.server, call_id)
        people = self._calls.setdefault(key, {})
        merged = getattr(event, "merged_call_id", None)
        if merged is not None:
            moved = self._calls.pop((event.server, merged), {})
            people.update(moved)
            self._call_of.update(((event.server, uniqueid), call_id) for uniqueid in moved)
        for party in _parties(event):
            people[party.uniqueid] = party
            self._call_of[event.server, party.uniqueid] = call_id

    def _forget(self, event: Hangup) -> None:
        for uniqueid in self._calls.pop((event.server, event.call_id or ""), {}):
            self._call_of.pop((event.server, uniqueid), None)

    def _changed(self, event: AmiEvent, party: Party, emit: Emit) -> None:
        call_id = self._call_of.get((event.server, party.uniqueid))
        if call_id is None:
            return
        people = self._calls[event.server, call_id]
        previous = people[party.uniqueid]
        people[party.uniqueid] = party
        if (previous.number, previous.name) == (party.number, party.name):
            return
        changed = CallerIdChanged(
            call_id=call_id,
            server=event.server,
            time=rfc3339(event.timestamp),
            party=party,
            previous=previous,
            cause="callerid",
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
                what = f"the lookup of {name} failed: {type(error).__name__}: {error}"
                emit(Anomaly(server=event.server, time=event.time, what=what, packet={}))
        return replace(event, **changes) if changes else event  # type: ignore[arg-type]  # the fields' own types


def _parties(event: CallEvent) -> list[Party]:
    parties: list[Party] = []
    for name in _PARTY_FIELDS[type(event)]:
        value = getattr(event, name)
        if isinstance(value, Party):
            parties.append(value)
        elif value:
            parties += value
    return parties
