"""What every sink is: an observer that owns a resource and never lets an error of its own out."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from reactivex import abc

from cacofonisk.errors import CacofoniskError
from cacofonisk.events import Event

if TYPE_CHECKING:
    from typing import Self

OnFailure = Callable[[Exception], None]

_log = logging.getLogger("cacofonisk.sinks")


class Sink(abc.ObserverBase[Event], abc.DisposableBase):
    """Takes events until the stream ends or it is disposed of; subscribe it, as in `calls.subscribe(sink)`.

    To write one, override `write`, and where it owns something `open`, `flush` and `close`. What they raise
    ends this sink alone: it is kept in `error` and told to `on_failure`. So is the error that ended the
    source, kept in `source_error`. Without `on_failure` both are logged. `closed` is true after the end; then
    `undelivered` is how many events are kept somewhere, not lost, and yet have not come where they should.
    `only` holds the classes of the events that it takes, as in `(Transfer, Hangup)`; None is all.
    One whose `write` never waits for anything says so with `never_waits`: it needs no thread of its own.
    """

    never_waits = False
    only: tuple[type, ...] | None = None

    def __init__(self, *, on_failure: OnFailure | None = None) -> None:
        self.error: Exception | None = None
        self.source_error: Exception | None = None
        self.completed = False
        self.undelivered = 0
        self.closed = False
        self._opened = False
        self._is_over = False
        self._waiting: list[Callable[[], None]] = []
        self._end_taken, self._failure_taken = threading.Lock(), threading.Lock()  # by the first, of whatever thread
        self.on_failure = on_failure or self._log_failure

    def open(self) -> None:
        """Get hold of the resource; called once, before the first event."""

    def write(self, event: Event) -> None:
        """Take one event."""
        raise NotImplementedError

    def flush(self) -> None:
        """Hand on what is still held back."""

    def close(self) -> None:
        """Give the resource back; called once, also after an error."""

    def start(self) -> None:
        """Open it now rather than with the first event; raises what `open` raises."""
        if not self._opened and not self.closed:
            self._opened = True
            self.open()

    def on_next(self, value: Event) -> None:
        """Take one event; never raises."""
        if self.closed or (self.only is not None and not isinstance(value, self.only)):
            return
        try:
            if not self._opened:
                self.start()
            self.write(value)
        except Exception as error:  # noqa: BLE001  # whatever a sink raises must not reach the source
            self._fail(error)

    def on_error(self, error: Exception) -> None:
        """The source failed: everything is flushed and closed, and the error told."""
        if not self.closed:
            self.source_error = error
            self._end(flush=True)
            self.on_failure(error)

    def on_completed(self) -> None:
        """The stream has ended: everything is flushed and closed."""
        if not self.closed:
            self.completed = True
            try:
                self.start()  # an empty stream leaves an empty file, not none
            except Exception as error:  # noqa: BLE001  # as above
                self._fail(error)
            self._end(flush=True)

    def dispose(self) -> None:
        """Flush and close it before the stream ends."""
        self._end(flush=True)

    async def aclose(self) -> None:
        """Flush and close it in a thread: the event loop goes on meanwhile. Its subscription must have ended."""
        await asyncio.to_thread(self.dispose)

    def when_closed(self, tell: Callable[[], None]) -> None:
        """Have `tell` called when it has been flushed and closed, by whomever and in whatever thread."""
        self._waiting.append(tell)

    async def wait_closed(self) -> None:
        """Until it has been flushed and closed, by whomever."""
        loop = asyncio.get_running_loop()
        over = loop.create_future()

        def finish() -> None:
            if not over.done():
                over.set_result(None)

        def tell() -> None:
            loop.call_soon_threadsafe(finish)

        self.when_closed(tell)
        try:
            if self._is_over:
                return
            await over
        finally:
            self._waiting.remove(tell)

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.dispose()

    def _end(self, *, flush: bool) -> None:
        if not self._end_taken.acquire(blocking=False):
            return
        self.closed = True
        for last in (self.flush, self.close) if flush else (self.close,):
            try:
                if self._opened:
                    last()
            except Exception as error:  # noqa: BLE001  # as above
                self._fail(error)
        self._is_over = True
        for tell in self._waiting[:]:
            tell()

    def _fail(self, error: Exception) -> None:
        # A reader that had enough is no failure.
        counts = not isinstance(error, BrokenPipeError) and self._failure_taken.acquire(blocking=False)
        if counts:
            self.error = error  # before: who is told of the end looks here
        self._end(flush=False)
        if counts:
            self.on_failure(error)

    def _log_failure(self, error: Exception) -> None:
        whose = "the source" if error is self.source_error else f"the sink {type(self).__name__}"
        # A SinkError is one clear line; for anything else, a bug, whoever looks for it needs to know where.
        _log.error("%s failed: %s", whose, error, exc_info=None if _is_clear(error) else error)


def _is_clear(error: Exception) -> bool:
    return isinstance(error, (CacofoniskError, OSError))


def is_in_loop() -> bool:
    """Whether whoever calls is called by a running event loop, which must not wait."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
