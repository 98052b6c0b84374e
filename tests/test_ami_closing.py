"""Disposing of the live AMI source at any moment: no task, timer or socket of it is left."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from cacofonisk import sources
from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import SourceEvent
from cacofonisk.testing.ami_server import AmiServer
from tests.ami_client import CHANNEL, packet, serve_tls
from tests.conftest import open_sockets

if TYPE_CHECKING:
    from pathlib import Path

    from cacofonisk.events import Event

pytestmark = pytest.mark.usefixtures("nothing_is_left")

TURNS = 10  # of the event loop, after which everything is gone


async def dispose_after(turns: int, url: str, **options: object) -> bool:
    """Dispose after so many turns of the event loop; whether stock was taken by then."""
    events: list[Event] = []
    before = open_sockets()
    subscription = sources.ami(url, **options).subscribe(events.append)  # type: ignore[arg-type]  # many kinds
    for _ in range(turns):
        await asyncio.sleep(0)
    seen = len(events)
    subscription.dispose()
    for _ in range(TURNS):
        await asyncio.sleep(0)
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("cacofonisk")] == []
    await gone(before)
    assert timers() == []
    assert len(events) == seen, "it emits after it was disposed of"
    return any(isinstance(event, SourceEvent) and event.kind == "resynced" for event in events)


def timers() -> list[asyncio.TimerHandle]:
    """What the event loop will do later."""
    loop = asyncio.get_running_loop()
    return [timer for timer in getattr(loop, "_scheduled", []) if not timer.cancelled()]


async def gone(before: set[str]) -> None:
    """Wait until the server, too, has noticed."""
    async with asyncio.timeout(5):
        while not open_sockets() <= before:  # noqa: ASYNC110  # nobody tells when a socket is closed
            await asyncio.sleep(0)


async def test_from_before_the_connection_until_stock_is_taken() -> None:
    async with AmiServer() as server:
        url = server.url.replace("localhost", "127.0.0.1")  # no thread that resolves it: turns are all there is
        turns = 0
        while not await dispose_after(turns, url):
            turns += 1
    assert turns > 10
    moments = {action["Action"] for action in server.actions}
    assert moments == {"Login", "CoreSettings", "CoreShowChannels", "Status", "BridgeList"}


async def test_from_before_the_handshake_of_tls_until_stock_is_taken(certificate: Path) -> None:
    async with AmiServer(tls=serve_tls(certificate)) as server:
        turns = 0
        while not await dispose_after(turns, server.url, ca=certificate):
            turns += 1
    assert turns > 10


@pytest.mark.parametrize("turns", range(12))
async def test_while_it_waits_for_the_next_try(turns: int) -> None:
    server = AmiServer()
    await server.start()
    await server.stop()
    await dispose_after(turns * 3, server.url, retry_first=30.0)


async def test_by_a_subscriber_in_the_middle_of_a_chunk() -> None:
    seen: list[str] = []
    done = asyncio.Event()

    def take(event: Event) -> None:
        if isinstance(event, AmiEvent) and event.name == "Newchannel":
            seen.append(event["Uniqueid"])
            subscription.dispose()
            done.set()

    async with AmiServer() as server:
        subscription = sources.ami(server.url).subscribe(take)
        await server.asked("BridgeList")
        for _ in range(3):
            server.send(packet("Newchannel", **CHANNEL))
        await asyncio.wait_for(done.wait(), 30)
        await asyncio.sleep(0)
    assert seen == ["1.1"]


async def test_from_another_thread() -> None:
    async with AmiServer() as server:
        subscription = sources.ami(server.url).subscribe()
        await server.asked("BridgeList")
        await asyncio.to_thread(subscription.dispose)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        assert timers() == []
    await asyncio.get_running_loop().shutdown_default_executor()


def test_by_the_end_of_the_event_loop() -> None:
    """Nobody disposes; asyncio.run cancels what is left, and nothing complains."""

    async def leave() -> None:
        async with AmiServer() as server:
            sources.ami(server.url).subscribe()
            await server.asked("BridgeList")

    asyncio.run(leave())
