"""The letters of an outbox that were refused for good."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from typing import Self

_RESEND = "INSERT INTO letter (id, lane, queued_at, body) SELECT id, lane, ?, body FROM dead_letter"


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
        from cacofonisk.sinks.http.outbox import Outbox, said  # only who needs SQLite waits for its import

        self._outbox = Outbox(path)
        self._said = said

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._outbox.close()

    def __iter__(self) -> Iterator[DeadLetter]:
        """Oldest first; so many that they need not fit into memory."""
        with self._said(self._outbox.path):
            yield from (
                DeadLetter(*row)
                for row in self._outbox.connection.execute(
                    "SELECT number, id, queued_at, died_at, status, reason, body FROM dead_letter ORDER BY number"
                )
            )

    def waiting(self) -> int:
        """How many events wait in the outbox to be sent."""
        with self._said(self._outbox.path):
            return self._outbox.count()

    def resend(self, numbers: Sequence[int] | None = None) -> int:
        """Put these (None: all) behind what waits, with the ids they had; how many there were."""
        return self._move(numbers, resend=True)

    def drop(self, numbers: Sequence[int] | None = None) -> int:
        """Delete these (None: all); how many there were."""
        return self._move(numbers, resend=False)

    def _move(self, numbers: Sequence[int] | None, *, resend: bool) -> int:
        run = self._outbox.connection.execute
        count = 0
        with self._said(self._outbox.path):
            run("BEGIN IMMEDIATE")
            try:
                if numbers is None:
                    if resend:
                        run(f"{_RESEND} ORDER BY number", (time.time(),))
                    count = run("DELETE FROM dead_letter").rowcount
                for number in sorted(set(numbers or ())):
                    if resend:
                        run(f"{_RESEND} WHERE number = ?", (time.time(), number))
                    count += run("DELETE FROM dead_letter WHERE number = ?", (number,)).rowcount
                run("COMMIT")
            except BaseException:
                if self._outbox.connection.in_transaction:
                    run("ROLLBACK")
                raise
        return count
