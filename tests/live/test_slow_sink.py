"""Sinks that are slower than the calls come, for a minute: the connection is read all the same.

What fits into the buffer comes late but whole. What does not is dropped with a gap that says so, and the calls that it
touches are concluded or lost.
"""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from cacofonisk import sources
from cacofonisk.events import CallEvent, Hangup, SourceEvent
from cacofonisk.operators import lift
from cacofonisk.pipeline import pipeline
from tests.asterisk.live import SECRET
from tests.asterisk.office import Office
from tests.live.crowd import Crowd, Outage
from tests.live.following import url
from tests.recordings import kept, kept_by
from tests.rules import broken_rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from cacofonisk.events import Event

SECONDS = 60.0
A_SECOND = 10.0
PAUSE = 0.06  # seconds that each call event takes: three times as long as there is

pytestmark = pytest.mark.heavy


class Slow:
    """Follows a PBX in a thread with an event loop of its own, and sleeps at every call event until it is hurried."""

    def __init__(self, port: int, **settings: int) -> None:
        self.events: list[Event] = []
        self.chain = pipeline()
        self.hurried = threading.Event()
        self._port = port
        self._settings = settings
        self._changed = threading.Condition()
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._follow()), name="slow sink")

    async def __aenter__(self) -> Self:
        self._thread.start()
        await self.until(lambda: self.said("resynced"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hurried.set()
        self._over.set()
        await asyncio.to_thread(self._thread.join)

    async def until(self, found: Callable[[], object]) -> None:
        """Wait until it is so; looked at with every event."""

        def wait() -> bool:
            with self._changed:
                return self._changed.wait_for(lambda: bool(found()), 30)

        assert await asyncio.to_thread(wait), f"it did not come, after {len(self.events)} events"

    async def at_rest(self) -> None:
        """Wait until nothing is in memory."""
        for _ in range(100):
            if kept(self.chain) == 0:
                return
            await asyncio.sleep(0.02)  # the last packets of a call make no event
        raise AssertionError(f"in memory is {kept_by(self.chain)}")

    def said(self, kind: str) -> list[SourceEvent]:
        """What the source said of itself."""
        return [event for event in self.events if isinstance(event, SourceEvent) and event.kind == kind]

    def gaps(self) -> list[Outage]:
        """When nothing was heard: from the last call event before each gap to the first behind the lists."""
        found: list[Outage] = []
        begin, last, is_away = 0.0, 0.0, False
        for event in self.events:
            if isinstance(event, SourceEvent):
                if event.kind == "gap" and not is_away:
                    begin, is_away = last, True
                elif event.kind == "resynced" and is_away:
                    found.append(Outage(begin, datetime.fromisoformat(event.time).timestamp()))
                    is_away = False
            elif isinstance(event, CallEvent) and not event.inferred:
                last = max(last, event.when.timestamp())
        return found

    async def _follow(self) -> None:
        source = sources.ami(url(self._port), secret=SECRET, **self._settings)  # type: ignore[arg-type]  # the buffer
        subscription = source.pipe(lift(lambda: self.chain)).subscribe(self._take)
        await asyncio.to_thread(self._over.wait)
        subscription.dispose()

    def _take(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()
        if isinstance(event, CallEvent) and not self.hurried.is_set():
            time.sleep(PAUSE)


async def test_slow_sinks_for_a_minute() -> None:
    async with (
        Office(22) as office,
        Slow(office.pbx.ami_port) as patient,
        Slow(office.pbx.ami_port, buffer=1 << 20) as small,
    ):
        crowd = Crowd(office)
        await crowd.call_for(SECONDS, A_SECOND)
        late = len(patient.events)
        for slow in (patient, small):
            slow.hurried.set()
        await patient.until(lambda: sum(isinstance(event, Hangup) for event in patient.events) == len(crowd.contacts))
        for slow in (patient, small):
            await slow.at_rest()
            assert slow.said("lost") == []

        assert late < len(patient.events) / 2
        assert patient.said("gap") == []
        assert crowd.differences(patient.events) == []
        assert broken_rules(patient.events, whole=True) == []

        assert len(small.said("gap")) > 1
        assert crowd.differences_but_for(small.gaps(), small.events) == []
        assert broken_rules(small.events) == []
