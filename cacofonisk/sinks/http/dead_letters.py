"""The letters of an outbox that were refused for good."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from typing import Self

_AT_ONCE = 200  # letters read or moved in one transaction: a sink that uses the outbox must not wait for long


@dataclass(slots=True, frozen=True)
class DeadLetter:
    """An event that a receiver refused: its id, the JSON, and why; times are seconds since 1970.

    `status` is 0 where no answer ever came. `reason` is what the receiver said: show it with care.
    """

    number: int
    id: str
    queued_at: float
    died_at: float
    status: int
    reason: str
    body: bytes


class DeadLetters:
    """The dead letters of the outbox at `path`, also while a sink fills it. Every method raises SinkError."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        from cacofonisk.sinks.http import database  # only who needs SQLite waits for its import

        self._path = Path(path)
        self._database = database
        with database.said(self._path):
            self._connection = database.connect(self._path, create=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def __iter__(self) -> Iterator[DeadLetter]:
        """Oldest first; so many that they need not fit into memory."""
        number = 0
        # Some at a time: the log of a sink that uses the outbox cannot begin anew while somebody reads.
        while some := self._behind(number):
            yield from some
            number = some[-1].number

    def _behind(self, number: int) -> list[DeadLetter]:
        with self._database.said(self._path):
            rows = self._connection.execute(
                "SELECT number, id, queued_at, died_at, status, reason, body FROM dead_letter"
                " WHERE number > ? ORDER BY number LIMIT ?",
                (number, _AT_ONCE),
            )
            return [DeadLetter(*row) for row in rows.fetchall()]

    def waiting(self) -> int:
        """How many events wait in the outbox to be sent."""
        with self._database.said(self._path):
            return self._database.count(self._connection)

    def resend(self, numbers: Iterable[int] | None = None) -> int:
        """Put these (None: all) behind what waits, with the ids they had; how many there were."""
        return self._take(
            numbers,
            "INSERT INTO letter (id, lane, queued_at, body) SELECT id, lane, ?, body FROM dead_letter WHERE number = ?",
        )

    def drop(self, numbers: Iterable[int] | None = None) -> int:
        """Delete these (None: all); how many there were."""
        return self._take(numbers)

    def _take(self, numbers: Iterable[int] | None, resend: str = "") -> int:
        run, run_many = self._connection.execute, self._connection.executemany
        taken = 0
        with self._database.said(self._path):
            if numbers is None:
                numbers = [number for (number,) in run("SELECT number FROM dead_letter")]
            wanted = sorted(set(numbers))
            for begin in range(0, len(wanted), _AT_ONCE):
                some = wanted[begin : begin + _AT_ONCE]
                with self._database.transaction(self._connection):
                    if resend:
                        run_many(resend, ((time.time(), number) for number in some))
                    taken += run_many(
                        "DELETE FROM dead_letter WHERE number = ?", ((number,) for number in some)
                    ).rowcount
        return taken
