"""What the phones saw and did, with the time: where all truth comes from."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Note:
    at: float
    phone: str
    what: str
    dialog: str
    more: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"at": self.at, "phone": self.phone, "what": self.what, "dialog": self.dialog, **self.more}


class NotSeenError(AssertionError):
    """A phone waited for something that did not come."""


class Diary:
    def __init__(self) -> None:
        self.notes: list[Note] = []
        self._waiting: set[asyncio.Future[None]] = set()

    def note(self, phone: str, what: str, dialog: str, **more: Any) -> None:
        self.notes.append(Note(now(), phone, what, dialog, more))
        self.wake()

    def wake(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def until(self, found: Callable[[], T | None], what: str, within: float = 10) -> T:
        """Wait until `found` finds something; it looks again at every note."""
        deadline = asyncio.get_running_loop().time() + within
        while True:
            result = found()
            if result:
                return result
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await asyncio.wait_for(future, deadline - asyncio.get_running_loop().time())
            except TimeoutError:
                raise NotSeenError(f"waited {within} s for: {what}") from None


def now() -> float:
    return round(time.time(), 3)
