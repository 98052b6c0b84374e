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
        self._is_ours = threading.current_thread() is threading.main_thread()
        if self._is_ours:
            self._before = signal.signal(signal.SIGHUP, self._handle)

    def close(self) -> None:
        """End it; where somebody came after us they go on, and through us those before."""
        self._what = _nothing
        if self._is_ours and signal.getsignal(signal.SIGHUP) == self._handle:
            signal.signal(signal.SIGHUP, self._before if self._before is not None else signal.SIG_DFL)
        self._is_ours = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._what()
        if callable(self._before):
            self._before(number, frame)


def _nothing() -> None:
    """What remains to be done after the end."""
