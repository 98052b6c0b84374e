"""Follows masquerades of Asterisk 11 and older, so that every person keeps one identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.ami_v1 import Vocabulary
from cacofonisk.errors import BadPacketError
from cacofonisk.events import Anomaly

if TYPE_CHECKING:
    from cacofonisk.events import Event
    from cacofonisk.machine import Emit

_UNIQUEIDS = (
    "Uniqueid",
    "UniqueID",
    "DestUniqueID",
    "Uniqueid1",
    "Uniqueid2",
    "TargetUniqueid",
    "BridgedChannel",
)

_ONLY_NAMED = {
    "AgentCalled": ("DestinationUniqueid", "DestinationChannel"),
    "UnParkedCall": ("RetrieverUniqueid", "From"),
}
"""Packets that give a channel by its name only: the header to add, the one that has the name."""


class MasqueradeTracker:
    """Swaps the Uniqueids of the two channels of a masquerade in all that comes after it.

    In AMI 1.x (known by its Newchannel without Linkedid) the name moves and the Uniqueid stays; behind this
    machine the Uniqueid stays with the person, and packets are said in the words of Asterisk 12 and newer.
    """

    def __init__(self) -> None:
        self._named: dict[tuple[str, str], str] = {}
        """The Uniqueid, as Asterisk says it, of each channel name."""
        self._person: dict[tuple[str, str], str] = {}
        """Whom a Uniqueid means since a masquerade, by the Uniqueid as Asterisk says it."""
        self._vocabulary = Vocabulary()

    def feed(self, event: Event, emit: Emit) -> None:
        """Take one event; emit what it says of the persons it is about."""
        if type(event) is AmiEvent and (self._named or event.name == "Newchannel"):
            try:
                if event.name != "Newchannel":
                    self._vocabulary.feed(self._follow(event), emit)
                    return
                if event.get("Linkedid") is None:
                    self._named[event.server, event["Channel"]] = event["Uniqueid"]
            except BadPacketError as error:
                emit(Anomaly.of(event, str(error)))
        emit(event)

    def finish(self, emit: Emit) -> None:  # noqa: ARG002  # it has nothing left to say
        """Forget everything."""
        self._named.clear()
        self._person.clear()
        self._vocabulary.forget()

    def __len__(self) -> int:
        """How many names, moves and facts are kept."""
        return len(self._named) + len(self._person) + len(self._vocabulary)

    def _follow(self, event: AmiEvent) -> AmiEvent:
        """The event with the Uniqueids of persons, and those of channels that it only names."""
        if event.name == "Masquerade":
            return self._masquerade(event)
        server = event.server
        meant: dict[str, str] = {}
        for header in _UNIQUEIDS:
            uniqueid = event.get(header)
            person = self._person.get((server, uniqueid)) if uniqueid is not None else None
            if person is not None and person != uniqueid:
                meant[header] = person
        if event.name == "Rename":
            self._named.pop((server, event["Channel"]), None)
            self._named[server, event["Newname"]] = event["Uniqueid"]
        elif event.name == "Hangup":
            self._named.pop((server, event["Channel"]), None)
            self._person.pop((server, event["Uniqueid"]), None)
        elif event.name in _ONLY_NAMED:
            header, name = _ONLY_NAMED[event.name]
            uniqueid = self._named.get((server, event.get(name) or ""))
            if uniqueid is not None:
                meant[header] = self._person.get((server, uniqueid), uniqueid)
        return _with(event, meant) if meant else event

    def _masquerade(self, event: AmiEvent) -> AmiEvent:
        server = event.server
        clone = self._named.get((server, event["Clone"]))
        original = self._named.get((server, event["Original"]))
        if clone is None or original is None:
            raise BadPacketError(f"Masquerade of {event['Clone']} into {event['Original']}, which are not both there")
        person = self._person.get((server, clone), clone)
        loser = self._person.get((server, original), original)
        self._person[server, clone], self._person[server, original] = loser, person
        return _with(event, {"CloneUniqueid": person, "OriginalUniqueid": loser})


def _with(event: AmiEvent, headers: dict[str, str]) -> AmiEvent:
    return AmiEvent({**event.headers, **headers}, server=event.server, received=event.received)
