"""Reads bytes from paths, pipes and open files, in a way that another thread or a signal can stop at once."""

from __future__ import annotations

import io
import math
import os
import select
import stat
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, BinaryIO

from cacofonisk.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 17
_DAY = 86_400.0  # seconds; the system takes no longer waits than some weeks

Readable = str | os.PathLike[str] | BinaryIO


class Stop:
    """Set once, from anywhere; wakes a reader that waits."""

    _read = _write = -1

    def __init__(self) -> None:
        self.is_set = False
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)

    def set(self) -> None:
        """Stop reading and waiting."""
        if not self.is_set:
            self.is_set = True
            os.write(self._write, b"!")

    def wait(self, seconds: float | None = None, readable: int | None = None) -> bool:
        """Wait that many seconds (None: for ever) or until bytes can be read; whether it was stopped."""
        poll = select.poll()  # unlike select, it takes descriptors of any number
        poll.register(self._read, select.POLLIN)
        if readable is not None:
            poll.register(readable, select.POLLIN)
        until = math.inf if seconds is None else monotonic() + seconds
        while not self.is_set:
            left = min(until - monotonic(), _DAY)
            if left <= 0 or poll.poll(math.ceil(left * 1000)):
                break
        return self.is_set

    def __del__(self) -> None:
        # Not earlier: whoever can still call `set` must not write into somebody else's descriptor.
        for end in (self._read, self._write):
            if end >= 0:
                os.close(end)


class Input:
    """One thing to read: a path, `-` for standard input, or an open binary file.

    Raises SourceError, when it is made, for what plainly cannot be read.
    """

    def __init__(self, source: Readable) -> None:
        self._source = source
        self.size = 0  # bytes, 0 where nobody knows
        if source == "-":
            self.name = "standard input"
        elif isinstance(source, (str, os.PathLike)):
            self.name = os.fspath(source)
            self._check(Path(source))
        else:
            self.name = str(getattr(source, "name", "the open file"))

    def read(self, stop: Stop) -> Iterator[bytes]:
        """The bytes in chunks, until the end or until it is stopped."""
        try:
            if self._source == "-":
                yield from self._standard_input(stop)
            elif isinstance(self._source, (str, os.PathLike)):
                with Path(self._source).open("rb", buffering=0) as opened:
                    yield from self._descriptor(opened.fileno(), stop)
            else:
                yield from self._open_file(self._source, stop)
        except OSError as error:
            raise self._unreadable(error) from None

    def _standard_input(self, stop: Stop) -> Iterator[bytes]:
        try:
            descriptor = sys.stdin.fileno()
        except (AttributeError, OSError, ValueError):
            # Somebody put something else in its place: a test, a notebook; or there is none.
            if sys.stdin is None or sys.stdin.closed:
                raise SourceError("standard input is closed: give a file instead of '-'") from None
            yield from self._open_file(sys.stdin.buffer, stop)
        else:
            yield from self._descriptor(descriptor, stop)

    def _open_file(self, source: BinaryIO, stop: Stop) -> Iterator[bytes]:
        read = source.read1 if isinstance(source, io.BufferedReader) else source.read
        while not stop.is_set:
            chunk = read(CHUNK)
            if not isinstance(chunk, bytes):
                raise SourceError(f"{self.name} gives text: open it in binary mode, as in open(path, 'rb')")
            if not chunk:
                return
            yield chunk

    def _descriptor(self, descriptor: int, stop: Stop) -> Iterator[bytes]:
        waits = not stat.S_ISREG(os.fstat(descriptor).st_mode)
        while not stop.is_set:
            if waits and stop.wait(readable=descriptor):
                return
            chunk = os.read(descriptor, CHUNK)
            if not chunk:
                return
            yield chunk

    def _check(self, path: Path) -> None:
        try:
            status = path.stat()
        except OSError as error:
            raise self._unreadable(error) from None
        except ValueError:
            raise SourceError(f"{self.name!r} cannot be a path") from None
        if stat.S_ISDIR(status.st_mode):
            raise SourceError(f"{self.name} is a folder: name the recordings in it")
        if not os.access(path, os.R_OK):
            raise SourceError(f"{self.name} cannot be read: permission denied")
        if stat.S_ISREG(status.st_mode):
            self.size = status.st_size

    def _unreadable(self, error: OSError) -> SourceError:
        if isinstance(error, FileNotFoundError):
            return SourceError(f"{self.name}: no such file")
        return SourceError(f"{self.name} cannot be read: {(error.strerror or str(error)).lower()}")
