"""Room on a disk that is kept for the moment when there is no other."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_WHOLE = 4 << 20  # bytes
_LEAST = 1 << 18  # bytes; if not even this can be had, what there is is left for the log of deliveries


class Reserve:
    """A file that holds up to half of what is free, 4 MiB at most, until it is given up; `size` in bytes.

    One that an earlier run has left is taken over.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self.size = self._path.stat().st_size if self._path.exists() else 0

    @property
    def is_whole(self) -> bool:
        """Whether it need not grow."""
        return self.size >= _WHOLE

    def make(self) -> None:
        """Take what the disk can spare; that it has nothing to spare is no error."""
        if self.is_whole:
            return
        try:
            disk = os.statvfs(self._path.absolute().parent)
            wanted = min((disk.f_bavail * disk.f_frsize + self.size) // 2, _WHOLE)
            if wanted < _LEAST or (wanted < 2 * self.size and wanted < _WHOLE):
                return
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(os.urandom(wanted - self.size))  # zeros might take no room at all
        except OSError:  # somebody else was quicker, or there is a quota
            self.give_up()
        else:
            self.size = wanted

    def give_up(self) -> None:
        """Let its room be used."""
        self.size = 0
        with contextlib.suppress(OSError):  # such a disk cannot be written at all: whoever needs the room will say so
            self._path.unlink(missing_ok=True)
