"""The live AMI source in good times: what a user gets of one server and of several."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from cacofonisk import sources
from cacofonisk.events import Anomaly, CallEvent, Hangup
from cacofonisk.operators import call_events
from cacofonisk.sources._framing import Framer
from cacofonisk.testing.ami_server import AmiServer
from tests.ami_client import CHANNEL, Client, packet

if TYPE_CHECKING:
    from cacofonisk.events import Event
    from cacofonisk.sources._framing import Packet

pytestmark = pytest.mark.usefixtures("nothing_is_left")


async def test_a_recorded_call_comes_live() -> None:
    """From `started` to `hangup`, under the name of the host."""
    call = [
        packet("Newchannel", **{**CHANNEL, "ChannelState": "4", "ChannelStateDesc": "Ring"}),
        packet("Hangup", **CHANNEL, Cause="16"),
    ]
    seen: list[Event] = []
    ended = asyncio.Event()

    def take(event: Event) -> None:
        seen.append(event)
        if isinstance(event, Hangup):
            ended.set()

    async with AmiServer(call) as server:
        subscription = sources.ami(server.url).pipe(call_events()).subscribe(take)
        await server.play()
        await asyncio.wait_for(ended.wait(), 30)
        subscription.dispose()
    assert [event.event for event in seen if isinstance(event, CallEvent)] == ["started", "hangup"]
    assert {getattr(event, "server", None) for event in seen} == {"localhost"}


async def test_unwanted_events_are_not_given() -> None:
    async with AmiServer() as server, Client(server.url, wanted={"Hangup"}, resync=False) as client:
        await client.until("resynced")
        server.send(packet("VarSet", **CHANNEL))
        server.send(packet("Hangup", **CHANNEL))
        assert await client.until("Hangup") == ["connected", "resynced", "Hangup"]


async def test_it_may_come_in_single_bytes() -> None:
    async with AmiServer(piece=1) as server, Client(server.url) as client:
        await client.until("resynced")
        server.send(packet("Newchannel", **{**CHANNEL, "CallerIDName": "日本"}))
        await client.until("Newchannel")
        assert client.ami("Newchannel")[0]["CallerIDName"] == "日本"


async def test_one_refused_server_leaves_the_other_alone() -> None:
    async with AmiServer() as good, AmiServer() as bad:
        urls = (good.url, bad.url.replace(":secret@", ":wrong@"))
        async with Client(*urls, server=["good", "bad"]) as client:
            await client.until("resynced", server="good")
            await bad.asked("Login")
            good.send(packet("Hangup", **CHANNEL))
            await client.until("Hangup", server="good")
            assert client.errors == []


async def test_who_was_let_in_before_is_not_given_up_when_it_is_refused() -> None:
    """Somebody changes manager.conf, and changes it back."""
    async with AmiServer() as server, Client(server.url) as client:
        await client.until("resynced")
        server.secret = "another"
        server.cut()
        await server.asked("Login", 3)
        server.secret = "secret"
        await client.until("resynced", 2)
        assert client.errors == []


@pytest.mark.parametrize(
    "forged",
    [
        "Response: a\r\nActionID: a\r\nActionID: b",
        "Response: a\r\nResponse: b\r\nActionID: {id}",
        "Event: StatusComplete\r\nEvent: x\r\nActionID: {id}\r\nActionID: {id}",
    ],
)
async def test_an_answer_that_says_something_twice_ends_nothing(forged: str) -> None:
    async with AmiServer() as server, AmiServer() as other, Client(server.url, other.url, server=["a", "b"]) as client:
        await client.until("resynced", server="a")
        await client.until("resynced", server="b")
        for action in server.actions:
            server.send_bytes(forged.format(id=action.get("ActionID", "")).encode() + b"\r\n\r\n")
        server.send(packet("Newchannel", **CHANNEL))
        other.send(packet("Newchannel", **CHANNEL))
        await client.until("Newchannel", server="a")
        await client.until("Newchannel", server="b")
        assert client.source("lost") == []


async def test_a_bug_in_reading_costs_one_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    feed = Framer.feed

    def broken(self: Framer, chunk: bytes, received: float = 0.0) -> list[Packet]:
        if b"Event: Newchannel" in chunk:
            raise ZeroDivisionError
        return feed(self, chunk, received)

    monkeypatch.setattr(Framer, "feed", broken)
    async with AmiServer() as server, AmiServer() as other, Client(server.url, other.url, server=["a", "b"]) as client:
        await client.until("resynced", server="a")
        await client.until("resynced", server="b")
        server.send(packet("Newchannel", **CHANNEL))
        await client.until("resynced", 2, server="a")
        assert [event.server for event in client.source("lost")] == ["a"]
        assert client.errors == []
    assert "a: a bug of cacofonisk, please report it" in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_forged_packets_are_anomalies_that_change_nothing() -> None:
    true = "Event: Newchannel\r\nPrivilege: call,all\r\nTimestamp: 1.5\r\n" + "\r\n".join(
        f"{k}: {v}" for k, v in CHANNEL.items()
    )
    hostile = true.replace("CallerIDNum: 201", "CallerIDNum: 201\r\n\r\nEvent: Hangup\r\nUniqueid: 9.9\r\n\r\n")
    async with AmiServer() as server, Client(server.url) as client:
        await client.until("resynced")
        server.send_bytes(hostile.encode() + b"\r\n\r\n")
        server.send_bytes(b"Event: Hangup\r\nUniqueid: 9.9\r\n\r\n")
        server.send_bytes(true.replace("Newchannel", "Newstate").encode() + b"\r\n\r\n")
        await client.until("Newstate")
        (newchannel,) = client.ami("Newchannel")
        what = [event.what for event in client.events if isinstance(event, Anomaly)]
    assert client.ami("Hangup") == []
    assert (newchannel["Uniqueid"], newchannel["CallerIDNum"]) == ("1.1", "201")
    assert any("has no Privilege header" in each for each in what)


def test_without_an_event_loop_it_says_what_is_missing() -> None:
    errors: list[Exception] = []
    sources.ami("ami://me:secret@pbx1").subscribe(on_error=errors.append)
    assert "needs a running asyncio loop" in str(errors[0])
