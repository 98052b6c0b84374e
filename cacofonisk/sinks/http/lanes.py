"""Which letters may be sent next; pure."""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cacofonisk.sinks.http.letter import Letter


class Lanes:
    """Letters in lanes, one for each call: of a lane nothing is sent before what stands in front of it is settled.

    `take` gives up to `batch` letters that may go together; what becomes of them is told by `settled`, `again`
    or `apart`. `held` is how many letters are in here, those on their way included.
    """

    def __init__(self, batch: int = 1) -> None:
        self.held = 0
        self._batch = batch
        self._lanes: dict[bytes, deque[Letter]] = {}
        self._ready: deque[bytes] = deque()
        self._later: list[tuple[float, int, list[Letter], int]] = []
        self._delays = 0

    def add(self, letter: Letter) -> None:
        """A letter that stands behind all others of its lane."""
        self.held += 1
        lane = self._lanes.get(letter.lane)
        if lane is None:
            lane = self._lanes[letter.lane] = deque()
            self._ready.append(letter.lane)
        lane.append(letter)

    def resume(self, batch: list[Letter]) -> None:
        """Letters that an earlier run has sent together: to be sent so again, before all others of their lanes."""
        self.held += len(batch)
        self._lanes.update((lane, deque()) for lane in _lanes_of(batch))
        self.again(batch, 0, 0.0)

    def take(self, now: float) -> tuple[list[Letter], int] | None:
        """What to send now and how often it was tried before, or None."""
        if self._later and self._later[0][0] <= now:
            _, _, batch, tries = heapq.heappop(self._later)
            return batch, tries
        batch = []
        while self._ready and len(batch) < self._batch:
            lane = self._lanes[self._ready[0]]
            if lane[0].alone and batch:
                break
            self._ready.popleft()
            batch.append(lane.popleft())
            if batch[0].alone:
                break
            while lane and len(batch) < self._batch and not lane[0].alone:
                batch.append(lane.popleft())
        batch.sort(key=lambda letter: letter.number)  # as they would be found again after a restart
        return (batch, 0) if batch else None

    def settled(self, batch: Sequence[Letter]) -> None:
        """They need not be sent any more: what stands behind them may go."""
        self.held -= len(batch)
        for lane in _lanes_of(batch):
            if self._lanes[lane]:
                self._ready.append(lane)
            else:
                del self._lanes[lane]

    def again(self, batch: list[Letter], tries: int, due: float) -> None:
        """They are to be sent again, the same ones together, when it is `due`."""
        self._delays += 1
        heapq.heappush(self._later, (due, self._delays, batch, tries))

    def apart(self, batch: Sequence[Letter]) -> None:
        """One of them is refused, nobody knows which: they are to be sent one by one."""
        for letter in reversed(batch):
            letter.alone = True
            self._lanes[letter.lane].appendleft(letter)
        self._ready.extendleft(reversed(_lanes_of(batch)))

    def next_due(self) -> float | None:
        """When the first of those that wait for another try is due."""
        return self._later[0][0] if self._later else None


def _lanes_of(batch: Sequence[Letter]) -> list[bytes]:
    return list(dict.fromkeys(letter.lane for letter in batch))
