"""Writes what a source gives into a recording that `sources.file` reads."""

from __future__ import annotations

import gzip
import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import orjson

from cacofonisk.ami_event import AmiEvent
from cacofonisk.errors import SourceError
from cacofonisk.events import SourceEvent
from cacofonisk.sources._framing import MAX_PACKET

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from cacofonisk.events import Event

_END = b"\r\n\r\n"
_PORTION = 1 << 18  # bytes that are packed at a time at the most
_OFTEN = 1.0  # seconds


class Recorder:
    """Appends to the file at `path`: raw bytes if its name ends in .ami, else JSON lines; packed if in .gz.

    Whole lines (or packets) only, each handed to the system at once, packed ones every second in a gzip member
    of their own: so what is on disk can be replayed, whatever killed the program. An error while writing ends
    the recording and is told to `on_failure`; what was written by half is taken back. A file that it has made and
    not written to, since nobody was let in, is none when it is closed. Raises SourceError if the file cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], *, on_failure: Callable[[SourceError], None]) -> None:
        self.path = os.fspath(path)
        self.error: SourceError | None = None
        self.packets = 0
        name = self.path.removesuffix(".gz")
        self.raw = name.endswith(".ami")
        self._packed = name != self.path
        self.on_failure = on_failure
        self._tail = bytearray()  # what came of a packet whose end did not
        self._skipping = False  # that packet is too large
        self._server = ""  # of which the last line is
        self._waiting = bytearray()
        self._due = 0.0
        self._is_closed = False
        self._is_made = not Path(path).exists()
        try:
            self._file = Path(path).open("ab", buffering=0)  # noqa: SIM115  # closed by close()
            if self._file.tell() and not self._packed and not self.raw:
                self._file.write(b"\n")  # a line that a full disk cut off stays alone
        except OSError as error:
            raise self._failed(error) from None

    def take(self, event: Event) -> None:
        """Write an event of the source as a line of JSON; nothing where raw bytes are written."""
        if self.raw or self._is_closed or self.error is not None:
            return
        if isinstance(event, AmiEvent):
            self._write(_line(event) if event.server == self._server else _turn(event.server) + _line(event))
        elif isinstance(event, SourceEvent):
            self._write(_marker(event))
        else:
            return
        self._server = event.server

    def begin_bytes(self) -> Callable[[bytes], None]:
        """A new connection: what the last one left of a packet is torn. Answers `take_bytes`, for the bytes of it."""
        self._tail.clear()
        self._skipping = False
        return self.take_bytes

    def take_bytes(self, data: bytes) -> None:
        """Write the bytes of a connection, up to the end of the last whole packet; not what is too large for one."""
        if not self.raw or self._is_closed or self.error is not None:
            return
        tail = self._tail
        known = max(0, len(tail) - len(_END) + 1)  # before this no end begins
        tail += data
        if self._skipping:
            end = tail.find(_END, known)
            self._skipping = end < 0
            del tail[: end + len(_END) if end >= 0 else -(len(_END) - 1)]
            known = 0
        end = tail.rfind(_END, known)
        if end >= 0:
            self._write(bytes(tail[: end + len(_END)]))
            del tail[: end + len(_END)]
        if len(tail) > MAX_PACKET:
            self._skipping = True
            del tail[: -(len(_END) - 1)]

    def flush(self) -> None:
        """Hand everything to the system."""
        if self._waiting and not self._is_closed and self.error is None:
            data = gzip.compress(bytes(self._waiting), 6, mtime=0)
            self._waiting.clear()
            self._put(data)
        self._due = monotonic() + _OFTEN

    def close(self) -> None:
        """Write what is left and close the file; what comes later is not written."""
        self.flush()
        with suppress(OSError):
            if self._is_made and Path(self.path).stat().st_size == 0:
                Path(self.path).unlink()
        self._file.close()
        self._is_closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, data: bytes) -> None:
        self.packets += 1
        if not self._packed:
            self._put(data)
            return
        self._waiting += data
        if len(self._waiting) >= _PORTION or monotonic() >= self._due:
            self.flush()

    def _put(self, data: bytes) -> None:
        written = 0
        try:
            while written < len(data):
                written += self._file.write(memoryview(data)[written:])
        except OSError as error:
            if written:
                self._take_back(written)
            self.error = self._failed(error)
            self.on_failure(self.error)

    def _take_back(self, size: int) -> None:
        with suppress(OSError):  # a pipe, or a disk that is gone: who replays it goes on behind what is torn
            self._file.truncate(self._file.tell() - size)

    def _failed(self, error: OSError) -> SourceError:
        return SourceError(f"{self.path} cannot be written: {(error.strerror or str(error)).lower()}")


def _line(event: AmiEvent) -> bytes:
    headers = event.recorded
    try:
        return orjson.dumps(headers, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        # Bytes that were no UTF-8: Python's own writer escapes them so that they can be read again as they were.
        return json.dumps(headers).encode() + b"\n"


def _turn(server: str) -> bytes:
    """What stands between the lines of one server and those of another."""
    return orjson.dumps({"Source": "server", "Server": server}, option=orjson.OPT_APPEND_NEWLINE)


def _marker(event: SourceEvent) -> bytes:
    time = datetime.fromisoformat(event.time).timestamp()
    marker = {"Source": event.kind, "Server": event.server, "Time": f"{time:.6f}", "Detail": event.detail}
    if event.kind in ("connected", "gap") and not event.takes_stock:
        marker["TakesStock"] = "no"
    return orjson.dumps(marker, option=orjson.OPT_APPEND_NEWLINE)
