"""What one more operator in a pipe costs: `python benchmarks/operators.py` prints OURS PLAIN MAP in seconds an event.

Pipes of one and of eleven operators that let everything pass are fed in turn; a tenth of the difference is what each
costs. OURS is a machine turned into an operator as all of ours are, PLAIN the shortest operator that can be written
for RxPY, MAP its own `map`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING

from reactivex import Observable
from reactivex import operators as rx
from wire import Tap

from cacofonisk.ami_event import AmiEvent
from cacofonisk.operators._lift import lift

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from reactivex import abc

    from cacofonisk.events import Event
    from cacofonisk.machine import Emit
    from cacofonisk.operators._lift import Operator

ADDED = 10  # operators


class LetPass:
    """A machine that has nothing to say."""

    reads: Container[str] | None = None

    def feed(self, event: Event, _emit: Emit) -> Event | None:
        """Let it pass."""
        return event

    def finish(self, emit: Emit) -> None:
        """Say nothing."""


def plain() -> Operator:
    """The shortest operator that can be written for RxPY."""

    def operator(source: Observable[Event]) -> Observable[Event]:
        def subscribe(
            observer: abc.ObserverBase[Event], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            def on_next(event: Event) -> None:
                observer.on_next(event)

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Observable(subscribe)

    return operator


def seconds(operators: list[Operator], events: int) -> float:
    """How long so many events take through these operators."""
    tap = Tap()
    tap.events.pipe(*operators).subscribe(_forget)
    push = tap.push
    event = AmiEvent({"Event": "Newstate"})
    start = time.perf_counter()
    for _ in range(events):
        push(event)
    return time.perf_counter() - start


def cost(make: Callable[[], Operator], events: int, runs: int) -> float:
    """Seconds an event that one more of these operators costs; the median of some runs."""
    differences = []
    for _ in range(runs):
        few = seconds([make()], events)
        many = seconds([make() for _ in range(1 + ADDED)], events)
        differences.append((many - few) / ADDED / events)
    return statistics.median(differences)


def _forget(_event: Event) -> None:
    pass


def main() -> None:
    """Measure all three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=7)
    args = parser.parse_args()
    makes: list[Callable[[], Operator]] = [lambda: lift(LetPass), plain, lambda: rx.map(_same)]
    print(" ".join(f"{cost(make, args.events, args.runs):.10f}" for make in makes))


def _same(event: Event) -> Event:
    return event


if __name__ == "__main__":
    main()
