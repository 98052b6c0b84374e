"""A subscriber of an AMI source, for tests: what it was given, and waiting for more."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from cacofonisk import sources
from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import SourceEvent

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    import pytest

    from cacofonisk.events import Event

CHANNEL = {
    "Channel": "PJSIP/201-1", "ChannelState": "6", "ChannelStateDesc": "Up", "CallerIDNum": "201",
    "CallerIDName": "Alice", "ConnectedLineNum": "202", "ConnectedLineName": "Bob", "Language": "en",
    "AccountCode": "", "Context": "internal",
    "Exten": "202", "Priority": "1", "Uniqueid": "1.1", "Linkedid": "1.1",
}  # fmt: skip


def packet(name: str, **headers: str) -> dict[str, str]:
    return {"Event": name, "Privilege": "call,all", "Timestamp": "1795398074.412447", **headers}


async def logged(caplog: pytest.LogCaptureFixture, text: str) -> None:
    """Wait until this was logged."""
    async with asyncio.timeout(30):
        while text not in caplog.text:  # noqa: ASYNC110  # a log record is no event that can be awaited
            await asyncio.sleep(0.01)


def serve_tls(certificate: Path, *, ask: bool = False) -> ssl.SSLContext:
    """What a server speaks TLS with; `ask`: it wants a certificate of its clients."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if ask:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificate)
    return context


class Client:
    """Subscribes when it is made, disposes when its context ends."""

    def __init__(self, *urls: str, **options: object) -> None:
        self.events: list[Event] = []
        self.errors: list[Exception] = []
        self._changed = asyncio.Event()
        options = {"retry_first": 0.01, "retry_most": 0.05, "wanted": None, **options}
        self.subscription = sources.ami(*urls, **options).subscribe(self._take, self._fail)  # type: ignore[arg-type]  # many kinds

    def _take(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    def _fail(self, error: Exception) -> None:
        self.errors.append(error)
        self._changed.set()

    def names(self, server: str | None = None) -> list[str]:
        """AMI events by name, source events by kind; of one server or of all."""
        return [
            event.name if isinstance(event, AmiEvent) else event.kind
            for event in self.events
            if isinstance(event, AmiEvent | SourceEvent) and server in (None, event.server)
        ]

    def ami(self, name: str) -> list[AmiEvent]:
        return [event for event in self.events if isinstance(event, AmiEvent) and event.name == name]

    def source(self, kind: str) -> list[SourceEvent]:
        return [event for event in self.events if isinstance(event, SourceEvent) and event.kind == kind]

    async def until(self, name: str, count: int = 1, server: str | None = None) -> list[str]:
        """Wait for an event; raises the error that comes instead."""
        async with asyncio.timeout(30):
            while self.names(server).count(name) < count and not self.errors:
                self._changed.clear()
                await self._changed.wait()
        if self.errors:
            raise self.errors[0]
        return self.names(server)

    async def error(self) -> Exception:
        async with asyncio.timeout(30):
            while not self.errors:
                self._changed.clear()
                await self._changed.wait()
        return self.errors[0]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.subscription.dispose()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
