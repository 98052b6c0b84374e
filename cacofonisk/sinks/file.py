"""Call events as JSON lines in a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cacofonisk.errors import SinkError
from cacofonisk.events import CallEvent
from cacofonisk.sinks._encode import to_json
from cacofonisk.sinks._output import write_all
from cacofonisk.sinks._sink import Sink

if TYPE_CHECKING:
    from cacofonisk.events import Event
    from cacofonisk.sinks._sink import OnFailure


class FileSink(Sink):
    """Appends a line of JSON per call event, each with one write: who is killed midway leaves whole lines."""

    def __init__(self, path: str | os.PathLike[str], *, on_failure: OnFailure | None = None) -> None:
        super().__init__(on_failure=on_failure)
        self.path = os.fspath(path)
        self._descriptor = -1

    def open(self) -> None:
        """Open the file for appending; raises SinkError."""
        path = Path(self.path)
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise SinkError(f"{path}: there is no folder {path.parent}; make it first") from None
            raise self._unwritable(error) from None
        if self._is_torn():
            write_all(self._descriptor, b"\n")  # a line that a full disk cut off stays alone

    def write(self, event: Event) -> None:
        """Append a call event; other values pass unseen. Raises SinkError."""
        if isinstance(event, CallEvent):
            try:
                write_all(self._descriptor, to_json(event))
            except OSError as error:
                raise self._unwritable(error) from None

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _is_torn(self) -> bool:
        try:
            size = os.lseek(self._descriptor, 0, os.SEEK_END)
            return size > 0 and os.pread(self._descriptor, 1, size - 1) != b"\n"
        except OSError:
            return False  # a pipe or a device has no last byte to look at

    def _unwritable(self, error: OSError) -> SinkError:
        return SinkError(f"{self.path} cannot be written: {(error.strerror or str(error)).lower()}")


def file(path: str | os.PathLike[str], *, on_failure: OnFailure | None = None) -> FileSink:
    """A sink that appends call events to the file at `path` as JSON lines; raises SinkError if it cannot."""
    sink = FileSink(path, on_failure=on_failure)
    sink.start()  # now, not with the first call: whoever wrote the path learns of a mistake at once
    return sink
