"""Letters on disk until their receiver has taken them: an SQLite file that one process at a time may fill."""

from __future__ import annotations

import os
import sqlite3
import threading
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cacofonisk.sinks.http.database import PAGE, connect, count, is_full, lock, said, transaction
from cacofonisk.sinks.http.letter import Letter
from cacofonisk.sinks.http.reserve import Reserve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LETTER = "SELECT id, lane, body, queued_at, number FROM letter"
_SPARE = 16  # pages of a database that SQLite may want for its own
_BRIEFLY = 0.1  # seconds to wait for one while whoever feeds the sink waits
_OFTEN = 1000  # rows that changed after which the log is copied into the database
_LONG = 30_000  # pages of a log that must not grow on, even if all have to wait for a moment

Fate = tuple[int, float, int, str]
"""Of a letter that died: its number, when (seconds since 1970), the status and the reason."""


class Outbox:
    """An open outbox; who has it open holds a lock, and no other process can have it.

    What `put` and `settle` have stored outlives this process, however it ends: it is the kernel's. It outlives the
    machine's power once `sync` has returned. `after`, `batches` and `count` are not for several threads at once,
    nor is `tidy`; the others are. Raises SinkError where it cannot be opened.

    The log can always be copied into the database, also on a full disk: letters are stored only as long as the
    reserve has room for what the database is to grow by. Then it is empty, and what was delivered can be struck out.
    """

    def __init__(self, path: str | os.PathLike[str], *, max_size: int = 0) -> None:
        self.path = Path(path)
        self._lock = lock(self.path)
        self._log = -1
        self._connections: list[sqlite3.Connection] = []
        self._writing = threading.Lock()
        self._copying = threading.Lock()
        self._tidied = 0
        self._grown = 0  # bytes by which letters have made the database grow, log included, at most
        self._copied = 0  # of these, that are surely in the database itself
        try:
            with said(self.path):
                self._reserve = Reserve(f"{self.path}.reserve")
                try:
                    self._open(max_size)
                except sqlite3.Error as error:
                    if not is_full(error):
                        raise
                    self._reserve.give_up()
                    self._open(max_size)
                self._reserve.make()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close it and let others have it."""
        self._close_files()
        os.close(self._lock)

    def _close_files(self) -> None:
        while self._connections:
            self._connections.pop().close()
        if self._log >= 0:
            os.close(self._log)
            self._log = -1

    def put(self, letter: Letter) -> None:
        """Store a letter; raises sqlite3.Error."""
        needed = len(letter.body) + PAGE

        def store() -> None:
            self._admit(needed)
            self._writer.execute(
                "INSERT INTO letter (id, lane, queued_at, body) VALUES (?, ?, ?, ?)",
                (letter.id, letter.lane, letter.queued_at, letter.body),
            )

        with self._writing:
            self._write(store, needed)

    def settle(self, taken: Sequence[int], dead: Sequence[Fate], together: Sequence[Sequence[Letter]] = ()) -> None:
        """All of this or nothing: letters that were taken, by number; that died; that are sent together from now on.

        Raises sqlite3.Error.
        """
        run, run_many = self._writer.execute, self._writer.executemany

        def store() -> None:
            with transaction(self._writer):
                run_many("DELETE FROM letter WHERE number = ?", [(number,) for number in taken])
                for number, *what in dead:
                    run(
                        "INSERT INTO dead_letter (id, lane, queued_at, body, died_at, status, reason)"
                        " SELECT id, lane, queued_at, body, ?, ?, ? FROM letter WHERE number = ?",
                        (*what, number),
                    )
                    run("DELETE FROM letter WHERE number = ?", (number,))
                for batch in together:
                    run_many(
                        "UPDATE letter SET batch = ? WHERE number = ?",
                        [(batch[0].number, letter.number) for letter in batch],
                    )

        with self._writing:
            self._write(store, 0)

    def sync(self) -> None:
        """All that was stored is on disk when it returns; raises OSError."""
        _sync(self._log)

    def tidy(self) -> None:
        """Copy the log into the database if it has become long, so that it begins anew; raises sqlite3.Error."""
        few = self._writer.total_changes - self._tidied < _OFTEN
        if few and self._grown - self._copied <= self._reserve.size // 4:
            return
        self._tidied = self._writer.total_changes
        try:
            pages, copied = self._copy_log()
            if pages - copied and pages > _LONG:
                with self._writing:  # under a load that never pauses it would grow for ever
                    self._copy_log()
            self._reserve.make()
        except sqlite3.Error as error:
            if not is_full(error):
                raise
            with self._writing:
                self._make_room()

    def after(self, number: int, most: int) -> list[Letter]:
        """Up to `most` letters behind this one, in order, but for those of `batches`."""
        rows = self._reader.execute(
            f"{_LETTER} WHERE number > ? AND batch IS NULL ORDER BY number LIMIT ?", (number, most)
        )
        return [Letter(*row) for row in rows.fetchall()]

    def batches(self) -> list[list[Letter]]:
        """Letters that were sent together and not settled, each batch in order."""
        rows = self._reader.execute(
            f"{_LETTER.replace('number FROM', 'number, batch FROM')} WHERE batch IS NOT NULL ORDER BY batch, number"
        )
        return [[Letter(*row[:-1]) for row in batch] for _, batch in groupby(rows.fetchall(), lambda row: row[-1])]

    def count(self) -> int:
        """How many letters wait."""
        return count(self._reader)

    def room(self) -> int:
        """Bytes that surely fit before it has grown to its own limit, where the disk has them."""
        with self._writing:
            return self._room()

    def _room(self) -> int:
        return self._pages("max_page_count") * PAGE - self._pages("page_count") * PAGE + self._free()

    def _free(self) -> int:
        """Bytes that surely fit without the database growing."""
        return (self._pages("freelist_count") - _SPARE) * PAGE

    def _pages(self, which: str) -> int:
        return int(self._writer.execute(f"PRAGMA {which}").fetchone()[0])

    def _write(self, store: Callable[[], None], needed: int) -> None:
        """Store it; on a full disk once more, with room made for it."""
        try:
            store()
        except sqlite3.Error as error:
            if not is_full(error) or self._room() < needed:
                raise
            self._make_room()
            store()

    def _make_room(self) -> None:
        """With that of the reserve the log fits into the database; what it has had makes a new reserve."""
        self._reserve.give_up()
        self._copy_log("TRUNCATE")
        self._reserve.make()

    def _admit(self, needed: int) -> None:
        """Raises sqlite3.Error if the database is not to grow so much."""
        if self._grown + needed - self._copied > self._reserve.size // 2:
            if self._free() >= needed:
                return
            self._copy_log()
            if self._grown + needed - self._copied > self._reserve.size // 2 and not self._reserve.is_whole:
                error = sqlite3.OperationalError("no room is left for the log")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
        self._grown += needed

    def _open(self, max_size: int) -> None:
        self._close_files()
        # One to write, one to read, one to tidy: so none waits for the other.
        for _ in range(3):
            self._connections.append(connect(self.path, create=True))
        self._writer, self._reader, self._tidier = self._connections
        run = self._writer.execute
        # A commit hands its pages to the kernel, which no kill can take back. `sync` has the disk write them, many
        # commits at once: FULL, which would have it for each, makes whoever feeds the sink wait ten times as long.
        run("PRAGMA synchronous = NORMAL")
        run("PRAGMA wal_autocheckpoint = 0")  # see `tidy`
        for each in (self._writer, self._tidier):
            each.execute(f"PRAGMA busy_timeout = {int(_BRIEFLY * 1000)}")
        if max_size:
            run(f"PRAGMA max_page_count = {max(max_size // PAGE, 4 * _SPARE)}")
        with transaction(self._writer):
            pass  # now there is a log
        self._log = os.open(f"{self.path}-wal", os.O_RDWR | os.O_CLOEXEC)
        # Without this a power cut could take new files as a whole, letters and all.
        folder = os.open(self.path.absolute().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _copy_log(self, how: Literal["PASSIVE", "TRUNCATE"] = "PASSIVE") -> tuple[int, int]:
        """Copy the log into the database; how many pages it has, and how many could be copied."""
        with self._copying:
            grown = self._grown
            _, pages, copied = self._tidier.execute(f"PRAGMA wal_checkpoint({how})").fetchone()
            if pages == copied:
                self._copied = grown
        return pages, copied


# Not everywhere, and cheaper where it is: when a file was written need not be on disk.
_sync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)
