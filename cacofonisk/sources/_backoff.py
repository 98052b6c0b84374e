"""How long to wait before the next try; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Backoff:
    """Waits that double from `first` to `most` seconds, each shortened by chance by up to half.

    By chance, so that many clients of a PBX that comes back do not all knock at the same moment. `random`
    gives numbers from 0 to 1.
    """

    def __init__(self, first: float, most: float, random: Callable[[], float]) -> None:
        self._first = first
        self._most = most
        self._random = random
        self._next = first

    def wait(self) -> float:
        """Seconds to wait now; the next wait is longer."""
        now = min(self._next, self._most)
        self._next = min(now * 2, self._most)
        return now * (1 - self._random() / 2)

    def reset(self) -> None:
        """It went well: begin anew."""
        self._next = self._first
