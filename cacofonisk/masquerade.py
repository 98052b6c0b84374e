"""Follows masquerades of Asterisk 11 and older, so that every person keeps one identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.ami_v1 import Vocabulary
from cacofonisk.errors import BadPacketError
from cacofonisk.events import Anomaly, SourceEvent

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


class _Server:
    """What is kept of a server that speaks AMI 1.x, by Uniqueid as it says it."""

    def __init__(self) -> None:
        self.named: dict[str, str] = {}
        """The Uniqueid of each channel name."""
        self.person: dict[str, str] = {}
        """Whom a Uniqueid means since a masquerade."""
        self.swapped: dict[str, None] = {}
        """Whose caller id is about to be told because of a masquerade."""

    def __len__(self) -> int:
        return len(self.named) + len(self.person) + len(self.swapped)


class MasqueradeTracker:
    """Swaps the Uniqueids of the two channels of a masquerade in all that comes after it.

    In AMI 1.x (known by a Newchannel without Linkedid, where none had one) the name moves and the Uniqueid stays;
    behind this machine the Uniqueid stays with the person, and packets are said in the words of Asterisk 12 and newer.
    A person who is put elsewhere stays who it is: the caller id that Asterisk tells of it behind the renames may be
    that of the Local channel which gave way, and is left out.
    """

    def __init__(self) -> None:
        self._servers: dict[str, _Server] = {}
        self._modern: dict[str, None] = {}
        """Servers that have said a Linkedid since they were connected: where one lacks, a packet is damaged."""
        self._vocabulary = Vocabulary()

    reads = None

    def feed(self, event: Event, emit: Emit) -> Event | None:
        """Take one event; emit what it says of the persons it is about."""
        if type(event) is AmiEvent:
            if event.name == "Newchannel":
                self._newchannel(event, emit)
            elif event.server in self._servers:
                server = self._servers[event.server]
                if server.swapped and _tells_of_a_swap(event, server):
                    return None
                try:
                    return self._vocabulary.feed(self._follow(event, server), emit)
                except BadPacketError as error:
                    emit(Anomaly.of(event, str(error)))
        elif type(event) is SourceEvent and event.kind in ("connected", "lost"):
            self._forget(event.server)  # who is gone meanwhile, nobody will ever tell
            self._modern.pop(event.server, None)  # and it may be another Asterisk by now
        return event

    def finish(self, emit: Emit) -> None:  # noqa: ARG002  # it has nothing left to say
        """Forget everything."""
        for server in list(self._servers):
            self._forget(server)
        self._modern.clear()

    def __len__(self) -> int:
        """How many names, moves and facts are kept."""
        return sum(map(len, self._servers.values())) + len(self._vocabulary)

    def _newchannel(self, event: AmiEvent, emit: Emit) -> None:
        try:
            if event.get("Linkedid") is not None:
                self._modern[event.server] = None
                if event.server in self._servers:
                    self._forget(event.server)  # it is no AMI 1.x; the header was missing for another reason
            elif event.server not in self._modern:
                name, uniqueid = event["Channel"], event["Uniqueid"]
                self._servers.setdefault(event.server, _Server()).named[name] = uniqueid
        except BadPacketError as error:
            emit(Anomaly.of(event, str(error)))

    def _forget(self, server: str) -> None:
        if self._servers.pop(server, None) is not None:
            self._vocabulary.forget(server)

    def _follow(self, event: AmiEvent, server: _Server) -> AmiEvent:
        """The event with the Uniqueids of persons, and those of channels that it only names."""
        if event.name == "Masquerade":
            return self._masquerade(event, server)
        meant: dict[str, str] = {}
        for header in _UNIQUEIDS:
            uniqueid = event.get(header)
            person = server.person.get(uniqueid) if uniqueid is not None else None
            if person is not None and person != uniqueid:
                meant[header] = person
        if event.name == "Rename":
            server.named.pop(event["Channel"], None)
            server.named[event["Newname"]] = event["Uniqueid"]
        elif event.name == "Hangup":
            server.named.pop(event["Channel"], None)
            server.person.pop(event["Uniqueid"], None)
        elif event.name in _ONLY_NAMED:
            header, name = _ONLY_NAMED[event.name]
            uniqueid = server.named.get(event.get(name) or "")
            if uniqueid is not None:
                meant[header] = server.person.get(uniqueid, uniqueid)
        return _with(event, meant) if meant else event

    def _masquerade(self, event: AmiEvent, server: _Server) -> AmiEvent:
        clone = server.named.get(event["Clone"])
        original = server.named.get(event["Original"])
        if clone is None or original is None:
            raise BadPacketError(f"Masquerade of {event['Clone']} into {event['Original']}, which are not both there")
        person = server.person.get(clone, clone)
        loser = server.person.get(original, original)
        server.person[clone], server.person[original] = loser, person
        server.swapped[original] = None
        return _with(event, {"CloneUniqueid": person, "OriginalUniqueid": loser})


def _tells_of_a_swap(event: AmiEvent, server: _Server) -> bool:
    """Asterisk repeats the caller id of a channel that a masquerade has renamed, before anything else of it."""
    uniqueid = event.get("Uniqueid")
    if uniqueid not in server.swapped or event.name == "Rename":
        return False
    del server.swapped[uniqueid]
    return event.name == "NewCallerid"


def _with(event: AmiEvent, headers: dict[str, str]) -> AmiEvent:
    return AmiEvent({**event.headers, **headers}, server=event.server, received=event.received)
