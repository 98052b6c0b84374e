"""The end of the pipe: call events get their numbers, what was only needed on the way is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import CallEvent, Hangup
from cacofonisk.transfer_fact import TransferFact

if TYPE_CHECKING:
    from cacofonisk.events import Event
    from cacofonisk.machine import Emit


class Numberer:
    """Numbers the events of each call 1, 2, 3 … and drops AMI events and transfer facts, unless they are to be kept."""

    def __init__(self, *, keep_ami: bool = False) -> None:
        self._keep_ami = keep_ami
        self._last: dict[tuple[str, str], int] = {}

    reads = None

    def feed(self, event: Event, emit: Emit) -> Event | None:  # noqa: ARG002  # it adds nothing
        """Take one event; number it or drop it."""
        kind = type(event)
        if kind is AmiEvent or kind is TransferFact:
            return event if self._keep_ami else None
        if isinstance(event, CallEvent) and event.call_id is not None:
            key = (event.server, event.call_id)
            event.sequence = self._last.get(key, 0) + 1
            if kind is Hangup:
                self._last.pop(key, None)
            else:
                self._last[key] = event.sequence
        return event

    def finish(self, emit: Emit) -> None:
        """Nothing stays open."""

    def __len__(self) -> int:
        """How many calls are being counted."""
        return len(self._last)
