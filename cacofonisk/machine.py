"""The machines that rebuild calls: pure classes that are fed events and say what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cacofonisk.events import Event

Emit = Callable[[Event], None]
"""Takes what a machine has to say."""


class Machine(Protocol):
    """Something that is fed one event after the other, emits what it concludes, then passes the event on.

    No Rx, no I/O, no clock, no logger, nothing global: the same events give the same answers, always.
    """

    def feed(self, event: Event, emit: Emit) -> None:
        """Take one event; emit what follows from it, then the event itself."""

    def finish(self, emit: Emit) -> None:
        """The stream has ended: emit what was still open."""


class Chain:
    """Several machines in a row as one: what one emits, the next is fed."""

    def __init__(self, *machines: Machine) -> None:
        self.machines = machines
        self._emit: Emit | None = None
        self._entry: Emit | None = None

    def feed(self, event: Event, emit: Emit) -> None:
        """Take one event; emit what comes out of the last machine."""
        if emit is not self._emit or self._entry is None:
            self._emit = emit
            self._entry = self._into(0, emit)
        self._entry(event)

    def finish(self, emit: Emit) -> None:
        """End the machines in order, each one's last words passing through those behind it."""
        for index, machine in enumerate(self.machines):
            machine.finish(self._into(index + 1, emit))

    def _into(self, index: int, emit: Emit) -> Emit:
        for machine in reversed(self.machines[index:]):
            emit = _fed(machine.feed, emit)
        return emit

    def __getstate__(self) -> dict[str, object]:
        return {"machines": self.machines, "_emit": None, "_entry": None}  # where it leads is wired anew


def _fed(feed: Callable[[Event, Emit], None], emit: Emit) -> Emit:
    """Feeds a machine whose words go to `emit`; a closure, which is called faster than a partial."""
    return lambda event: feed(event, emit)
