"""The end of the pipe: call events get their numbers."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from cacofonisk.events import CallEvent, Hangup

if TYPE_CHECKING:
    from collections.abc import Container

    from cacofonisk.events import Event
    from cacofonisk.machine import Emit


class Numberer:
    """Numbers the events of each call 1, 2, 3 …"""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], int] = {}

    reads: Container[str] = frozenset()

    def feed(self, event: Event, emit: Emit) -> Event:  # noqa: ARG002  # it adds nothing
        """Take one event; number it if it is a call's. One that has another number stays as it is: a copy goes on."""
        if isinstance(event, CallEvent) and event.call_id is not None:
            key = (event.server, event.call_id)
            number = self._last.get(key, 0) + 1
            if type(event) is Hangup:
                self._last.pop(key, None)
            else:
                self._last[key] = number
            if event.sequence != number:
                if event.sequence:
                    event = copy(event)
                event.sequence = number
        return event

    def finish(self, emit: Emit) -> None:
        """Nothing stays open."""

    def __len__(self) -> int:
        """How many calls are being counted."""
        return len(self._last)
