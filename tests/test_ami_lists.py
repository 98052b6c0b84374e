"""The lists of what is live after a login: asked for, waited for, or done without."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cacofonisk.sources import _ami_connection
from cacofonisk.testing.ami_server import AmiServer
from tests.ami_client import CHANNEL, Client, packet

pytestmark = pytest.mark.usefixtures("nothing_is_left")


async def test_stock_is_taken_and_what_happens_meanwhile_keeps_its_place() -> None:
    async with AmiServer() as server:
        server.state.follow(packet("Newchannel", **CHANNEL))
        server.state.follow(packet("BridgeCreate", BridgeUniqueid="b"))
        server.state.follow(packet("BridgeEnter", **CHANNEL, BridgeUniqueid="b"))
        async with Client(server.url) as client:
            names = await client.until("resynced")
            detail = client.source("resynced")[0].detail
    assert names.index("CoreShowChannel") < names.index("Status") < names.index("BridgeListItem")
    assert detail == "CoreShowChannels 1, Status 1, BridgeList 1"


async def test_a_list_that_does_not_name_what_it_lists_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with AmiServer() as server:
        server.state.follow(packet("BridgeCreate", BridgeUniqueid="b"))
        whole = server.state.list

        def nameless(action: dict[str, str]) -> list[dict[str, str]] | None:
            items = whole(action)
            return items and [{key: item[key] for key in item if key != "BridgeUniqueid"} for item in items]

        monkeypatch.setattr(server.state, "list", nameless)
        async with Client(server.url) as client:
            await client.until("resynced")
            assert client.source("resynced")[0].detail == "CoreShowChannels 0, Status 0, BridgeList 1"
            assert not client.errors


async def test_what_may_not_be_listed_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    async with AmiServer(permitted=()) as server, Client(server.url) as client:
        await client.until("resynced")
        server.cut()
        await client.until("resynced", 2)
        assert (
            "nothing could be listed: it refused CoreShowChannels: Permission denied"
            in client.source("resynced")[0].detail
        )
    assert sum("it refused CoreShowChannels" in record.message for record in caplog.records) == 1


class Minutes:
    """Lets the time for an answer pass when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._pass = asyncio.Event()
        self._within = _ami_connection.within
        monkeypatch.setattr(_ami_connection, "within", self)

    def pass_one(self) -> None:
        self._pass.set()

    async def __call__(self, protocol: Any, future: asyncio.Future[Any], seconds: float | None, what: str) -> Any:
        late = asyncio.ensure_future(self._pass.wait())
        try:
            await asyncio.wait({future, protocol.lost, late}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            late.cancel()
        if self._pass.is_set():
            self._pass.clear()
            raise _ami_connection.NoAnswerError(f"there was no {what} within {seconds} s")
        return await self._within(protocol, future, seconds, what)


async def test_a_list_is_waited_for_as_long_as_more_of_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = Minutes(monkeypatch)
    async with AmiServer(unanswered={"Status"}) as server, Client(server.url) as client:
        await server.asked("Status")
        answer = {"ActionID": server.actions[-1]["ActionID"]}
        server.send({"Response": "Success", **answer, "EventList": "start", "Message": "Channel status will follow"})
        for count in range(1, 4):
            server.send({"Event": "Status", **answer, **CHANNEL})
            await client.until("Status", count)
            minutes.pass_one()
        server.send({"Event": "StatusComplete", **answer, "EventList": "Complete", "ListItems": "3"})
        await client.until("resynced")
        assert client.source("resynced")[0].detail == "CoreShowChannels 0, Status 3, BridgeList 0"
        assert client.source("lost") == []


async def test_a_list_that_never_comes_is_asked_for_twice_and_then_done_without(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    minutes = Minutes(monkeypatch)
    why = "there was no answer to Status within 60.0 s"
    async with AmiServer(unanswered={"Status"}) as server, Client(server.url) as client:
        await server.asked("Status")
        minutes.pass_one()
        await client.until("lost")
        assert client.source("lost")[0].detail == why
        for time in (2, 3):
            await server.asked("Status", time)
            minutes.pass_one()
            await client.until("resynced", time - 1)
            assert client.source("resynced")[-1].detail == f"CoreShowChannels 0, BridgeList 0; {why}"
            server.cut()
        server.unanswered = ()
        await client.until("resynced", 3)
        assert client.source("resynced")[-1].detail == "CoreShowChannels 0, Status 0, BridgeList 0"
    assert caplog.messages.count(f"localhost: calls that are up already cannot all be seen: {why}") == 1
