"""SIGHUP, which tells a program to open its files anew."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


class Sighup:
    """Calls `what` at each SIGHUP until it is closed, and whoever was called at SIGHUP before.

    Only the main thread may do so: in another one nothing happens.
    """

    def __init__(self, what: Callable[[], None]) -> None:
        self._what = what
        self._before: signal._HANDLER = None
        if _may():
            self._before = signal.signal(signal.SIGHUP, self._handle)

    def close(self) -> None:
        """End it; where somebody came after us they go on, and through us those before."""
        self._what = _nothing
        if _may():
            self._let_go()

    def _let_go(self) -> None:
        if signal.getsignal(signal.SIGHUP) == self._handle:
            signal.signal(signal.SIGHUP, self._before if self._before is not None else signal.SIG_DFL)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._what is _nothing:
            # It was closed in another thread, where signals cannot be let go.
            self._let_go()
        self._what()
        if callable(self._before):
            self._before(number, frame)
        elif self._what is _nothing:
            signal.raise_signal(number)


def _may() -> bool:
    return threading.current_thread() is threading.main_thread()


def _nothing() -> None:
    """What remains to be done after the end."""
