"""What follows a PBX in these tests: source and pipe as everybody uses them, over TCP, with the least of rights."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from cacofonisk import sources
from cacofonisk.events import Anomaly, CallEvent, Hangup, SourceEvent
from cacofonisk.operators import lift
from cacofonisk.pipeline import pipeline
from tests.asterisk.diary import Diary
from tests.asterisk.live import SECRET
from tests.recordings import draw, kept, kept_by
from tests.rules import by_call

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from reactivex import abc

    from cacofonisk.events import Event


def url(port: int) -> str:
    """The AMI server at a port of this machine, and the user with the least rights."""
    return f"ami://cacofonisk@127.0.0.1:{port}"


class Following:
    """Call events as they come. It is a Follower of the lab's scenarios, too."""

    def __init__(self, **settings: Any) -> None:
        self.events: list[Event] = []
        self.error: Exception | None = None
        self.chain = pipeline()  # what call_events() makes; here to count what it keeps
        self._settings = {"secret": SECRET, "retry_first": 0.1, "retry_most": 0.5, **settings}
        self._watch = Diary()
        self._subscription: abc.DisposableBase | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, *ports: int) -> None:
        """Subscribe to the servers at these ports."""
        source = sources.ami(*map(url, ports), **self._settings)
        calls = source.pipe(lift(lambda: self.chain))
        self._subscription = calls.subscribe(self._on_next, self._on_error)

    async def stop(self) -> None:
        """Unsubscribe; what it had open is closed in the loop's next turns."""
        if self._subscription is not None:
            self._subscription.dispose()
            await asyncio.sleep(0)

    async def attached(self, times: int = 1) -> None:
        """Wait until stock was taken so often."""
        await self.until(lambda: len(self.said("resynced")) >= times, f"login {times}", 20)

    async def until(self, found: Callable[[], object], what: str, within: float = 10) -> None:
        """Wait until it is so; looked at with every event that comes."""
        try:
            await self._watch.until(lambda: self.error or found(), what, within)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{draw(self.events)}") from None
        if self.error:
            raise self.error

    async def at_rest(self, within: float = 10) -> None:
        """Wait until no call is left, and nothing is in memory."""
        await self.until(lambda: not self.live_calls(), "the end of all calls", within)
        for _ in range(100):
            if kept(self.chain) == 0:
                return
            await asyncio.sleep(0.02)  # the last packets of a call make no event
        raise AssertionError(f"no call is left, but in memory is {kept_by(self.chain)}\n{draw(self.events)}")

    @property
    def calls(self) -> list[CallEvent]:
        """The call events alone."""
        return [event for event in self.events if isinstance(event, CallEvent)]

    @property
    def anomalies(self) -> list[str]:
        """What made no sense."""
        return [event.what for event in self.events if isinstance(event, Anomaly)]

    def said(self, kind: str) -> list[SourceEvent]:
        """What the source said of itself."""
        return [event for event in self.events if isinstance(event, SourceEvent) and event.kind == kind]

    def live_calls(self) -> list[str | None]:
        """The calls that have no hangup yet."""
        return [
            call_id
            for (_, call_id), its in by_call(self.events).items()
            if call_id is not None and not isinstance(its[-1], Hangup)
        ]

    def _on_next(self, event: Event) -> None:
        self.events.append(event)
        self._watch.wake()

    def _on_error(self, error: Exception) -> None:
        self.error = error
        self._watch.wake()
