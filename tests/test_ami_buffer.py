"""Between a connection that is always read and slow subscribers: order, a bound, gaps that are told, no waiting."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from cacofonisk import sources
from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import SourceEvent
from cacofonisk.sources import _ami_buffer
from cacofonisk.sources._ami_buffer import Buffer
from cacofonisk.testing.ami_server import AmiServer
from tests.ami_client import CHANNEL, Client, packet

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.events import Event

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def event(number: int) -> AmiEvent:
    return AmiEvent({"Event": "Hangup", "Uniqueid": str(number)})


def told(events: list[Event]) -> list[str]:
    """AMI events by their Uniqueid, source events by kind and detail."""
    return [each["Uniqueid"] if isinstance(each, AmiEvent) else f"{each.kind} {each.detail}".strip()  # type: ignore[union-attr]  # nothing else is put
            for each in events]  # fmt: skip


def buffer(push: Callable[[Event], None], limit: int = 10) -> Buffer:
    """One whose every event is a byte, if so said."""
    return Buffer(
        asyncio.get_running_loop(),
        push,
        lambda missing: SourceEvent(server="pbx", time="", kind="gap", detail=str(missing)),
        limit,
    )


CONNECTED = SourceEvent(server="pbx", time="", kind="connected")


async def test_what_is_put_comes_at_once_while_nothing_waits() -> None:
    seen: list[Event] = []
    full = buffer(seen.append)
    full.put([event(1), event(2)], 2)
    assert told(seen) == ["1", "2"]
    full.put([event(3)], 1)
    assert told(seen) == ["1", "2", "3"]


async def test_what_is_put_while_another_is_handed_on_comes_behind_it() -> None:
    seen: list[Event] = []

    def take(each: Event) -> None:
        if not seen:
            full.put([event(3)], 1)
        seen.append(each)

    full = buffer(take)
    full.put([event(1), event(2)], 2)
    await asyncio.sleep(0)
    assert told(seen) == ["1", "2", "3"]


async def test_a_full_one_drops_whole_reads_and_says_in_their_place_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ami_buffer, "_SLICE", -1.0)  # one event a turn
    seen: list[Event] = []
    full = buffer(seen.append)
    for number in range(15):
        full.put([event(number)], 1)
    full.flush()
    full.put([event(15)], 1)
    assert told(seen) == [*map(str, range(10)), "gap 5", "15"]
    assert full.dropped == 5


async def test_it_takes_no_more_until_it_is_half_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there are few gaps rather than a gap every few packets."""
    monkeypatch.setattr(_ami_buffer, "_SLICE", -1.0)  # one event a turn
    seen: list[Event] = []
    full = buffer(seen.append)
    for number in range(40):
        full.put([event(number)], 1)
        if number % 2:
            await asyncio.sleep(0)  # twice as fast as they are taken
    for _ in range(20):
        await asyncio.sleep(0)
    gaps = [int(each.removeprefix("gap ")) for each in told(seen) if each.startswith("gap")]
    assert len(gaps) == 2
    assert len(seen) - len(gaps) + sum(gaps) == 40


async def test_a_gap_is_said_also_when_nothing_comes_after_it() -> None:
    seen: list[Event] = []
    full = buffer(seen.append)
    full.put([event(1), event(2)], 11)
    for _ in range(2):
        await asyncio.sleep(0)
    assert told(seen) == ["gap 2"]


async def test_a_slow_subscriber_is_interrupted_between_two_events_of_a_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many packets came at once: after each moment the loop may read again."""
    monkeypatch.setattr(_ami_buffer, "_SLICE", -1.0)  # every event takes longer than that
    turns: list[str] = []
    full = buffer(lambda each: turns.append(told([each])[0]))
    full.put([event(1), event(2), event(3)], 3)
    for _ in range(2):
        turns.append("read")
        await asyncio.sleep(0)
    assert turns == ["1", "read", "2", "read", "3"]


async def test_what_came_before_the_server_had_a_name_follows_on_connected_with_its_gap() -> None:
    seen: list[Event] = []
    full = buffer(seen.append)
    full.hold()
    for number in range(12):
        full.put([event(number)], 1)
    full.flush()
    await asyncio.sleep(0)
    assert seen == []
    full.release(CONNECTED)
    await asyncio.sleep(0)
    assert told(seen) == ["connected", "gap 2", *map(str, range(10))]
    assert {each.server for each in seen if isinstance(each, AmiEvent)} == {"pbx"}


async def test_what_was_held_back_of_a_connection_that_failed_is_dropped_and_takes_no_room() -> None:
    seen: list[Event] = []
    full = buffer(seen.append)
    full.hold()
    full.put([event(1)], 10)
    full.hold()
    full.put([event(2)], 10)
    full.release(CONNECTED)
    await asyncio.sleep(0)
    assert told(seen) == ["connected", "2"]


async def test_flush_hands_on_everything_now_and_close_nothing_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ami_buffer, "_SLICE", -1.0)  # one event a turn
    seen: list[Event] = []
    full = buffer(seen.append)
    full.put([event(1), event(2)], 2)
    full.flush()
    assert told(seen) == ["1", "2"]
    full.put([event(3), event(4)], 2)
    full.close()
    full.put([event(5)], 1)
    full.release(CONNECTED)
    await asyncio.sleep(0)
    assert told(seen) == ["1", "2", "3"]


async def test_a_subscriber_that_closes_it_gets_no_more_of_what_came_with_that() -> None:
    seen: list[Event] = []

    def take(each: Event) -> None:
        seen.append(each)
        full.close()

    full = buffer(take)
    full.put([event(1), event(2)], 2)
    await asyncio.sleep(0)
    assert told(seen) == ["1"]


async def test_a_subscriber_that_raises_ends_neither_connection_nor_stream(caplog: pytest.LogCaptureFixture) -> None:
    """Nor does it lose what came in the same read."""
    seen: list[str] = []
    done = asyncio.Event()

    def take(each: Event) -> None:
        seen.append(each.name if isinstance(each, AmiEvent) else type(each).__name__)
        if seen[-1] == "SourceEvent" and "Hangup" in seen:
            done.set()
        raise ZeroDivisionError

    async with AmiServer() as server:
        subscription = sources.ami(server.url).subscribe(take)
        await server.asked("BridgeList")
        server.send_bytes(b"".join(b"Event: %s\r\nPrivilege: call,all\r\nUniqueid: 1\r\n\r\n" % name
                                   for name in (b"QueueCallerAbandon", b"Unhold", b"Hold", b"Hangup")))  # fmt: skip
        await asyncio.wait_for(done.wait(), 30)
        logins = sum(action["Action"] == "Login" for action in server.actions)
        subscription.dispose()
    at = seen.index("QueueCallerAbandon")
    assert seen[at : at + 4] == ["QueueCallerAbandon", "Unhold", "Hold", "Hangup"]
    assert logins == 1
    assert "a subscriber of an AMI source raised an exception" in caplog.text


async def test_after_a_gap_stock_is_taken_anew_and_only_then_it_is_resynced() -> None:
    async with AmiServer() as server:
        server.state.follow(packet("Newchannel", **CHANNEL))
        async with Client(server.url, buffer=4000) as client:
            await client.until("resynced")
            server.send_bytes(
                b"".join(b"Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: %d\r\n\r\n" % n for n in range(500))
            )
            names = await client.until("resynced", 2)
            gaps = client.source("gap")
    assert names.count("Hangup") + sum(int(gap.detail.split()[0]) for gap in gaps) == 500
    assert all(gap.takes_stock for gap in gaps)
    last = len(names) - 1 - names[::-1].index("gap")
    assert names[last:].count("resynced") == 1
    assert "CoreShowChannelsComplete" in names[last:]


async def test_packets_that_are_dropped_while_stock_is_taken_may_be_of_the_lists_so_it_is_taken_again() -> None:
    async with AmiServer() as server:
        server.state.follow(packet("Newchannel", **CHANNEL))
        async with Client(server.url, buffer=4000) as client:
            await server.asked("CoreShowChannels")
            server.send_bytes(b"Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: 1\r\n\r\n" * 100)
            names = await client.until("resynced")
    assert names.count("gap") == 1
    assert names[names.index("gap") :].count("CoreShowChannelsComplete") == 1
