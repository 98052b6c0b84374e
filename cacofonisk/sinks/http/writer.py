"""Puts letters into an outbox from a thread of its own, many with one sync of the disk."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

from cacofonisk.errors import SinkError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.sinks.http.letter import Letter
    from cacofonisk.sinks.http.outbox import Outbox

_AGAIN = 0.5  # seconds until a disk that would not take it is asked again
_LINGER = 0.05  # seconds that the news of a delivery may wait for company; at worst it is delivered again
_log = logging.getLogger("cacofonisk.sinks")


class OutboxWriter:
    """Takes letters, and the fate of letters, and stores all that has come together in one transaction.

    `put` never waits for the disk: while that is busy up to `most` letters wait in memory, for `patience`
    seconds where the caller may wait. `stored` is called from its thread after each transaction.
    """

    def __init__(self, outbox: Outbox, *, most: int, patience: float, stored: Callable[[], None]) -> None:
        self.trouble: SinkError | None = None
        self._outbox = outbox
        self._most = most
        self._at_once = most  # letters that are stored together, fewer where room is short
        self._patience = patience
        self._stored = stored
        self._changed = threading.Condition()
        self._letters: list[Letter] = []
        self._taken: list[int] = []
        self._dead: list[tuple[int, float, int, str]] = []
        self._accepted = 0
        self._safe = 0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="cacofonisk-outbox", daemon=True)
        self._thread.start()

    def put(self, letter: Letter, *, may_wait: bool) -> None:
        """Take a letter; raises SinkError when the disk has been in trouble for so long that no more fit."""
        with self._changed:
            if len(self._letters) >= self._most:
                self._make_room(may_wait=may_wait)
            self._letters.append(letter)
            self._accepted += 1
            if len(self._letters) == 1:
                self._changed.notify_all()

    def flush(self) -> None:
        """Wait until all that was put is on disk; raises SinkError if the disk will not have it."""
        with self._changed:
            goal = self._accepted
            self._changed.notify_all()
            end = time.monotonic() + self._patience
            while self._safe < goal:
                safe = self._safe
                self._changed.wait(max(end - time.monotonic(), 0))
                if self._safe > safe:
                    end = time.monotonic() + self._patience
                elif time.monotonic() >= end:
                    raise self._full()

    def taken(self, numbers: list[int]) -> None:
        """These letters were delivered."""
        with self._changed:
            self._taken += numbers
            self._changed.notify_all()

    def died(self, number: int, status: int, reason: str) -> None:
        """This letter was refused for good; status 0 where there was no answer."""
        with self._changed:
            self._dead.append((number, time.time(), status, reason))
            self._changed.notify_all()

    def close(self) -> None:
        """Store what is left and end the thread; what a broken disk would not take is logged."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        if self._letters:
            _log.error("%s", self._full())

    def _make_room(self, *, may_wait: bool) -> None:
        end = time.monotonic() + self._patience if may_wait else 0.0
        while len(self._letters) >= self._most:
            safe = self._safe
            if may_wait and self._changed.wait(max(end - time.monotonic(), 0)) and self._safe > safe:
                end = time.monotonic() + self._patience
            elif time.monotonic() >= end:
                raise self._full()

    def _full(self) -> SinkError:
        why = self.trouble or f"the outbox {self._outbox.path} is too slow"
        count = len(self._letters)
        return SinkError(f"{why}; {count} {'event is' if count == 1 else 'events are'} not stored")

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (self._letters or self._taken or self._dead or self._closing):
                    self._changed.wait()
                if not self._letters and not self._dead and not self._closing:
                    self._changed.wait(_LINGER)
                letters, taken, dead = self._letters[: self._at_once], self._taken[:], self._dead[:]
                if not (letters or taken or dead):
                    if self._closing:
                        return
                    continue
            if self._store(letters, taken, dead):
                continue
            with self._changed:
                if self._closing:
                    return
                self._changed.wait_for(lambda: self._closing, _AGAIN)

    def _store(self, letters: list[Letter], taken: list[int], dead: list[tuple[int, float, int, str]]) -> bool:
        """Whether all of it could be stored."""
        try:
            if self._at_once < self._most or self.trouble is not None:
                # What was delivered makes room for what is new; all in one could never begin.
                self._outbox.store([], taken, [])
                self._forget(0, len(taken), 0)
                taken = []
            self._outbox.store(letters, taken, dead)
        except sqlite3.Error as error:
            if len(letters) > 1 and _is_full(error):
                self._at_once = len(letters) // 2
                return True  # fewer may still fit
            self._say(error, max((len(letter.body) for letter in letters), default=0))
            return False
        self._at_once = min(self._at_once * 2, self._most)
        self._forget(len(letters), len(taken), len(dead))
        if self.trouble is not None:
            self.trouble = None
            _log.warning("the outbox %s takes events again", self._outbox.path)
        self._stored()
        return True

    def _forget(self, letters: int, taken: int, dead: int) -> None:
        with self._changed:
            del self._letters[:letters]
            del self._taken[:taken]
            del self._dead[:dead]
            self._safe += letters
            self._changed.notify_all()

    def _say(self, error: sqlite3.Error, needed: int) -> None:
        path = self._outbox.path
        if not _is_full(error):
            trouble = SinkError(f"the outbox {path} cannot be written: {error}")
        elif self._outbox.room() < needed:
            trouble = SinkError(f"the outbox {path} is full: it has reached its max_size")
        else:
            trouble = SinkError(f"the outbox {path} cannot be written: no space left on device")
        if self.trouble is None:
            _log.error("%s; events wait in memory", trouble)
        self.trouble = trouble


def _is_full(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
