"""Puts letters into an outbox, and those that have come together on disk with one sync."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import deque
from typing import TYPE_CHECKING

from cacofonisk.errors import SinkError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.sinks.http.letter import Letter
    from cacofonisk.sinks.http.outbox import Outbox

_AGAIN = 0.5  # seconds until a disk that would not take it is asked again
_LINGER = 0.005  # seconds that a sync waits for company
_log = logging.getLogger("cacofonisk.sinks")


class OutboxWriter:
    """A letter is in the outbox when `put` returns; a thread of its own syncs all that has come meanwhile.

    Where the outbox does not take letters, as on a full disk, up to `most` wait in memory and are tried again; then
    a caller who may wait does so, for `patience` seconds without progress. `synced` is called from the thread.
    """

    def __init__(self, outbox: Outbox, *, most: int, patience: float, synced: Callable[[], None]) -> None:
        self._outbox = outbox
        self._most = most
        self._patience = patience
        self._synced = synced
        self._trouble: SinkError | None = None  # why letters wait in memory
        self._changed = threading.Condition()
        self._waiting: deque[Letter] = deque()  # while it is not empty the thread alone puts letters into the outbox
        self._late = 0  # letters that have waited and are stored
        self._news = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="cacofonisk-outbox", daemon=True)
        self._thread.start()

    def put(self, letter: Letter, *, may_wait: bool) -> None:
        """Store a letter; raises SinkError when the disk has been in trouble for so long that no more fit in memory."""
        with self._changed:
            if self._waiting or not self._store(letter):
                self._wait(self._most - 1, self._patience if may_wait else 0.0)
                self._waiting.append(letter)
            else:
                self._news = True
            self._changed.notify_all()

    def stir(self) -> None:
        """There is something new in the outbox, by whomever, that is to be synced."""
        with self._changed:
            self._news = True
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until all that was put is on disk; raises SinkError if the disk will not have it."""
        with self._changed:
            self._wait(0, self._patience)
        try:
            self._outbox.sync()
        except OSError as error:
            raise self._not_synced(error) from None

    def close(self) -> None:
        """Store what is left and end the thread; what a broken disk would not take is logged."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        if self._waiting:
            _log.error("%s", self._full())

    def _wait(self, most: int, patience: float) -> None:
        """Until no more than `most` letters wait in memory."""
        while len(self._waiting) > most:
            late = self._late
            if not self._changed.wait_for(lambda: self._late > late, patience):  # noqa: B023  # called at once
                raise self._full()

    def _full(self) -> SinkError:
        count = len(self._waiting)
        return SinkError(f"{self._trouble}; {count} {'event is' if count == 1 else 'events are'} not stored")

    def _run(self) -> None:
        closing = failing = False
        while not closing:
            with self._changed:
                if self._waiting:  # a delivery may have made room
                    self._changed.wait_for(lambda: self._news or self._closing, _AGAIN)
                else:
                    self._changed.wait_for(lambda: self._news or self._waiting or self._closing)
                    self._changed.wait_for(lambda: self._closing, _LINGER)
                self._news, closing = False, self._closing
            while self._waiting and self._store(self._waiting[0]):
                with self._changed:
                    self._waiting.popleft()
                    self._late += 1
                    self._changed.notify_all()
            self._recover()
            try:
                self._outbox.sync()
                self._outbox.tidy()
                failing = False
            except (OSError, sqlite3.Error) as error:
                if not failing:
                    _log.error("%s", self._not_synced(error))
                failing = True
            self._synced()

    def _store(self, letter: Letter) -> bool:
        """Whether it could be stored."""
        try:
            self._outbox.put(letter)
        except sqlite3.Error as error:
            self._say(error, len(letter.body))
            return False
        return True

    def _recover(self) -> None:
        with self._changed:
            if self._trouble is not None and not self._waiting:
                self._trouble = None
                _log.warning("the outbox %s takes events again", self._outbox.path)

    def _say(self, error: sqlite3.Error, needed: int) -> None:
        path = self._outbox.path
        if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_FULL:
            trouble = SinkError(f"the outbox {path} cannot be written: {error}")
        elif self._outbox.room() < needed:
            trouble = SinkError(f"the outbox {path} is full: it has reached its max_size")
        else:
            trouble = SinkError(f"the outbox {path} cannot be written: no space left on device")
        if self._trouble is None:
            _log.error("%s; events wait in memory", trouble)
        self._trouble = trouble

    def _not_synced(self, error: OSError | sqlite3.Error) -> SinkError:
        why = error.strerror.lower() if isinstance(error, OSError) and error.strerror else error
        return SinkError(
            f"the outbox {self._outbox.path} cannot be synced, so a power cut may take what it holds: {why}"
        )
