"""When a file has become old, and what happens to old files."""

from __future__ import annotations

import gzip
import logging
import os
import re
import shutil
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Compress = Literal["none", "gz"]
_log = logging.getLogger("cacofonisk.sinks")


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """Turn a file over before it exceeds `max_size` bytes, and `every` so many seconds, counted from midnight UTC.

    `keep` old files are kept (0: all), compressed if so wanted. `clock` gives seconds since 1970.
    """

    max_size: int = 0
    every: float = 0.0
    keep: int = 0
    compress: Compress = "none"
    clock: Callable[[], float]

    @property
    def is_wanted(self) -> bool:
        """Whether files are rotated at all."""
        return bool(self.max_size or self.every)

    def is_due(self, size: int, more: int, modified: float) -> bool:
        """Whether a file of this `size`, last `modified` then, is to be turned over before `more` bytes come."""
        if not size:
            return False
        if self.max_size and size + more > self.max_size:
            return True
        return bool(self.every) and int(self.clock() // self.every) != int(modified // self.every)


class OldFiles:
    """The old files of a path: `calls-20261122T121948.426Z.jsonl` is of `calls.jsonl`.

    In the order of their names they were written, whatever the clock says: one that is behind the last of them, as
    after a start in 1970, goes on from there. They are compressed and deleted in a thread, as that takes long.
    """

    def __init__(self, path: Path, rotation: Rotation) -> None:
        self._path = path
        self._rotation = rotation
        self._pattern = re.compile(
            re.escape(path.stem) + r"-(\d{8}T\d{6}\.\d{3})Z" + re.escape(path.suffix) + r"(\.gz)?(\.tmp)?"
        )
        self._thread: threading.Thread | None = None

    def add(self) -> None:
        """Give the file its old file's name; raises OSError."""
        when = _written(datetime.fromtimestamp(self._rotation.clock(), UTC))
        last = max((self._when(path) for path in self._found()), default="")
        if when <= last:
            when = _written(_read(last) + timedelta(milliseconds=1))
        self._path.rename(self._path.with_name(f"{self._path.stem}-{when}Z{self._path.suffix}"))

    def tidy(self) -> None:
        """Compress and delete what is old, in a thread; what an earlier run has not done is done, too."""
        self.wait()
        self._thread = threading.Thread(target=self._tidy, name="cacofonisk-rotation")
        self._thread.start()

    def wait(self) -> None:
        """Until that is done."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _tidy(self) -> None:
        try:
            self._do_tidy()
        except OSError as error:
            _log.warning("old files of %s cannot be tidied: %s", self._path, error.strerror or error)

    def _do_tidy(self) -> None:
        for path in self._found():
            if path.suffix == ".tmp":
                path.unlink()  # a compression that was killed midway; what it read is still there
        old = self._found()
        if self._rotation.keep:
            for path in old[: -self._rotation.keep]:
                path.unlink()
            old = old[-self._rotation.keep :]
        if self._rotation.compress == "gz":
            for path in old:
                if path.suffix != ".gz":
                    _compress(path)

    def _found(self) -> list[Path]:
        """Oldest first."""
        return sorted((path for path in self._path.parent.iterdir() if self._when(path)), key=lambda path: path.name)

    def _when(self, path: Path) -> str:
        """The time in the name of an old file; of any other nothing."""
        found = self._pattern.fullmatch(path.name)
        return found[1] if found and _is_time(found[1]) else ""


def _written(when: datetime) -> str:
    return when.strftime("%Y%m%dT%H%M%S.%f")[:-3]


def _read(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%S.%f")  # noqa: DTZ007  # as it came: UTC in, UTC out


def _is_time(text: str) -> bool:
    try:
        return _read(text).year < 9999  # there is one after it
    except ValueError:
        return False


def _compress(path: Path) -> None:
    packed = path.with_name(f"{path.name}.gz")
    unfinished = path.with_name(f"{path.name}.gz.tmp")
    with path.open("rb") as lines, unfinished.open("wb") as raw:
        os.fchmod(raw.fileno(), path.stat().st_mode & 0o777)  # as private as it was
        with gzip.GzipFile(path.name, "wb", fileobj=raw) as pack:
            shutil.copyfileobj(lines, pack)
        raw.flush()
        os.fsync(raw.fileno())
    unfinished.rename(packed)
    path.unlink()
