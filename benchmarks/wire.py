"""Bytes in memory in place of a socket: through the AMI source's own protocol, framing and buffer, to an observer."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from reactivex import Observable
from reactivex.disposable import Disposable

from cacofonisk.ami_event import WANTED
from cacofonisk.events import SourceEvent
from cacofonisk.sources._ami_buffer import Buffer
from cacofonisk.sources._ami_lists import with_lists
from cacofonisk.sources._ami_protocol import AmiProtocol
from cacofonisk.sources._framing import Framer

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import abc

    from cacofonisk.events import Event

CHUNK = 1 << 16  # bytes
GREETING = b"Asterisk Call Manager/"
_BUFFER = 32 << 20  # bytes, as `sources.ami` has it


class Wire:
    """What `sources.ami` puts behind the socket of one server; make one where an asyncio loop runs."""

    def __init__(self, push: Callable[[Event], None]) -> None:
        self._buffer = Buffer(asyncio.get_running_loop(), push, _gap, _BUFFER)
        framer = Framer(with_lists(WANTED), server="pbx", live=True)
        self._protocol = AmiProtocol(framer, self._buffer.put)
        self.receive = self._protocol.data_received
        """Takes bytes as the loop's transport gives them."""

    async def drain(self) -> None:
        """Until all that was received has been handed on, mostly it has; raises what went wrong."""
        if self._buffer.waits:
            await asyncio.sleep(0)
            self._buffer.flush()
        if self._protocol.lost.done():
            raise SystemExit(f"the stream cannot be read: {self._protocol.lost.result()}")


async def pour(data: bytes, tap: Tap) -> float:
    """Seconds until who has subscribed to the tap has all these bytes, given in chunks of 64 KiB as a socket does."""
    wire = Wire(tap.push)
    start = time.perf_counter()
    for at in range(0, len(data), CHUNK):
        wire.receive(data[at : at + CHUNK])
        await wire.drain()
    tap.complete()
    return time.perf_counter() - start


class Tap:
    """An observable that is pushed into by hand, without the locks of a Subject: as a source does it."""

    def __init__(self) -> None:
        self.events = Observable(self._subscribe)
        self._observers: list[abc.ObserverBase[Event]] = []

    @property
    def push(self) -> Callable[[Event], None]:
        """Hands an event to whoever has subscribed."""
        return self._observers[0].on_next

    def complete(self) -> None:
        """Ends the stream."""
        self._observers[0].on_completed()

    def _subscribe(
        self, observer: abc.ObserverBase[Event], _scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        self._observers.append(observer)
        return Disposable()


def _gap(missing: int) -> SourceEvent:
    return SourceEvent(server="pbx", time="", kind="gap", detail=f"{missing} packets were dropped")
