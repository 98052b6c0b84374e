"""Letters on disk until their receiver has taken them: an SQLite file that one process at a time may fill."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cacofonisk.errors import SinkError
from cacofonisk.sinks.http.letter import Letter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_APPLICATION = 0x6361636F  # "caco": tells our files from the databases of others
_VERSION = 1
_SCHEMA = (
    # AUTOINCREMENT: the number of a letter that was delivered is never given to another.
    """CREATE TABLE letter (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL, lane BLOB NOT NULL, queued_at REAL NOT NULL, body BLOB NOT NULL
    )""",
    """CREATE TABLE dead_letter (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL, lane BLOB NOT NULL, queued_at REAL NOT NULL, body BLOB NOT NULL,
        died_at REAL NOT NULL, status INTEGER NOT NULL, reason TEXT NOT NULL
    )""",
)
_SPARE = 8  # pages of a database that SQLite may want for its own
_BUSY = 30.0  # seconds to wait for another connection's transaction, such as a large `outbox resend`


class Outbox:
    """An open outbox; whoever opens it to `fill` holds a lock, and nobody else can do the same.

    Not for several threads at once. Raises SinkError where it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], *, max_size: int = 0, fill: bool = False) -> None:
        self.path = Path(path)
        self._lock = _lock(self.path) if fill else -1
        try:
            with said(self.path):
                self._connection = _connect(self.path, max_size, create=fill)
        except BaseException:
            self._unlock()
            raise

    def close(self) -> None:
        """Close it and let others have it."""
        try:
            self._connection.close()
        finally:
            self._unlock()

    def store(
        self, letters: Iterable[Letter], taken: Iterable[int], dead: Iterable[tuple[int, float, int, str]]
    ) -> None:
        """All of this or nothing, on disk when it returns.

        New letters; the numbers of those taken; and of those that died, with when (seconds since 1970), the
        status and the reason. Raises sqlite3.Error.
        """
        run, run_many = self._connection.execute, self._connection.executemany
        run("BEGIN IMMEDIATE")
        try:
            run_many("DELETE FROM letter WHERE number = ?", ((number,) for number in taken))
            for number, *what in dead:
                run(
                    "INSERT INTO dead_letter (id, lane, queued_at, body, died_at, status, reason)"
                    " SELECT id, lane, queued_at, body, ?, ?, ? FROM letter WHERE number = ?",
                    (*what, number),
                )
                run("DELETE FROM letter WHERE number = ?", (number,))
            run_many(
                "INSERT INTO letter (id, lane, queued_at, body) VALUES (?, ?, ?, ?)",
                ((letter.id, letter.lane, letter.queued_at, letter.body) for letter in letters),
            )
            run("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk may have ended it already
                run("ROLLBACK")
            raise

    def after(self, number: int, most: int) -> list[Letter]:
        """Up to `most` letters behind this one, in order."""
        rows = self._connection.execute(
            "SELECT id, lane, body, queued_at, number FROM letter WHERE number > ? ORDER BY number LIMIT ?",
            (number, most),
        )
        return [Letter(*row) for row in rows.fetchall()]

    def count(self) -> int:
        """How many letters wait."""
        (count,) = self._connection.execute("SELECT count(*) FROM letter").fetchone()
        return int(count)

    def room(self) -> int:
        """Bytes that surely fit before it has grown to its own limit, where the disk has them."""
        count = {
            name: int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("max_page_count", "page_count", "freelist_count", "page_size")
        }
        pages = count["max_page_count"] - count["page_count"] + count["freelist_count"]
        return (pages - _SPARE) * count["page_size"]

    @property
    def connection(self) -> sqlite3.Connection:
        """For those who look after the dead letters."""
        return self._connection

    def _unlock(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


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


def _connect(path: Path, max_size: int, *, create: bool) -> sqlite3.Connection:
    # What callers are called is nobody else's business; SQLite gives its other files the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o600))
    connection = sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
    try:
        run = connection.execute
        tables = _check(connection, path)
        if not tables and not create:
            raise SinkError(f"{path} is no outbox: it is empty")  # noqa: TRY301  # closed below like after all errors
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        if not tables:
            run("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                run(statement)
            run(f"PRAGMA application_id = {_APPLICATION}")
            run(f"PRAGMA user_version = {_VERSION}")
            run("COMMIT")
            _sync_folder(path.absolute().parent)
        if max_size:
            size = run("PRAGMA page_size").fetchone()[0]
            run(f"PRAGMA max_page_count = {max(max_size // size, 16)}")
    except BaseException:
        connection.close()
        raise
    return connection


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


def _sync_folder(folder: Path) -> None:
    """Without this a power cut could take a new file as a whole, letters and all."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
