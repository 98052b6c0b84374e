"""The machines that rebuild calls: pure classes that are fed events and say what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Protocol, TypeVar

from cacofonisk.ami_event import WANTED, AmiEvent
from cacofonisk.events import Event
from cacofonisk.transfer_fact import TransferFact

if TYPE_CHECKING:
    from collections.abc import Sequence

Emit = Callable[[Event], None]
"""Takes what a machine has to say."""

Feed = Callable[[Event, Emit], "Event | None"]
"""Takes an event and answers the one that goes on, None if none does; what follows from it is emitted."""

Kind = TypeVar("Kind")


class Machine(Protocol):
    """Something that is fed one event after the other, emits what it concludes, and answers the event that goes on.

    No Rx, no I/O, no clock, no logger, nothing global: the same events give the same answers, always.
    """

    @property
    def reads(self) -> Container[str] | None:
        """The names of the AMI events that it heeds: all others may pass it by. None: it heeds all."""

    def feed(self, event: Event, emit: Emit) -> Event | None:
        """Take one event; emit what follows from it, then answer it, another in its place, or None to keep it back.

        An AMI event in another's place has its name: one of another name is emitted.
        """

    def finish(self, emit: Emit) -> None:
        """The stream has ended: emit what was still open."""


class Chain:
    """Several machines in a row as one: what one emits, the next is fed.

    `keeps_ami` says whether AMI events and transfer facts come out in the end, as all other events do.
    """

    reads = None

    def __init__(self, *machines: Machine, keeps_ami: bool = True) -> None:
        self.machines = machines
        self._keeps_ami = keeps_ami
        self._emit: Emit | None = None
        self._stretch: _Stretch | None = None

    def into(self, emit: Emit) -> Feed:
        """How to feed it, when all that it concludes goes to the same place."""
        return _Stretch(self.machines, emit, keeps_ami=self._keeps_ami).feed

    def feed(self, event: Event, emit: Emit) -> Event | None:
        """Take one event; emit what is concluded from it, and answer the event itself if the last machine does."""
        self._emit = emit
        if self._stretch is None:
            self._stretch = _Stretch(self.machines, self._say, keeps_ami=self._keeps_ami)
        return self._stretch.feed(event, self._say)

    def push(self, event: Event, emit: Emit) -> None:
        """Feed one event, and emit it too if it goes on: for who needs no Rx."""
        passed = self.feed(event, emit)
        if passed is not None:
            emit(passed)

    def finish(self, emit: Emit) -> None:
        """End the machines in order, each one's last words passing through those behind it."""
        for index, machine in enumerate(self.machines):
            machine.finish(_Stretch(self.machines[index + 1 :], emit, keeps_ami=self._keeps_ami).take)

    def find(self, kind: type[Kind]) -> Kind:
        """The machine of this kind, to look into; raises LookupError where there is none."""
        for machine in self.machines:
            if isinstance(machine, kind):
                return machine
        raise LookupError(f"there is no {kind.__name__} in this pipe")

    def _say(self, event: Event) -> None:
        if self._emit is not None:
            self._emit(event)

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_emit": None, "_stretch": None}  # where it leads is wired anew


_Step = tuple[Feed, Emit]
_NAMES = 1000  # names of AMI events whose readers are remembered; Asterisk has fewer


class _Stretch:
    """The last machines of a chain; every AMI event goes straight to those that read it."""

    __slots__ = ("_emit", "_every", "_keeps_ami", "_reading", "_reads", "_rest")

    def __init__(self, machines: Sequence[Machine], emit: Emit, *, keeps_ami: bool) -> None:
        self._emit = emit
        self._keeps_ami = keeps_ami
        self._every: list[_Step] = []  # what a machine is fed by, and where its conclusions go
        self._reading: dict[str, list[_Step]] = {}
        self._reads: Container[str] | None = None
        self._rest: _Stretch | None = None
        if machines:
            machine, rest = machines[0], _Stretch(machines[1:], emit, keeps_ami=keeps_ami)
            self._every = [(machine.feed, rest.take), *rest._every]
            self._reads, self._rest = machine.reads, rest
        for name in WANTED:
            self.steps(name)

    def feed(self, event: Event, _emit: Emit) -> Event | None:
        """Let it pass the machines, as far as it gets."""
        is_ami = type(event) is AmiEvent
        if type(event) is AmiEvent:
            known = self._reading.get(event.name)
            steps = known if known is not None else self.steps(event.name)
        else:
            steps = self._every
        for feed, emit in steps:
            passed = feed(event, emit)
            if passed is None:
                return None
            event = passed
        if (is_ami or type(event) is TransferFact) and not self._keeps_ami:
            return None
        return event

    def steps(self, name: str) -> list[_Step]:
        """Those of the machines that read AMI events of this name."""
        steps = self._reading.get(name)
        if steps is None:
            steps = [] if self._rest is None else self._rest.steps(name)
            if self._every and (self._reads is None or name in self._reads):
                steps = [self._every[0], *steps]
            if len(self._reading) < _NAMES:
                self._reading[name] = steps
        return steps

    def take(self, event: Event) -> None:
        """The same, and emit it in the end."""
        passed = self.feed(event, self._emit)
        if passed is not None:
            self._emit(passed)
