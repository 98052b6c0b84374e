"""A file of whole lines, whatever happens to who writes it."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
from typing import TYPE_CHECKING

from cacofonisk.errors import SinkError

if TYPE_CHECKING:
    from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT)
_TAIL = 1 << 16  # bytes that are read at a time to find where the last line begins


class DiskFullError(SinkError):
    """A file cannot be written now, but later perhaps: somebody makes room."""


class LinesFile:
    """An open file to which lines of JSON are appended, each with one write; `size` in bytes.

    What somebody who was killed midway has left of a line is cut off. An `exclusive` one nobody else may open
    so. Raises SinkError where it cannot be opened, DiskFullError where there is no room.
    """

    def __init__(self, path: Path, *, exclusive: bool = False) -> None:
        self.path = path
        self._descriptor = -1
        self._is_regular = True
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            if exclusive:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._is_regular = stat.S_ISREG(os.fstat(self._descriptor).st_mode)
            if self._is_regular:
                self._mend()
            self.size = os.fstat(self._descriptor).st_size
        except OSError as error:
            self.close()
            if isinstance(error, FileNotFoundError):
                raise SinkError(f"{path}: there is no folder {path.parent}; make it first") from None
            if isinstance(error, BlockingIOError):
                raise SinkError(f"{path} is written by another process, and rotated files cannot be shared") from None
            raise self._unwritable(error) from None

    def write(self, line: bytes) -> None:
        """Append a whole line or nothing; raises SinkError, DiskFullError where there is no room."""
        written = 0
        try:
            while written < len(line):
                written += os.write(self._descriptor, line[written:])
        except OSError as error:
            self._take_back(written)
            raise self._unwritable(error) from None
        self.size += len(line)

    def modified(self) -> float:
        """When something was last written to it, in seconds since 1970."""
        return os.fstat(self._descriptor).st_mtime

    def is_in_place(self) -> bool:
        """Whether it still has its name."""
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._descriptor))
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Close it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _unwritable(self, error: OSError) -> SinkError:
        said = unwritable(self.path, error)
        return DiskFullError(str(said)) if self._is_regular and error.errno in _FULL else said

    def _take_back(self, written: int) -> None:
        """Half a line on a disk that is full, if nobody else has written behind it."""
        if written and self._is_regular and os.fstat(self._descriptor).st_size == self.size + written:
            os.ftruncate(self._descriptor, self.size)

    def _mend(self) -> None:
        size = end = os.fstat(self._descriptor).st_size
        tail = b""
        while end > 0 and b"\n" not in tail:
            begin = max(end - _TAIL, 0)
            tail = os.pread(self._descriptor, end - begin, begin) + tail
            end = begin
        torn = tail[tail.rfind(b"\n") + 1 :]
        if not torn:
            return
        if torn.startswith(b'{"event"') and not _is_json(torn):
            os.ftruncate(self._descriptor, size - len(torn))
        else:
            # Whole, or no line of ours: nobody has asked us to delete it.
            os.write(self._descriptor, b"\n")


def unwritable(path: Path, error: OSError) -> SinkError:
    """That it cannot be written, as one clear line."""
    why = "it has reached the largest size that is allowed" if error.errno == errno.EFBIG else error.strerror
    return SinkError(f"{path} cannot be written: {(why or str(error)).lower()}")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
