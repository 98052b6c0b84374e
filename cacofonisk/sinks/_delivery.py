"""Feeds several sinks from one subscription."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from reactivex import Observable, abc
from reactivex.disposable import Disposable, SingleAssignmentDisposable

from cacofonisk.sinks._apart import ApartSink
from cacofonisk.sinks._sink import is_in_loop

if TYPE_CHECKING:
    from cacofonisk.events import Event
    from cacofonisk.sinks._sink import Sink


class Delivery(abc.DisposableBase):
    """One subscription that feeds several sinks: each gets every event, and one that fails harms no other.

    The sinks are opened when it starts, flushed and closed when the stream ends or the delivery is disposed
    of. Where an event loop runs, which must not wait, sinks that may have to wait do so in threads of their
    own; elsewhere a slow sink slows the source down. When all sinks are closed the subscription ends, where an
    event loop runs at once.
    `completed` is true after a normal end, `error` holds what ended the source.
    """

    def __init__(self, *sinks: Sink) -> None:
        self.sinks = sinks
        self.error: Exception | None = None
        self.completed = False
        self._taking = self._fed = list(sinks)
        self._subscription = SingleAssignmentDisposable()

    def start(self, events: Observable[Event], scheduler: abc.SchedulerBase | None = None) -> None:
        """Open the sinks and subscribe; raises what a sink raises that cannot be opened."""
        if is_in_loop():
            self._taking = self._fed = [sink if sink.never_waits else ApartSink(sink) for sink in self.sinks]
            loop = asyncio.get_running_loop()
            for sink in self._fed:
                sink.when_closed(lambda: self._look_in(loop))
        try:
            for sink in self._fed:
                sink.start()
        except Exception:
            self.dispose()
            raise

        def subscribe(
            _observer: abc.ObserverBase[None], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            # Within a subscription a source that emits at once has not begun when `subscribe` returns: so
            # whoever disposes midway (a signal, a sink that had enough) has something to dispose of.
            self._subscription.disposable = events.subscribe(
                self._on_next, self._on_error, self._on_completed, scheduler=scheduler
            )
            return Disposable()

        Observable[None](subscribe).subscribe(scheduler=scheduler)

    def stop(self) -> None:
        """End the subscription, touch no sink: for a signal handler, which may interrupt one that writes."""
        self._subscription.dispose()

    def dispose(self) -> None:
        """End the subscription; every sink is flushed and closed."""
        self._subscription.dispose()
        for sink in self._fed:
            sink.dispose()

    async def aclose(self) -> None:
        """The same in a thread: the event loop goes on meanwhile."""
        self._subscription.dispose()
        await asyncio.to_thread(self.dispose)

    async def wait_closed(self) -> None:
        """Until every sink has been flushed and closed."""
        await asyncio.gather(*(sink.wait_closed() for sink in self._fed))

    def _on_next(self, event: Event) -> None:
        for sink in self._taking:
            sink.on_next(event)
            if sink.closed:
                self._look()

    def _look(self) -> None:
        """Let go of sinks that have ended; without any the subscription ends."""
        self._taking = [sink for sink in self._taking if not sink.closed]
        if not self._taking:
            self._subscription.dispose()

    def _look_in(self, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(RuntimeError):  # the loop has ended, and all subscriptions with it
            loop.call_soon_threadsafe(self._look)

    def _on_error(self, error: Exception) -> None:
        self.error = error
        for sink in self._taking:
            sink.dispose()

    def _on_completed(self) -> None:
        self.completed = True
        for sink in self._taking:
            sink.on_completed()
