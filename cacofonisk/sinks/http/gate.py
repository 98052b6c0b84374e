"""How many requests a receiver may get at once; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


_LONGEST_SILENCE = 3600.0  # seconds; a mistake of theirs must not silence us for a year


class Waits:
    """Seconds to wait before the next try: from `first` doubling to `most`, shortened by chance by up to half.

    By chance, so that not all who wait for a receiver that comes back knock at the same moment. `random` gives
    numbers from 0 to 1.
    """

    def __init__(self, first: float, most: float, random: Callable[[], float]) -> None:
        self._most = most
        self._first = first
        self._random = random

    def before(self, tries: int) -> float:
        """The wait after so many tries that failed, 1 or more."""
        wait = min(self._first * 2.0 ** min(tries - 1, 60), self._most)
        return wait * (1 - self._random() / 2)


class Gate:
    """Lets `concurrency` requests through at once, one where a receiver fails all the time, none where it said so."""

    def __init__(self, concurrency: int, waits: Waits) -> None:
        self.failures = 0
        self._concurrency = concurrency
        self._waits = waits
        self._opens = 0.0

    @property
    def is_down(self) -> bool:
        """Whether so many requests in a row have failed that it is not chance."""
        return self.failures > self._concurrency

    def limit(self, now: float) -> int:
        """How many requests may be under way."""
        if now < self._opens:
            return 0
        return 1 if self.is_down else self._concurrency

    def next_opening(self, now: float) -> float | None:
        """When it opens, if it is closed."""
        return self._opens if now < self._opens else None

    def succeeded(self) -> None:
        """The receiver answered."""
        self.failures = 0
        self._opens = 0.0

    def failed(self, now: float, retry_after: float | None) -> None:
        """It did not, or asked to be left alone for `retry_after` seconds."""
        self.failures += 1
        if self.is_down:
            self._opens = max(self._opens, now + self._waits.before(self.failures - self._concurrency))
        if retry_after is not None:
            self._opens = max(self._opens, now + min(retry_after, _LONGEST_SILENCE))
