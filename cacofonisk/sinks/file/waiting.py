"""Lines that wait in memory for room on a full disk."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING

from cacofonisk.errors import SinkError
from cacofonisk.sinks.file.lines_file import DiskFullError

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("cacofonisk.sinks")

_MOST = 10_000  # lines that wait
_PAUSE = 1.0  # seconds before the disk is asked again


class WaitingLines:
    """Puts lines in their order; those for which there is no room wait, up to 10,000, until a later one finds some.

    That they do, and that they are written, is said once.
    """

    def __init__(self, put: Callable[[bytes], None]) -> None:
        self._put = put
        self._lines: deque[bytes] = deque()
        self._full: DiskFullError | None = None
        self._again = 0.0

    def write(self, line: bytes) -> None:
        """Put it, behind those that wait; raises SinkError where it cannot be, or too many wait."""
        if self._full is None:
            try:
                self._put(line)
            except DiskFullError as error:
                _log.error("%s; events wait in memory", error)  # one line: it is no bug of ours
                self._full = error
                self._lines.append(line)
                self._again = time.monotonic() + _PAUSE
            return
        self._lines.append(line)
        if time.monotonic() >= self._again:
            self._try()
        if len(self._lines) > _MOST:
            raise self._lost(self._full)

    def flush(self) -> None:
        """Put all that wait, now or never; raises SinkError."""
        if self._full is not None:
            self._try()
        if self._full is not None:
            raise self._lost(self._full)

    def _try(self) -> None:
        try:
            while self._lines:
                self._put(self._lines[0])
                self._lines.popleft()
        except DiskFullError as error:
            self._full = error
            self._again = time.monotonic() + _PAUSE
            return
        self._full = None
        _log.warning("there is room again: the events that waited are written")

    def _lost(self, error: DiskFullError) -> SinkError:
        return SinkError(f"{error}; {len(self._lines)} events were not written")
