"""Letters on disk until their receiver has taken them: an SQLite file that one process at a time may fill."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from cacofonisk.errors import SinkError
from cacofonisk.sinks.http.letter import Letter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_APPLICATION = 0x6361636F  # "caco": tells our files from the databases of others
_VERSION = 1
_SCHEMA = (
    # AUTOINCREMENT: the number of a letter that was delivered is never given to another. `batch` is the number of
    # the first of those that are sent together, NULL before they are.
    """CREATE TABLE letter (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL, lane BLOB NOT NULL, queued_at REAL NOT NULL, body BLOB NOT NULL, batch INTEGER
    )""",
    "CREATE INDEX batched ON letter (batch, number) WHERE batch IS NOT NULL",
    """CREATE TABLE dead_letter (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL, lane BLOB NOT NULL, queued_at REAL NOT NULL, body BLOB NOT NULL,
        died_at REAL NOT NULL, status INTEGER NOT NULL, reason TEXT NOT NULL
    )""",
)
_LETTER = "SELECT id, lane, body, queued_at, number FROM letter"
_PAGE = 1024  # bytes; each commit writes two or three of them whole, and a letter is some 500 bytes
_SPARE = 16  # pages of a database that SQLite may want for its own
_BUSY = 30.0  # seconds to wait for another process's transaction before a letter is taken
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
    """

    def __init__(self, path: str | os.PathLike[str], *, max_size: int = 0) -> None:
        self.path = Path(path)
        self._lock = _lock(self.path)
        self._log = -1
        self._connections: list[sqlite3.Connection] = []
        self._writing = threading.Lock()
        self._tidied = 0
        try:
            with said(self.path):
                # One to write, one to read, one to tidy: so none waits for the other.
                for _ in range(3):
                    self._connections.append(connect(self.path, create=True))
                self._writer, self._reader, self._tidier = self._connections
                self._prepare(max_size)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close it and let others have it."""
        for connection in self._connections:
            connection.close()
        for descriptor in (self._log, self._lock):
            if descriptor >= 0:
                os.close(descriptor)

    def put(self, letter: Letter) -> None:
        """Store a letter; raises sqlite3.Error."""
        with self._writing:
            self._writer.execute(
                "INSERT INTO letter (id, lane, queued_at, body) VALUES (?, ?, ?, ?)",
                (letter.id, letter.lane, letter.queued_at, letter.body),
            )

    def settle(self, taken: Iterable[int], dead: Iterable[Fate], together: Iterable[Sequence[Letter]] = ()) -> None:
        """All of this or nothing: letters that were taken, by number; that died; that are sent together from now on.

        Raises sqlite3.Error.
        """
        run, run_many = self._writer.execute, self._writer.executemany
        with self._writing, transaction(self._writer):
            run_many("DELETE FROM letter WHERE number = ?", ((number,) for number in taken))
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
                    ((batch[0].number, letter.number) for letter in batch),
                )

    def sync(self) -> None:
        """All that was stored is on disk when it returns; raises OSError."""
        _sync(self._log)

    def tidy(self) -> None:
        """Copy the log into the database if it has become long, so that it begins anew; raises sqlite3.Error."""
        if self._writer.total_changes - self._tidied < _OFTEN:
            return
        self._tidied = self._writer.total_changes
        _, pages, copied = self._checkpoint()
        if pages - copied and pages > _LONG:
            with self._writing:  # under a load that never pauses it would grow for ever
                self._checkpoint()

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
            most, used, free = (
                int(self._writer.execute(f"PRAGMA {name}").fetchone()[0])
                for name in ("max_page_count", "page_count", "freelist_count")
            )
        return (most - used + free - _SPARE) * _PAGE

    def _prepare(self, max_size: int) -> None:
        run = self._writer.execute
        # A commit hands its pages to the kernel, which no kill can take back. `sync` has the disk write them, many
        # commits at once: FULL, which would have it for each, makes whoever feeds the sink wait ten times as long.
        run("PRAGMA synchronous = NORMAL")
        run("PRAGMA wal_autocheckpoint = 0")  # see `tidy`
        run(f"PRAGMA busy_timeout = {int(_BRIEFLY * 1000)}")
        if max_size:
            run(f"PRAGMA max_page_count = {max(max_size // _PAGE, 4 * _SPARE)}")
        with transaction(self._writer):
            pass  # now there is a log
        self._log = os.open(f"{self.path}-wal", os.O_RDWR | os.O_CLOEXEC)
        # Without this a power cut could take new files as a whole, letters and all.
        folder = os.open(self.path.absolute().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _checkpoint(self) -> tuple[int, int, int]:
        busy, pages, copied = self._tidier.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return busy, pages, copied


# Not everywhere, and cheaper where it is: when a file was written need not be on disk.
_sync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)


def connect(path: Path, *, create: bool) -> sqlite3.Connection:
    """A connection to the outbox at `path`, whose tables are there; raises SinkError, sqlite3.Error or OSError."""
    # What callers are called is nobody else's business; SQLite gives its other files the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o600))
    connection = sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
    try:
        run = connection.execute
        tables = _check(connection, path)
        if not tables and not create:
            raise SinkError(f"{path} is no outbox: it is empty")  # noqa: TRY301  # closed below like after all errors
        run(f"PRAGMA page_size = {_PAGE}")  # of a new one
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        if not tables:
            with transaction(connection):
                for statement in _SCHEMA:
                    run(statement)
                run(f"PRAGMA application_id = {_APPLICATION}")
                run(f"PRAGMA user_version = {_VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def count(connection: sqlite3.Connection) -> int:
    """How many letters wait in an outbox."""
    (letters,) = connection.execute("SELECT count(*) FROM letter").fetchone()
    return int(letters)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk may have ended it already
            connection.execute("ROLLBACK")
        raise


@contextmanager
def said(path: Path) -> Iterator[None]:
    """What SQLite and the system say about an outbox, as a SinkError of one clear line."""
    try:
        yield
    except sqlite3.Error as error:
        raise SinkError(f"the outbox {path} cannot be used: {error}") from None
    except OSError as error:
        raise SinkError(f"the outbox {path} cannot be used: {(error.strerror or str(error)).lower()}") from None


def _lock(path: Path) -> int:
    """A lock beside the outbox: SQLite would see to the file, but not to two senders that mix up the order."""
    try:
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        raise SinkError(f"the outbox {path}: there is no folder {path.parent}; make it first") from None
    except OSError as error:
        raise SinkError(f"the outbox {path} cannot be written: {(error.strerror or str(error)).lower()}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise SinkError(f"the outbox {path} is in use by another sink: each needs one of its own") from None
    return lock


def _check(connection: sqlite3.Connection, path: Path) -> int:
    """How many tables there are; raises SinkError for a database that is not ours."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if tables and application != _APPLICATION:
        raise SinkError(f"{path} is no outbox but another program's database")
    if version > _VERSION:
        raise SinkError(f"the outbox {path} is of a newer cacofonisk: its format is {version}, not {_VERSION}")
    return int(tables)
