"""Turns a machine into an Rx operator; the one place in the operators that knows `subscribe`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from reactivex import Observable

from cacofonisk.events import Event
from cacofonisk.machine import Chain

if TYPE_CHECKING:
    from reactivex import abc

    from cacofonisk.machine import Emit, Feed, Machine

Operator = Callable[[Observable[Event]], Observable[Event]]
"""The one shape of all operators, except `group_by_uniqueid`."""


def lift(make: Callable[[], Machine]) -> Operator:
    """An operator of a `Machine`: each subscription makes one of its own and feeds it every event.

    ::

        events  -s---u---h-|
        lift(SlowAnswers)          # which emits W before it answers u
        events  -s---(Wu)-h-|

    A machine finishes its thought before the observer hears of it: an observer that raises, or that feeds the
    source anew, never meets a machine in the middle of an event. Either way it hears all of it, in order: what
    follows from an event that it feeds comes behind what it has not yet heard. An exception of the machine itself
    is our bug and goes to `on_error`, behind what was concluded before; one of the observer goes back to whoever
    called, as everywhere in Rx, as soon as nothing is left to be told.
    """

    def operator(source: Observable[Event]) -> Observable[Event]:
        if isinstance(source, _Lifted):
            return source.then(make)
        return _Lifted(source, (make,))

    return operator


class _Lifted(Observable[Event]):
    """What comes out of machines that were lifted one behind the other: they are one chain.

    What a machine concludes, and what it keeps of it, is for the next one as it is at that moment: a list of all
    channels makes the registry conclude several things, each of which is true before the next.
    """

    def __init__(self, source: Observable[Event], makes: tuple[Callable[[], Machine], ...]) -> None:
        super().__init__(self._begin)
        self._source = source
        self._makes = makes

    def then(self, make: Callable[[], Machine]) -> _Lifted:
        """The same with one more machine behind."""
        return _Lifted(self._source, (*self._makes, make))

    def _make(self) -> Machine:
        machines = [make() for make in self._makes]
        return machines[0] if len(machines) == 1 else Chain(*machines)

    def _begin(
        self, observer: abc.ObserverBase[Event], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        machine = self._make()
        thoughts: deque[Event] = deque()  # concluded, and not yet told
        think = thoughts.append
        feed: Feed = machine.into(think) if isinstance(machine, Chain) else machine.feed
        push = observer.on_next
        is_telling = False
        last_word: Callable[[], None] | None = None

        def on_next(event: Event) -> None:
            try:
                passed = feed(event, think)
            except Exception as error:  # noqa: BLE001  # any bug of a machine is told to the observer
                on_error(error)
                return
            if thoughts:
                if passed is not None:
                    think(passed)
                tell()
            elif passed is not None:
                push(passed)

        def on_completed() -> None:
            if last_word is not None:
                return  # the machine has failed
            try:
                machine.finish(think)
            except Exception as error:  # noqa: BLE001  # as above
                on_error(error)
                return
            end(observer.on_completed)

        def on_error(error: Exception) -> None:
            end(partial(observer.on_error, error))

        def end(word: Callable[[], None]) -> None:
            nonlocal feed, last_word
            feed = _hear_nothing
            last_word = last_word or word
            tell()

        def tell() -> None:
            nonlocal is_telling
            if is_telling:
                return  # an observer has fed the source: whoever is telling it goes on
            is_telling = True
            raised: Exception | None = None
            try:
                while thoughts:
                    try:
                        push(thoughts.popleft())
                    except Exception as error:  # noqa: BLE001  # an observer's bug, raised again below
                        raised = raised or error
            finally:
                is_telling = False
            if last_word is not None:
                last_word()
            if raised is not None:
                raise raised

        return self._source.subscribe(on_next, on_error, on_completed, scheduler=scheduler)


def _hear_nothing(_event: Event, _emit: Emit) -> None:
    """What a machine is fed by that has failed."""
