"""Conference rooms: people come and go, and nobody calls anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.events import Joined, Left

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.calls.ledger import Ledger
    from cacofonisk.channels import Channel


class Rooms:
    """Says who comes into a room and who leaves it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._room: dict[Channel, tuple[str, str, str]] = {}
        """The room that each channel is in: server, bridge, name."""
        self._behind: dict[Channel, Channel] = {}
        """The Local half by which a person is in a room."""
        self._people: dict[tuple[str, str, str], dict[Channel, Channel]] = {}
        """Who is in each room: the channel there, the person behind it."""

    def __len__(self) -> int:
        """How many people are in rooms."""
        return len(self._room) + len(self._behind) + len(self._people)

    def join(self, event: AmiEvent) -> None:
        """ConfbridgeJoin: a person, perhaps behind a Local half, comes in."""
        channel = event.channel
        person = channel.person() if channel is not None else None
        call = self._ledger.call_of(person)
        if channel is None or person is None or call is None or not call.started or channel in self._room:
            return
        self._enter(channel, person, (event.server, event["BridgeUniqueid"], event["Conference"]))

    def enter(self, event: AmiEvent) -> None:
        """BridgeEnter: into a room that is known; the ConfbridgeJoin may have come before the Newchannel."""
        channel, bridge = event.channel, event.bridge
        if channel is None or bridge is None or bridge.kind != "base" or channel in self._room:
            return
        person = channel.person()
        room = next((room for room in self._people if room[:2] == (event.server, bridge.uniqueid)), None)
        if person is not None and room is not None:
            self._enter(channel, person, room)

    def hand_over(self, transferer: Channel, transferee: Channel) -> None:
        """An attended transfer into a room: the place changes hands, and not every Asterisk says so."""
        room = self._room.get(transferer)
        if room is not None and transferee not in self._room:
            self.gone(transferer)
            self._enter(transferee, transferee, room)

    def leave(self, event: AmiEvent) -> None:
        """ConfbridgeLeave: it may come after the Hangup, and then says nothing new."""
        if event.channel is not None:
            self.gone(event.channel)

    def gone(self, channel: Channel) -> None:
        """The channel is in no room any longer."""
        channel = self._behind.pop(channel, channel)
        room = self._room.pop(channel, None)
        if room is None:
            return
        person = self._people[room].pop(channel)
        self._behind.pop(person, None)
        count = len(self._people[room])
        if not count:
            del self._people[room]
        call = self._ledger.call_of(person)
        if call is not None and call.started:
            head = self._ledger.head(call)
            self._ledger.emit(Left(**head, party=person.party, room=room[2], count=count))

    def _enter(self, channel: Channel, person: Channel, room: tuple[str, str, str]) -> None:
        self._room[channel] = room
        self._people.setdefault(room, {})[channel] = person
        if person is not channel:
            self._behind[person] = channel
        call = self._ledger.call_of(person)
        if call is not None and call.started:
            head = self._ledger.head(call)
            count = len(self._people[room])
            self._ledger.emit(Joined(**head, party=person.party, room=room[2], count=count))

    def forget(self) -> None:
        """The stream has ended."""
        self._room.clear()
        self._behind.clear()
        self._people.clear()
