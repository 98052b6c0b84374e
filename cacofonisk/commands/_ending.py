"""The end of a stream, by a signal or because its source fails: either way its calls end in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reactivex import Observable
from reactivex.disposable import SingleAssignmentDisposable

from cacofonisk.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import abc

    from cacofonisk.events import Event


class Ending:
    """Completes a stream, for one subscriber, when `end` is called or when its source fails, which is told first."""

    def __init__(self, on_failure: Callable[[SourceError], object]) -> None:
        self._on_failure = on_failure
        self._subscription = SingleAssignmentDisposable()
        self._observer: abc.ObserverBase[Event] | None = None

    def __call__(self, source: Observable[Event]) -> Observable[Event]:
        """The stream that can be ended."""

        def subscribe(
            observer: abc.ObserverBase[Event], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            def fail(error: Exception) -> None:
                if isinstance(error, SourceError):
                    self._on_failure(error)
                    observer.on_completed()
                else:
                    observer.on_error(error)

            self._observer = observer
            self._subscription.disposable = source.subscribe(
                observer.on_next, fail, observer.on_completed, scheduler=scheduler
            )
            return self._subscription

        return Observable(subscribe)

    def end(self) -> None:
        """Take nothing more from the source; the stream is complete."""
        self._subscription.dispose()
        if self._observer is not None:
            self._observer.on_completed()
