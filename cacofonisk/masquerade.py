"""Follows masquerades of Asterisk 11 and older, so that every person keeps one identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.errors import BadPacketError
from cacofonisk.events import Anomaly

if TYPE_CHECKING:
    from cacofonisk.events import Event
    from cacofonisk.machine import Emit

_UNIQUEIDS = ("Uniqueid", "UniqueID", "DestUniqueID", "Uniqueid1", "Uniqueid2", "TargetUniqueid")


class MasqueradeTracker:
    """Swaps the Uniqueids of the two channels of a masquerade in all that comes after it."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}
        """The Uniqueid as Asterisk says it of each channel name; only AMI 1.x, which has no Linkedid."""
        self._people: dict[tuple[str, str], str] = {}
        """Where a Uniqueid has moved: as Asterisk says it, whom it means."""

    def feed(self, event: Event, emit: Emit) -> None:
        """Take one event; emit it with the Uniqueids of the persons it is about."""
        if type(event) is AmiEvent:
            name = event.name
            if name == "Newchannel":
                if event.get("Linkedid") is None:
                    self._names[event.server, event.get("Channel") or ""] = event.get("Uniqueid") or ""
            elif self._names:
                try:
                    event = self._follow(event)
                except BadPacketError as error:
                    emit(Anomaly.of(event, str(error)))
        emit(event)

    def finish(self, emit: Emit) -> None:  # noqa: ARG002  # it has nothing left to say
        """Forget everything."""
        self._names.clear()
        self._people.clear()

    def __len__(self) -> int:
        """How many names and moves are kept."""
        return len(self._names) + len(self._people)

    def _follow(self, event: AmiEvent) -> AmiEvent:
        server = event.server
        if event.name == "Masquerade":
            clone = self._names.get((server, event["Clone"]))
            original = self._names.get((server, event["Original"]))
            if clone is None or original is None:
                raise BadPacketError(f"Masquerade of {event['Clone']} into {event['Original']}, which are not both there")
            self._swap((server, clone), (server, original))
            return event
        told = self._told(event)
        if event.name == "Rename":
            self._names.pop((server, event["Channel"]), None)
            self._names[server, event["Newname"]] = event["Uniqueid"]
        elif event.name == "Hangup":
            self._names.pop((server, event["Channel"]), None)
            self._people.pop((server, event["Uniqueid"]), None)
        return told

    def _swap(self, one: tuple[str, str], two: tuple[str, str]) -> None:
        self._people[one], self._people[two] = self._people.get(two, two[1]), self._people.get(one, one[1])

    def _told(self, event: AmiEvent) -> AmiEvent:
        """The event as it is, or a copy with the Uniqueids of the persons."""
        moved = {}
        for header in _UNIQUEIDS:
            uniqueid = event.get(header)
            person = self._people.get((event.server, uniqueid)) if uniqueid is not None else None
            if person is not None and person != uniqueid:
                moved[header] = person
        if not moved:
            return event
        return AmiEvent({**event.headers, **moved}, server=event.server, received=event.received)
