"""When a recorded event is due in a replay at a given speed; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent

if TYPE_CHECKING:
    from cacofonisk.events import Event


class Pace:
    """The seconds between the start of the replay and each event; `speed` 10 is ten times as fast as it was.

    Time that steps back (events of different channels race) is no wait, and no debt. A new recording goes on
    where the one before it ended, however long ago it was made.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._last: float | None = None
        self._due = 0.0

    def next_recording(self) -> None:
        """What follows is of another recording."""
        self._last = None

    def due(self, event: Event) -> float:
        """When the event is due, in seconds after the start."""
        time = event.received if isinstance(event, AmiEvent) else 0.0  # the decoder's: the last sound Timestamp
        if time > 0:
            if self._last is not None and time > self._last:
                self._due += (time - self._last) / self._speed
            self._last = time if self._last is None else max(time, self._last)
        return self._due
