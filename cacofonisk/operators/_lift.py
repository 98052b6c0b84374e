"""Turns a machine into an Rx operator; the one place in the operators that knows `subscribe`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reactivex import Observable

from cacofonisk.events import Event
from cacofonisk.machine import Chain

if TYPE_CHECKING:
    from reactivex import abc

    from cacofonisk.machine import Machine

Operator = Callable[[Observable[Event]], Observable[Event]]
"""The one shape of all operators, except `group_by_uniqueid`."""


def lift(make: Callable[[], Machine]) -> Operator:
    """An operator that feeds every event to a machine of its own per subscription.

    A machine finishes its thought before the observer hears of it: an observer that raises, or that feeds the
    source anew, never meets a machine in the middle of an event. An exception of the machine itself is our bug
    and goes to `on_error`; one of the observer goes back to whoever called, as everywhere in Rx.
    """

    def operator(source: Observable[Event]) -> Observable[Event]:
        def subscribe(
            observer: abc.ObserverBase[Event], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            machine = make()
            thoughts: list[Event] = []
            think = thoughts.append
            feed = machine.into(think) if isinstance(machine, Chain) else machine.feed
            push = observer.on_next

            def on_next(event: Event) -> None:
                try:
                    passed = feed(event, think)
                except Exception as error:  # noqa: BLE001  # any bug of a machine is told to the observer
                    observer.on_error(error)
                    return
                if thoughts:
                    said = thoughts[:]
                    thoughts.clear()
                    for thought in said:
                        push(thought)
                if passed is not None:
                    push(passed)

            def on_completed() -> None:
                try:
                    machine.finish(think)
                except Exception as error:  # noqa: BLE001  # as above
                    observer.on_error(error)
                    return
                for thought in thoughts:
                    push(thought)
                observer.on_completed()

            return source.subscribe(on_next, observer.on_error, on_completed, scheduler=scheduler)

        return Observable(subscribe)

    return operator
