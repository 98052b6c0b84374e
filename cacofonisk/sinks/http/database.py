"""The SQLite file that an outbox is: how it is made, opened and locked, and what is said where that fails."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cacofonisk.errors import SinkError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = 1024
"""Bytes of a page: each commit writes two or three of them whole, and a letter is some 500 bytes."""

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
_BUSY = 30.0  # seconds to wait for another process's transaction before a letter is taken


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
        run(f"PRAGMA page_size = {PAGE}")  # of a new one
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


def is_full(error: sqlite3.Error) -> bool:
    """Whether the disk may be full: what SQLite says of files that cannot grow is not always that."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def lock(path: Path) -> int:
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
        raise SinkError(f"the outbox {path} is in use by another sink: give this one its own, outbox=FILE") from None
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
