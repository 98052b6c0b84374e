"""Carries letters from an outbox to a receiver, in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

from cacofonisk.sinks.http.answer import Answer
from cacofonisk.sinks.http.client import HttpClient
from cacofonisk.sinks.http.gate import Gate, Waits
from cacofonisk.sinks.http.lanes import Lanes

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from cacofonisk.sinks.http.letter import Letter
    from cacofonisk.sinks.http.options import HttpOptions
    from cacofonisk.sinks.http.outbox import Fate, Outbox
    from cacofonisk.sinks.http.writer import OutboxWriter

_WINDOW = 10_000  # letters held in memory at most; the others wait on disk
_LOOK = 2.0  # seconds after which the outbox is looked into for what others have put there
_LINGER = 0.05  # seconds that the news of a delivery may wait for company; at worst it is delivered again
_log = logging.getLogger("cacofonisk.sinks")


class Courier:
    """Sends what is in the outbox, oldest first, and strikes out what is taken.

    `wake` may be called from any thread. `stop` gives it time and waits for its end; what is then left stays
    in the outbox.
    """

    def __init__(self, options: HttpOptions, outbox: Outbox, writer: OutboxWriter, tls: ssl.SSLContext | None) -> None:
        self._options = options
        self._outbox = outbox
        self._writer = writer
        self._tls = tls
        waits = Waits(options.first_wait, options.most_wait, random.random)
        self._waits = waits
        self._gate = Gate(options.concurrency, waits)
        self._lanes = Lanes(options.batch)
        self._taken: list[int] = []  # what is to be struck out
        self._dead: list[Fate] = []
        self._due = math.inf  # when
        self._last = 0  # number of the last letter that was read
        self._more = True  # whether there may be others behind it
        self._flying: set[asyncio.Task[None]] = set()
        self.refused = 0  # events
        self._refusing = False  # nothing was taken since
        self.trouble = ""  # why the receiver takes nothing; empty while it does
        self._troubles: set[str] = set()
        self._drain = 0.0
        self._stopping: tuple[float, bool] | None = None  # since when, and whether to wait while it goes well
        self._went_well = 0.0
        self._loop = asyncio.new_event_loop()
        self._wake = asyncio.Event()
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="cacofonisk-courier", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There is something new in the outbox."""
        self._call(self._look)

    def stop(self, drain: float, *, patient: bool) -> None:
        """Go on for at most `drain` seconds, if `patient` counted from the last success, then end."""
        self._call(lambda: self._stop(drain, patient=patient))
        self._thread.join()

    def _call(self, what: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(what)
        except RuntimeError:
            if not self._loop.is_closed():
                raise

    def _look(self) -> None:
        self._more = True
        self._wake.set()

    def _stop(self, drain: float, *, patient: bool) -> None:
        self._drain = drain
        self._stopping = self._loop.time(), patient
        self._look()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._main())
        except Exception as error:  # noqa: BLE001  # told to the sink by whoever stops it, and here at once
            self.error = error
            _log.exception("the courier for %s failed; events are kept in the outbox", self._options.receiver)

    async def _main(self) -> None:
        self._resume()
        async with HttpClient(self._options, self._tls) as client:
            try:
                while True:
                    self._read()
                    self._send(client)
                    if self._loop.time() >= self._due:
                        self._settle()
                    if self._is_over():
                        return
                    self._wake.clear()
                    await self._something()
            finally:
                for task in self._flying:
                    task.cancel()
                await asyncio.gather(*self._flying, return_exceptions=True)
                self._settle()

    def _is_over(self) -> bool:
        if self._stopping is None:
            return False
        if not (self._lanes.held or self._flying or self._more):
            return True
        _, patient = self._stopping
        return self._loop.time() >= self._end() or (self._gate.is_down and not patient)

    def _end(self) -> float:
        """When patience ends."""
        if self._stopping is None:
            return math.inf
        since, patient = self._stopping
        return (max(since, self._went_well) if patient else since) + self._drain

    def _resume(self) -> None:
        """Go on with the batches of an earlier run: whoever has had one must know it again by its id."""
        for batch in self._outbox.batches():
            if 1 < self._options.batch >= len(batch):
                self._lanes.resume(batch)
            else:  # they have become smaller
                for letter in batch:
                    self._lanes.add(letter)

    def _read(self) -> None:
        room = _WINDOW - self._lanes.held
        if not self._more or room < _WINDOW // 2:
            return
        try:
            letters = self._outbox.after(self._last, room)
        except sqlite3.Error as error:
            self._say("read", error)
            return  # the next look is soon
        self._troubles.discard("read")
        for letter in letters:
            self._lanes.add(letter)
        if letters:
            self._last = letters[-1].number
        self._more = len(letters) == room

    def _settle(self, *together: list[Letter]) -> None:
        """Note what was taken and what died, and before they are sent, what is sent together."""
        if not (self._taken or self._dead or together):
            return
        try:
            self._outbox.settle(self._taken, self._dead, together)
        except sqlite3.Error as error:
            self._say("written", error)
            self._due = self._loop.time() + _LOOK
            return
        self._troubles.discard("written")
        self._taken, self._dead, self._due = [], [], math.inf
        self._writer.stir()

    def _say(self, what: str, error: sqlite3.Error) -> None:
        if what not in self._troubles:
            _log.error("the outbox %s cannot be %s: %s", self._outbox.path, what, error)
        self._troubles.add(what)

    def _send(self, client: HttpClient) -> None:
        now = self._loop.time()
        while len(self._flying) < self._gate.limit(now):
            taken = self._lanes.take(now)
            if taken is None:
                return
            batch, tries = taken
            if self._options.batch > 1 and not tries:
                # Before, so that it is the same after a restart; with what was taken, so that no call is in two.
                self._settle(batch)
            task = self._loop.create_task(self._carry(client, batch, tries))
            self._flying.add(task)
            task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._wake.set()

    async def _something(self) -> None:
        """Until something changes, or is due."""
        now = self._loop.time()
        times = [now + _LOOK, self._due, self._gate.next_opening(now)]
        if len(self._flying) < self._gate.limit(now):
            times.append(self._lanes.next_due())
        if self._stopping is not None:
            times.append(self._end())
        try:
            async with asyncio.timeout_at(min(each for each in times if each is not None)):
                await self._wake.wait()
        except TimeoutError:
            self._more = True  # others may have put something there

    async def _carry(self, client: HttpClient, batch: list[Letter], tries: int) -> None:
        sent = self._loop.time()
        for letter in batch:
            if letter.tried_since is None:
                letter.tried_since = sent
        try:
            answer = await client.post(batch)
        except Exception as error:  # noqa: BLE001  # a bug, yet no reason to keep all other letters back
            _log.exception("a request to %s could not be made", self._options.receiver)
            answer = Answer(0, f"no request could be made: {type(error).__name__}")
        now = self._loop.time()
        if answer.verdict == "again":
            self._try_again(answer, batch, tries + 1, sent)
            return
        if self.trouble:
            _log.warning("%s takes events again", self._options.receiver)
        self.trouble = ""
        self._gate.succeeded()
        self._went_well = now
        if answer.verdict == "taken":
            self._refusing = False
            self._taken += [letter.number for letter in batch]
            self._due = min(self._due, now + _LINGER)
            self._lanes.settled(batch)
        elif len(batch) > 1:
            self._lanes.apart(batch)
        else:
            self._bury(batch[0], answer)

    def _try_again(self, answer: Answer, batch: list[Letter], tries: int, sent: float) -> None:
        now = self._loop.time()
        self._gate.failed(now, answer.retry_after)
        # If others went well meanwhile this was chance, and need not be told.
        if self.trouble or self._went_well < sent:
            if not self.trouble:
                _log.warning("%s takes no events: %s; they wait in the outbox", self._options.receiver, _said(answer))
            self.trouble = _said(answer)
        since = min(letter.tried_since or sent for letter in batch)
        if since + self._options.give_up > now:
            self._lanes.again(batch, tries, now + self._waits.before(tries))
        elif len(batch) > 1:
            self._lanes.apart(batch)
        else:
            self._bury(batch[0], answer)

    def _bury(self, letter: Letter, answer: Answer) -> None:
        self.refused += 1
        if not self._refusing:
            self._refusing = True
            _log.warning(
                "%s refused an event: %s; see 'cacofonisk outbox list %s'",
                self._options.receiver, _said(answer), self._outbox.path,
            )  # fmt: skip
        self._dead.append((letter.number, time.time(), answer.status, answer.reason))
        self._due = self._loop.time()
        self._lanes.settled([letter])


def _said(answer: Answer) -> str:
    if not answer.status:
        return answer.reason
    return f"status {answer.status}{', which sends us elsewhere' if 300 <= answer.status < 400 else ''}"
