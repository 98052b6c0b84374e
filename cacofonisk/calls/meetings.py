"""Three and more people in one talk: who comes in third or later, and who leaves the others talking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.events import Joined, Left

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.bridges import Bridge
    from cacofonisk.calls.ledger import Ledger
    from cacofonisk.channels import Channel


class Meetings:
    """Keeps who is in a talk of three or more, across all bridges and Local channels that it runs through."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._room: dict[Channel, str] = {}
        """The meeting each person is in, named after the bridge in which it became one."""
        self._moving: dict[Channel, Channel] = {}
        """Persons in meetings that a Local channel is optimised away between, and the channel that moves for it."""

    def __len__(self) -> int:
        """How many people are in meetings, or on the move there."""
        return len(self._room) + len(self._moving)

    def come(self, newcomers: list[Channel], others: list[Channel], bridge: Bridge) -> None:
        """These people come to those, and then they are three or more."""
        room = next((self._room[person] for person in (*others, *newcomers) if person in self._room), bridge.uniqueid)
        for person in others:
            self._room.setdefault(person, room)
        for person in newcomers:
            if person not in self._room:
                self._room[person] = room
                call = self._ledger.call_of(person)
                if call is not None and call.started:
                    count = len(newcomers) + len(others)
                    head = self._ledger.head(call)
                    self._ledger.emit(Joined(**head, party=person.party, room=room, count=count))

    def part(self, some: list[Channel], others: list[Channel]) -> None:
        """These people hear those no more; the lesser part has left, and two make no meeting."""
        if not self._room or any(person in self._moving for person in (*some, *others)):
            return
        leaving, staying = (some, others) if len(some) <= len(others) else (others, some)
        for person in leaving:
            room = self._room.pop(person, None)
            call = self._ledger.call_of(person)
            if room is not None and call is not None and call.started and len(staying) > 1:
                head = self._ledger.head(call)
                self._ledger.emit(Left(**head, party=person.party, room=room, count=len(staying)))
        if len(staying) < 3:
            for person in staying:
                self._room.pop(person, None)

    def optimise(self, event: AmiEvent) -> None:
        """LocalOptimizationBegin: a channel moves to the far bridge of a Local channel, and nobody leaves by that."""
        source = event.channel
        if source is not None and self._room:
            self._moving.update((person, source) for person in source.people() if person in self._room)

    def moved(self, source: Channel) -> None:
        """The channel is where it was to go, or gone."""
        if not self._moving:
            return
        for person in [person for person, mover in self._moving.items() if source in (person, mover)]:
            del self._moving[person]

    def gone(self, person: Channel) -> None:
        """The person is hung up."""
        self._room.pop(person, None)
        self.moved(person)

    def forget(self) -> None:
        """The stream has ended."""
        self._room.clear()
        self._moving.clear()
