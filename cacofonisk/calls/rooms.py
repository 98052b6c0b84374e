"""Conference rooms: people come and go, and nobody calls anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cacofonisk.events import Joined, Left

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.calls.ledger import Ledger
    from cacofonisk.channels import Channel

Room = tuple[str, str, str]
"""Server, Uniqueid of the bridge, name."""


class Door(NamedTuple):
    """Where a channel in a room leads to, and the people who are there by it."""

    room: Room
    people: dict[Channel, None]


class Rooms:
    """Says who comes into a room and who leaves it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._doors: dict[Channel, Door] = {}
        """The channels in rooms: persons, and Local halves by which others are there."""
        self._inside: dict[Channel, Door] = {}
        """The people in rooms, each with its door."""
        self._count: dict[Room, int] = {}
        self._given: dict[Channel, Room] = {}
        """Who hung up without leaving its room: somebody has its place, and a transfer will say who."""

    def __len__(self) -> int:
        """How many channels, people, rooms and places given away are known."""
        return len(self._doors) + len(self._inside) + len(self._count) + len(self._given)

    def enter(self, event: AmiEvent) -> None:
        """BridgeEnter: into a room, or to a Local half that leads into one."""
        channel, bridge = event.channel, event.bridge
        if channel is None or bridge is None:
            return
        if bridge.room:
            self._open(channel, (event.server, bridge.uniqueid, bridge.room))
        elif self._doors:
            self._look([channel, *bridge.channels])

    def exit(self, event: AmiEvent) -> None:
        """BridgeLeave: out of a room, or away from a Local half that leads into one."""
        channel, bridge = event.channel, event.bridge
        if channel is None or bridge is None or not self._doors:
            return
        if channel in self._doors and bridge.room:
            self.gone(channel)
        else:
            self._look([channel, *bridge.channels])

    def join(self, event: AmiEvent) -> None:
        """ConfbridgeJoin: who takes another's place in a room gets no BridgeEnter; who calls only later gets one."""
        room = (event.server, event["BridgeUniqueid"], event["Conference"])
        call = self._ledger.call_of(event.channel)
        if event.channel is not None and call is not None and call.started:
            self._open(event.channel, room)

    def give_up(self, transferer: Channel) -> Room | None:
        """An attended transfer into a room: the transferer leaves it, and answers which; not every Asterisk says so."""
        door = self._doors.get(transferer)
        self.gone(transferer)
        return door.room if door is not None else self._given.get(transferer)

    def take_place(self, transferee: Channel, room: Room) -> None:
        """The transferee comes in instead."""
        if transferee not in self._doors:
            self._open(transferee, room)

    def leave(self, event: AmiEvent) -> None:
        """ConfbridgeLeave: it may come after the Hangup, and then says nothing new."""
        if event.channel is not None:
            self.gone(event.channel)

    def gone(self, channel: Channel) -> None:
        """The channel is in no room any longer."""
        door = self._doors.pop(channel, None)
        if door is not None:
            for person in list(door.people):
                self._go(person)
        elif channel in self._inside:
            self._go(channel)

    def hung_up(self, channel: Channel) -> bool:
        """Hangup: answers whether it has given its place to somebody of whom a transfer will tell."""
        self.gone(channel)
        place = channel.place
        if place is None or not place.room:
            return False
        self._given[channel] = (channel.server, place.uniqueid, place.room)
        return True

    def ended(self, event: AmiEvent) -> list[Channel]:
        """ConfbridgeEnd: nobody has a place in it; answers who gave one away and is waited for no longer."""
        ended = (event.server, event.get("BridgeUniqueid"))
        return self.told(*(channel for channel, room in self._given.items() if room[:2] == ended))

    def told(self, *transferers: Channel | None) -> list[Channel]:
        """Those of them who gave their places away are waited for no longer."""
        given = [channel for channel in transferers if channel is not None and channel in self._given]
        for channel in given:
            del self._given[channel]
        return given

    def untold(self, server: str) -> list[Channel]:
        """Packets were missed: those of whom perhaps no transfer will tell are waited for no longer."""
        return self.told(*(channel for channel in self._given if channel.server == server))

    def nobody_left(self, server: str, channels: Iterable[Channel]) -> list[Channel]:
        """If of these channels only such are left as gave their places away, nobody has one: none is waited for."""
        if self._given and all(channel in self._given for channel in channels if channel.server == server):
            return self.untold(server)
        return []

    def forget(self) -> None:
        """The stream has ended."""
        self._given.clear()
        self._doors.clear()
        self._inside.clear()
        self._count.clear()

    def _open(self, channel: Channel, room: Room) -> None:
        if channel not in self._doors and (channel.is_person or channel.is_local):
            door = self._doors[channel] = Door(room, {})
            for person in channel.people():
                self._come(person, door)

    def _look(self, channels: list[Channel]) -> None:
        """The bridge of these channels has changed: whoever is behind a door now is in its room."""
        for channel in _far_ends(channels):
            door = self._doors.get(channel)
            if door is None:
                continue
            people = channel.people()
            for person in [person for person in door.people if person not in people]:
                self._go(person)
            for person in people:
                self._come(person, door)

    def _come(self, person: Channel, door: Door) -> None:
        if person in self._inside:
            return
        self._inside[person] = door
        door.people[person] = None
        room = door.room
        count = self._count[room] = self._count.get(room, 0) + 1
        call = self._ledger.call_of(person)
        if call is not None and call.started:
            self._ledger.emit(Joined(**self._ledger.head(call), party=person.party, room=room[2], count=count))

    def _go(self, person: Channel) -> None:
        room, people = self._inside.pop(person)
        del people[person]
        count = self._count[room] = self._count[room] - 1
        if not count:
            del self._count[room]
        call = self._ledger.call_of(person)
        if call is not None and call.started:
            self._ledger.emit(Left(**self._ledger.head(call), party=person.party, room=room[2], count=count))


def _far_ends(channels: list[Channel]) -> list[Channel]:
    """The Local halves behind which these channels are, over pairs and bridges of talks, each once."""
    halves = dict.fromkeys(channel for channel in channels if channel.is_local)
    ends: list[Channel] = []
    crossed = list(halves)
    for half in crossed:  # grows while we cross from bridge to bridge
        end = half.pair
        if end is None:
            continue
        ends.append(end)
        for channel in end.bridge.channels if end.bridge is not None and end.bridge.is_talk else ():
            if channel.is_local and channel is not end and channel not in halves:
                halves[channel] = None
                crossed.append(channel)
    return ends
