"""The AMI server for tests: what a client of it sees, and that it leaves nothing behind."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from cacofonisk.errors import SourceError
from cacofonisk.testing.ami_server import AmiServer
from tests.ami_client import CHANNEL, Client, packet, serve_tls

if TYPE_CHECKING:
    from pathlib import Path


async def test_it_replays_packets_to_who_is_logged_in() -> None:
    async with (
        AmiServer([packet("Newchannel", **CHANNEL), packet("Hangup", **CHANNEL)]) as server,
        Client(server.url) as client,
    ):
        await client.until("resynced")
        await server.play()
        names = await client.until("Hangup")
    assert names[-2:] == ["Newchannel", "Hangup"]


async def test_it_replays_a_recording_and_loses_the_connection_where_that_was_lost(tmp_path: Path) -> None:
    recording = tmp_path / "two.jsonl"
    recording.write_text(
        '{"Source": "connected", "Server": "pbx", "Time": "1"}\n'
        '{"Event": "Newchannel", "Privilege": "call,all", "Uniqueid": "1.1"}\n'
        '{"Response": "Success"}\n'
        '{"Source": "lost", "Server": "pbx", "Time": "2"}\n'
        '{"Event": "Hangup", "Privilege": "call,all", "Uniqueid": "1.1"}\n'
    )
    async with AmiServer(recording) as server, Client(server.url, server="pbx", resync=False) as client:
        await server.play()
        names = await client.until("Hangup")
    assert [name for name in names if name not in ("FullyBooted", "resynced")] == [
        "connected", "Newchannel", "lost", "connected", "Hangup",
    ]  # fmt: skip


async def test_it_lists_the_channels_and_bridges_it_knows() -> None:
    async with AmiServer() as server:
        async with Client(server.url, resync=False) as client:
            await client.until("connected")
            server.send(packet("BridgeCreate", BridgeUniqueid="b", BridgeType="basic"))
            server.send(packet("Newchannel", **CHANNEL))
            server.send(packet("BridgeEnter", BridgeUniqueid="b", BridgeType="basic", **CHANNEL))
            await client.until("BridgeEnter")
        async with Client(server.url) as client:
            names = await client.until("resynced")
            (shown,) = client.ami("CoreShowChannel")
    assert names == [
        "connected", "FullyBooted", "CoreShowChannel", "CoreShowChannelsComplete", "Status", "StatusComplete",
        "BridgeListItem", "BridgeListComplete", "resynced",
    ]  # fmt: skip
    assert (shown["Uniqueid"], shown["BridgeId"]) == ("1.1", "b")


async def test_it_keeps_no_secret_of_the_actions_it_was_sent() -> None:
    async with AmiServer(secret="s3cret") as server, Client(server.url) as client:  # of a test
        await client.until("resynced")
        actions = [action["Action"] for action in server.actions]
        assert "s3cret" not in str(server.actions)
    assert actions == ["Login", "CoreSettings", "CoreShowChannels", "Status", "BridgeList"]


async def test_it_refuses_a_wrong_secret() -> None:
    async with AmiServer() as server, Client(server.url.replace(":secret@", ":wrong@")) as client:
        with pytest.raises(SourceError, match="refused the login of cacofonisk: Authentication failed"):
            await client.until("connected")


def test_a_recording_that_is_not_there_is_said_at_once() -> None:
    with pytest.raises(SourceError, match=r"none\.jsonl cannot be read: no such file"):
        AmiServer("none.jsonl")


async def test_it_leaves_no_task_behind() -> None:
    server = AmiServer()
    await server.start()
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    await server.stop()
    writer.close()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.usefixtures("nothing_is_left")
@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("scheme", ["ami", "amis"])
async def test_it_leaves_no_connection_behind_that_was_made_as_it_stopped(
    certificate: Path, scheme: str, turns: int
) -> None:
    server = AmiServer(tls=serve_tls(certificate) if scheme == "amis" else None)
    await server.start()
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.settimeout(30)
        for _ in range(turns):  # of the loop, in which it gets so far
            await asyncio.sleep(0)
        await server.stop()
        loop = asyncio.get_running_loop()
        with suppress(ConnectionError):
            while await loop.run_in_executor(None, client.recv, 1024):
                pass
