"""Emits recorded events when they are due by the clock of an Rx scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reactivex.disposable import CompositeDisposable, Disposable, SerialDisposable

from cacofonisk.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reactivex import abc

    from cacofonisk.events import Event
    from cacofonisk.sources._pace import Pace
    from cacofonisk.sources._reading import Stop

_INSTANT = 1e-6  # seconds; schedulers know nothing shorter, so less than that is no wait


class Timed:
    """Emits events when they are due by the clock of an Rx scheduler."""

    def __init__(
        self,
        observer: abc.ObserverBase[Event],
        scheduler: abc.SchedulerBase,
        events: Iterator[Event],
        pace: Pace,
        stop: Stop,
    ) -> None:
        self._observer = observer
        self._scheduler = scheduler
        self._events = events
        self._pace = pace
        self._stop = stop
        self._start = scheduler.now
        self._waiting: Event | None = None
        self._timer = SerialDisposable()

    def start(self) -> abc.DisposableBase:
        """Begin; what is returned ends it."""
        self._timer.disposable = self._scheduler.schedule(self._step)
        return CompositeDisposable(Disposable(self._stop.set), self._timer)

    def _step(self, _scheduler: abc.SchedulerBase, _state: object = None) -> None:
        while not self._stop.is_set:
            try:
                event = self._waiting or next(self._events, None)
            except SourceError as error:
                self._observer.on_error(error)
                return
            if self._stop.is_set:
                return
            if event is None:
                self._observer.on_completed()
                return
            self._waiting = event
            passed = (self._scheduler.now - self._start).total_seconds()
            early = self._pace.due(event) - passed
            if early > _INSTANT:
                self._timer.disposable = self._scheduler.schedule_relative(early, self._step)
                return
            self._waiting = None
            self._observer.on_next(event)
