"""SIGHUP for programs that run until somebody ends them: it opens files anew, and ends nothing but a terminal's own."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from cacofonisk.sinks.file.sighup import Sighup

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self


class UnmovedBySighup:
    """While this is entered SIGHUP does not end the program; `ended` is called where its terminal is gone.

    A service is sent SIGHUP to open its files anew, whether it has any or not. A program in a terminal hears it when
    that is closed, and then nobody is there any more to end it. Under nohup it stays ignored.
    """

    def __init__(self) -> None:
        self.ended: Callable[[], object] | None = None
        self._terminals = [number for number in range(3) if os.isatty(number)]
        self._sighup: Sighup | None = None

    def __enter__(self) -> Self:
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            self._sighup = Sighup(self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        if self._sighup is not None:
            self._sighup.close()

    def _heard(self) -> None:
        if self._terminals and not any(map(os.isatty, self._terminals)) and self.ended is not None:
            self.ended()
