"""What stands between a connection that is always read and subscribers that may be slow."""

from __future__ import annotations

import logging
from collections import deque
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

    from cacofonisk.events import Event

    Batch = list[Event]

_SLICE = 0.01  # seconds of delivering before the loop may read again
_log = logging.getLogger("cacofonisk.sources")


class Buffer:
    """Takes events at once and hands them on in order: now while nothing waits, else in turns of the event loop.

    It holds up to `limit` bytes as they came from the wire. When it is full, new packets are dropped until it
    is half empty; then `gap(count)` gives the event that stands in their place.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        push: Callable[[Event], None],
        gap: Callable[[int], Event],
        limit: int,
    ) -> None:
        self.dropped = 0
        """Packets that were dropped, over all its life."""
        self._loop = loop
        self._push = push
        self._gap = gap
        self._limit = limit
        self._batches: deque[tuple[int, Iterator[Event]]] = deque()
        self._size = 0
        self._missing = 0
        self._timer: asyncio.Handle | None = None
        self._held: list[tuple[int, Batch]] | None = None
        self._closed = False

    def put(self, events: Batch, size: int) -> None:
        """Take events that were `size` bytes on the wire."""
        if self._closed:
            return
        if self._size + size > (self._limit // 2 if self._missing else self._limit):
            self._missing += len(events)
            self.dropped += len(events)
            self._schedule()
            return
        self._size += size
        if self._held is not None:
            self._held.append((size, events))
            return
        self.tell_gap()
        self._batches.append((size, iter(events)))
        if len(self._batches) == 1:  # nobody waits, and no subscriber is being handed something
            self._deliver_until(perf_counter() + _SLICE)
        self._schedule()

    def put_surely(self, event: Event) -> None:
        """Take an event that is never dropped."""
        if not self._closed:
            self.tell_gap()
            self._batches.append((0, iter((event,))))
            self._schedule()

    def hold(self) -> None:
        """Hold back what comes from now on; drop what was held back before."""
        if self._held is not None:
            self._size -= sum(size for size, _ in self._held)
        self._held = []

    def release(self, first: Event) -> None:
        """Hand on this event and behind it what was held back, which is of the same server."""
        if self._closed:
            return
        held, self._held = self._held or [], None
        self._batches.append((0, iter((first,))))
        self.tell_gap()
        for size, events in held:
            for event in events:
                event.server = first.server
            self._batches.append((size, iter(events)))
        self._schedule()

    def tell_gap(self) -> None:
        """If packets are missing, say so before whatever comes next."""
        if self._missing and self._held is None:  # else it is said when somebody knows of which server they are
            missing, self._missing = self._missing, 0
            self._batches.append((0, iter((self._gap(missing),))))

    @property
    def waits(self) -> bool:
        """Whether something is left to hand on when the event loop has its turn."""
        return bool(self._batches)

    def flush(self) -> None:
        """Hand on all that is left."""
        self.tell_gap()
        self._deliver_until(inf)

    def close(self) -> None:
        """Drop what is left and hand on no more."""
        self._closed = True
        self._batches.clear()
        self._held = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        drained = self._missing and self._held is None and self._size <= self._limit // 2
        if self._timer is None and (self._batches or drained) and not self._closed:
            self._timer = self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        self._timer = None
        self._deliver_until(perf_counter() + _SLICE)
        if self._size <= self._limit // 2:
            self.tell_gap()
        self._schedule()

    def _deliver_until(self, end: float) -> None:
        """Hand on one event after the other, until all are or time is up: a slow one does not stop the reading."""
        batches = self._batches
        while batches and not self._closed:
            size, events = batches[0]
            for event in events:  # goes on where it was left
                try:
                    self._push(event)
                except Exception:  # noqa: BLE001  # whatever it is, it is logged whole
                    # A subscriber's bug must neither end the connection nor lose the events behind this one.
                    _log.exception("a subscriber of an AMI source raised an exception; the source goes on")
                if self._closed or perf_counter() > end:
                    return
            batches.popleft()
            self._size -= size
