"""Plays a timeline through operators in virtual time, and records what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Literal

from reactivex import Observable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from cacofonisk.testing.timeline import MarbleError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reactivex import abc
    from reactivex.typing import AbsoluteTime


MOMENTS = 10_000
"""At how many moments behind the last note something may be due before it is taken for endless."""


@dataclass(slots=True, frozen=True)
class Note:
    """What happens at a frame: a value comes, an error, or the end."""

    frame: int
    kind: Literal["next", "error", "completed"]
    value: Any = None


@dataclass(slots=True)
class Recording:
    """What an observer saw; `streams` are recordings of the streams among the values, by position."""

    notes: list[Note] = field(default_factory=list)
    streams: dict[int, Recording] = field(default_factory=dict)

    def record(self, source: Observable[Any], scheduler: _Frames) -> abc.DisposableBase:
        """Subscribe and write down what comes; a stream that comes is recorded from the same moment."""

        def on_next(value: Any) -> None:
            if isinstance(value, Observable):
                inner = self.streams[len(self.notes)] = Recording()
                self.notes.append(Note(scheduler.frame, "next", value))
                inner.record(value, scheduler)
            else:
                self.notes.append(Note(scheduler.frame, "next", value))

        def on_error(error: Exception) -> None:
            self.notes.append(Note(scheduler.frame, "error", error))

        def on_completed() -> None:
            self.notes.append(Note(scheduler.frame, "completed"))

        return source.subscribe(on_next, on_error, on_completed, scheduler=scheduler)


def play(
    notes: Sequence[Note],
    *operators: Callable[[Any], Any],
    subscribe: int = 0,
    unsubscribe: int | None = None,
) -> Recording:
    """Play notes through operators, one frame a second of virtual time, until nothing is to be done any more.

    Parameters:
        notes: what the source does; it is hot, so what comes before `subscribe` is lost.
        operators: what the source is piped through.
        subscribe: the frame at whose start the observer subscribes.
        unsubscribe: the frame at whose start it unsubscribes; operators that never stop need it.

    Raises:
        MarbleError: it unsubscribes before it subscribes, or an operator never stops.
    """
    if unsubscribe is not None and unsubscribe < subscribe:
        raise MarbleError(f"unsubscribes at frame {unsubscribe}, before it subscribes at frame {subscribe}")
    scheduler = _Frames()
    source: Subject[Any] = Subject()
    recording = Recording()
    subscriptions: list[abc.DisposableBase] = []
    pipe: Observable[Any] = source.pipe(*operators)

    scheduler.at(subscribe, lambda: subscriptions.append(recording.record(pipe, scheduler)))
    if unsubscribe is not None:
        scheduler.at(unsubscribe, lambda: [subscription.dispose() for subscription in subscriptions])
    for note in notes:
        scheduler.at(note.frame, partial(_give, source, note))
    scheduler.run()
    return recording


class _Frames(VirtualTimeScheduler):
    """Virtual time that starts before frame 0, since a scheduler does not run what is due when it starts.

    Its own `start` moves the clock when much is due at once.
    """

    def __init__(self) -> None:
        super().__init__(-1.0)
        self._due: list[float] = []

    @property
    def frame(self) -> int:
        return int(self.clock) if isinstance(self.clock, float) else 0

    def at(self, frame: int, action: Callable[[], object]) -> None:
        def run(scheduler: abc.SchedulerBase, state: object = None) -> None:  # noqa: ARG001  # as Rx calls it
            action()

        self.schedule_absolute(float(frame), run)

    def schedule_absolute(
        self, duetime: AbsoluteTime, action: abc.ScheduledAction[Any], state: Any = None
    ) -> abc.DisposableBase:
        heappush(self._due, self.to_seconds(duetime))
        return super().schedule_absolute(duetime, action, state)

    def run(self) -> None:
        """Do all that is to be done, and what follows from it."""
        last = max(self._due)
        late = 0
        while self._due:
            due = heappop(self._due)
            if due <= self.clock:
                continue
            late += due > last
            if late > MOMENTS:
                raise MarbleError("something is still to be done long after the last frame: unsubscribe (!) at its end")
            self.advance_to(due)


def _give(source: Subject[Any], note: Note) -> None:
    if note.kind == "next":
        source.on_next(note.value)
    elif note.kind == "error":
        source.on_error(note.value)
    else:
        source.on_completed()
