"""Call events as JSON lines in a file."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from cacofonisk.errors import SinkError
from cacofonisk.events import CallEvent
from cacofonisk.sinks._json import to_json
from cacofonisk.sinks._sink import Sink
from cacofonisk.sinks.file.lines_file import DiskFullError, LinesFile, unwritable
from cacofonisk.sinks.file.rotation import Compress, OldFiles, Rotation
from cacofonisk.sinks.file.waiting import WaitingLines

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.events import Event
    from cacofonisk.sinks._sink import OnFailure
    from cacofonisk.sinks.file.sighup import Sighup


class FileSink(Sink):
    """Appends a line of JSON per call event, each with one write: who is killed midway leaves whole lines.

    On a full disk up to 10,000 events wait in memory for room; then it ends with an error.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_size: int = 0,
        every: float = 0.0,
        keep: int = 0,
        compress: Compress = "none",
        on_sighup: bool = False,
        clock: Callable[[], float] = time.time,
        on_failure: OnFailure | None = None,
    ) -> None:
        super().__init__(on_failure=on_failure)
        if min(max_size, every, keep) < 0:
            raise SinkError("max_size, every and keep cannot be below 0")
        if compress not in get_args(Compress):
            raise SinkError(f"compress is none or gz, not {compress!r}")
        self.path = os.fspath(path)
        self._rotation = Rotation(max_size=max_size, every=every, keep=keep, compress=compress, clock=clock)
        self._old = OldFiles(Path(self.path), self._rotation)
        self._on_sighup = on_sighup
        self._sighup: Sighup | None = None
        self._file: LinesFile | None = None
        self._lines = WaitingLines(self._put)
        self._modified = 0.0
        self._reopen = False
        self._busy = False
        self._lock = threading.RLock()

    def open(self) -> None:
        """Open the file for appending; raises SinkError."""
        self._open()
        if self._rotation.is_wanted:
            self._old.tidy()
        if self._on_sighup:
            from cacofonisk.sinks.file.sighup import Sighup

            self._sighup = Sighup(self.reopen)

    def write(self, event: Event) -> None:
        """Append a call event; other values pass unseen. Raises SinkError."""
        if isinstance(event, CallEvent) and self._file is not None:
            self._lines.write(to_json(event))

    def flush(self) -> None:
        """Write what waits for room on the disk; raises SinkError."""
        self._lines.flush()

    def _put(self, line: bytes) -> None:
        with self._lock:
            self._busy = True
            try:
                file = self._open() if self._reopen or self._file is None else self._file
                if self._rotation.is_wanted and self._rotation.is_due(file.size, len(line), self._modified):
                    file = self._turn_over()
                file.write(line)
                if self._rotation.every:
                    self._modified = self._rotation.clock()
            finally:
                self._busy = False
            if self._reopen:
                self._open()  # asked for meanwhile

    def reopen(self) -> None:
        """Open the path anew, as after somebody else has renamed the file; for signal handlers, too."""
        self._reopen = True
        # The handler of a signal may come midway in a write, of its own thread or of another: that one does it.
        if not self._lock.acquire(blocking=False):
            return
        try:
            if not self._busy and not self.closed and self._file is not None:
                self._open()
        except DiskFullError:
            pass  # the next event asks again
        except SinkError as error:
            self._fail(error)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the file; old ones are finished first."""
        if self._sighup is not None:
            self._sighup.close()
            self._sighup = None
        if self._file is not None:
            self._file.close()
            self._file = None
        self._old.wait()

    def _open(self) -> LinesFile:
        self._reopen = False
        if self._file is not None:
            self._file.close()  # before: it may be the same one, and ours alone
        try:
            file = self._file = LinesFile(Path(self.path), exclusive=self._rotation.is_wanted)
        except DiskFullError:
            self._reopen = True  # when there is room
            raise
        self._modified = file.modified()
        return file

    def _turn_over(self) -> LinesFile:
        try:
            # Where somebody else has renamed it, there is nothing of ours under this name.
            if self._file is not None and self._file.is_in_place():
                self._old.add()
        except OSError as error:
            raise unwritable(Path(self.path), error) from None
        file = self._open()
        self._old.tidy()
        return file


def file(
    path: str | os.PathLike[str],
    *,
    max_size: int = 0,
    every: float = 0.0,
    keep: int = 0,
    compress: Compress = "none",
    on_sighup: bool = False,
    on_failure: OnFailure | None = None,
) -> FileSink:
    """A sink that appends call events to the file at `path` as JSON lines; raises SinkError if it cannot.

    A new file is begun before one exceeds `max_size` bytes, and `every` so many seconds (0: never); the old one
    gets the time into its name. `keep` is how many old ones there may be (0: all), `compress` gz packs them.
    `on_sighup` opens the path anew at SIGHUP, for which it must be opened in the main thread.
    """
    sink = FileSink(
        path, max_size=max_size, every=every, keep=keep, compress=compress, on_sighup=on_sighup, on_failure=on_failure
    )
    sink.start()  # now, not with the first call: whoever wrote the path learns of a mistake at once
    return sink
