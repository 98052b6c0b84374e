"""A call event on its way to a receiver."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cacofonisk.sinks._json import to_json

if TYPE_CHECKING:
    from typing import Self

    from cacofonisk.events import CallEvent


@dataclass(slots=True)
class Letter:
    """One event as JSON, with the id that it keeps for ever, and the lane in which its order is kept.

    `number` is its place in the outbox, 0 before it is in one; `queued_at` are seconds since 1970, for people: that
    clock can be set. `tried_since` are seconds of one that cannot. An `alone` letter is not sent together with others.
    """

    id: str
    lane: bytes
    body: bytes
    queued_at: float = 0.0
    number: int = 0
    alone: bool = False
    tried_since: float | None = None

    @classmethod
    def of(cls, event: CallEvent, now: float) -> Self:
        """The letter that tells of this event; `now` in seconds since 1970."""
        body = to_json(event)[:-1]
        call_id = "" if event.call_id is None else event.call_id
        # Names of calls and servers were somebody else's bytes once: they need not be UTF-8.
        lane = f"{event.server}\0{call_id}".encode("utf-8", "surrogateescape")
        return cls(_id(event, body), lane, body, now)


def _id(event: CallEvent, body: bytes) -> str:
    """The same for the same event of a call, whoever sees it: after a crash, in a replay, from a twin on another host.

    Events that nobody numbered may be alike and yet two; they get an id by chance.
    """
    if event.call_id is not None and event.sequence:
        return f"msg_{hashlib.sha256(body).hexdigest()[:32]}"
    return f"msg_{os.urandom(16).hex()}"
