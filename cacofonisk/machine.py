"""The machines that rebuild calls: pure classes that are fed events and say what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Protocol

from cacofonisk.ami_event import WANTED, AmiEvent
from cacofonisk.events import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

Emit = Callable[[Event], None]
"""Takes what a machine has to say."""


class Machine(Protocol):
    """Something that is fed one event after the other, emits what it concludes, and answers the event that goes on.

    No Rx, no I/O, no clock, no logger, nothing global: the same events give the same answers, always.
    """

    @property
    def reads(self) -> Container[str] | None:
        """The names of the AMI events that it heeds: all others may pass it by. None: it heeds all."""

    def feed(self, event: Event, emit: Emit) -> Event | None:
        """Take one event; emit what follows from it, then answer it, another in its place, or None to keep it back."""

    def finish(self, emit: Emit) -> None:
        """The stream has ended: emit what was still open."""


class Chain:
    """Several machines in a row as one: what one emits, the next is fed; AMI events go straight to those that read them."""

    reads = None

    def __init__(self, *machines: Machine) -> None:
        self.machines = machines
        self._rest = Chain(*machines[1:]) if machines else None
        self._emit: Emit | None = None
        self._every: list[_Step] = []
        self._unread: list[_Step] = []
        self._reading: dict[str, list[_Step]] = {}

    def feed(self, event: Event, emit: Emit) -> Event | None:
        """Take one event; emit what is concluded from it, and answer the event itself if the last machine does."""
        if emit is not self._emit:
            self._lead(emit)
        for feed, say in self._reading.get(event.name, self._unread) if type(event) is AmiEvent else self._every:
            passed = feed(event, say)
            if passed is None:
                return None
            event = passed
        return event

    def push(self, event: Event, emit: Emit) -> None:
        """Feed one event, and emit it too if it goes on: for who needs no Rx."""
        passed = self.feed(event, emit)
        if passed is not None:
            emit(passed)

    def finish(self, emit: Emit) -> None:
        """End the machines in order, each one's last words passing through those behind it."""
        rest = self._rest
        if rest is not None:
            self.machines[0].finish(lambda event: rest.push(event, emit))
            rest.finish(emit)

    def _lead(self, emit: Emit) -> None:
        """Wire the machines: each by what it is fed, and where it says what it concludes."""
        self._emit = emit
        rest = self._rest
        if rest is None:
            return
        rest._lead(emit)
        machine = self.machines[0]
        step = (machine.feed, lambda event: rest.push(event, emit))
        reads = machine.reads
        self._every = [step, *rest._every]
        self._unread = [step, *rest._unread] if reads is None else rest._unread
        for name in WANTED:
            steps = rest._reading.get(name, rest._unread)
            self._reading[name] = [step, *steps] if reads is None or name in reads else steps

    def __getstate__(self) -> dict[str, object]:
        # Where it leads is wired anew.
        return {**self.__dict__, "_emit": None, "_every": [], "_unread": [], "_reading": {}}


_Step = tuple[Callable[[Event, Emit], "Event | None"], Emit]
