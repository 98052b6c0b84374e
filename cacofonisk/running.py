"""Programs that run until somebody ends them, by Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Self

    from reactivex import Observable
    from reactivex.abc import DisposableBase, ObserverBase


class Signals:
    """While this is entered the first SIGINT or SIGTERM calls `stop`; the second one ends the program at once.

    `exit_status` is what the program should end with then, None while nobody asked. Outside the main thread
    signals are others' business.
    """

    def __init__(self, stop: Callable[[], object]) -> None:
        self.exit_status: int | None = None
        self._stop = stop
        self._before: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        while self._before:
            signal.signal(*self._before.popitem())

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self.exit_status is not None:
            raise SystemExit(128 + number)
        self.exit_status = 128 + number
        self._stop()


def run(stream: Observable[Any], *observers: ObserverBase[Any] | Callable[[Any], None]) -> None:
    """Subscribe to a stream and wait until it ends, or SIGINT or SIGTERM ends it.

    Each observer, such as a sink or a function that takes an event, hears of it. What one raises ends the stream.

    There is an asyncio loop for sources that need one. Where a loop runs already nobody can wait: there a stream must
    end at once, as that of a recording does. A second signal ends the program at once. Raises the stream's error, and
    RuntimeError where it would have to wait but cannot.
    """
    import asyncio

    from reactivex import operators as ops
    from reactivex.subject import Subject

    stopped = Subject[None]()
    errors: list[Exception] = []

    def start(end: Callable[[], None]) -> DisposableBase:
        heard = stream.pipe(ops.take_until(stopped))
        for observer in observers:
            heard = heard.pipe(ops.do_action(observer) if callable(observer) else ops.do(observer))
        return heard.pipe(ops.finally_action(end)).subscribe(on_error=errors.append)

    async def listen() -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def end() -> None:
            loop.call_soon_threadsafe(over.set)

        start(end)
        await over.wait()
        await asyncio.sleep(0)  # sockets are closed in the loop's next turn

    with Signals(lambda: stopped.on_next(None)):
        if _in_a_loop():
            over: list[None] = []
            subscription = start(lambda: over.append(None))
            if not over:
                subscription.dispose()
                raise RuntimeError("an asyncio loop runs here already: subscribe to a live stream instead of run()")
        else:
            asyncio.run(listen())
    if errors:
        raise errors[0]


def _in_a_loop() -> bool:
    import asyncio

    try:
        return asyncio.get_running_loop() is not None
    except RuntimeError:
        return False
