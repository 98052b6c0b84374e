"""Keeps a slow sink from holding up everybody else."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from cacofonisk.errors import SinkError
from cacofonisk.sinks._sink import Sink

if TYPE_CHECKING:
    from cacofonisk.events import Event
    from cacofonisk.sinks._sink import OnFailure

_PATIENCE = 5.0  # seconds without progress that closing waits for it


class ApartSink(Sink):
    """Feeds another sink from a thread of its own; where that falls behind by `most` events, it ends with an error.

    When the other sink ends, by whatever, this one does so too, at once.

    For a sink whose `write` may take long, beside a live source, which must not wait.
    """

    never_waits = True

    def __init__(self, sink: Sink, *, most: int = 100_000, on_failure: OnFailure | None = None) -> None:
        super().__init__(on_failure=on_failure or sink.on_failure)
        self.sink = sink
        sink.on_failure = lambda _: None  # it is told here, once
        self._most = most
        self._events: deque[Event] = deque()
        self._changed = threading.Condition()
        self._written = 0
        self._ending = False
        self._failing = False  # it is not waited for: whoever calls must not be held up
        self._thread = threading.Thread(target=self._run, name=f"cacofonisk-{type(sink).__name__}", daemon=True)

        sink.when_closed(self._wake)

    def open(self) -> None:
        """Open the other sink, here and now; raises what it raises."""
        self.sink.start()
        self._thread.start()

    def write(self, event: Event) -> None:
        """Take an event; raises SinkError if the other sink is too slow."""
        with self._changed:
            if len(self._events) >= self._most and not self.sink.closed:
                self._failing = True
                raise self._blame("is too slow")
            self._events.append(event)
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until the other sink has had all events; raises SinkError if it does not get on."""
        with self._changed:
            while self._events and not self.sink.closed:
                written = self._written
                if not self._changed.wait_for(lambda: self._written > written or self.sink.closed, _PATIENCE):  # noqa: B023  # called at once
                    self._failing = True
                    raise self._blame("is stuck")

    def close(self) -> None:
        """Close the other sink."""
        with self._changed:
            self._ending = True
            self._events.clear()  # of one that failed; of any other `flush` has left none
            self._changed.notify_all()
        if self._thread.ident is None:
            self.sink.dispose()
        self._join()

    def dispose(self) -> None:
        """Flush and close both, also where they are about to end by themselves."""
        super().dispose()
        self._join()

    def _join(self) -> None:
        if self._thread.ident not in (None, threading.get_ident()) and not self._failing:
            self._thread.join()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _blame(self, what: str) -> SinkError:
        error = SinkError(f"{type(self.sink).__name__} {what}: {len(self._events)} events wait for it")
        self.sink.error = error  # who made it looks there
        return error

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._events or self._ending or self.sink.closed)
                if self._ending or self.sink.closed:
                    break
                event = self._events[0]
            self.sink.on_next(event)
            with self._changed:
                if self._events:
                    self._events.popleft()
                self._written += 1
                self._changed.notify_all()
        if self.completed:
            self.sink.on_completed()
        else:
            self.sink.dispose()
        # Said here, as the next event may be hours away.
        if self.sink.error is not None:
            self._fail(self.sink.error)
        else:
            self._end(flush=False)
