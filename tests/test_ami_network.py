"""The live AMI source in bad times: servers that are away, silent, refusing or none; networks that lead nowhere."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, Any

import pytest

from cacofonisk.errors import SourceError
from cacofonisk.sources import _ami_server
from cacofonisk.sources._backoff import Backoff
from cacofonisk.testing.ami_server import AmiServer
from tests.ami_client import Client, logged

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("nothing_is_left")


class TestBackoff:
    def test_waits_double_up_to_a_cap_and_begin_anew(self) -> None:
        backoff = Backoff(1, 5, lambda: 0.0)
        assert [backoff.wait() for _ in range(5)] == [1, 2, 4, 5, 5]
        backoff.reset()
        assert backoff.wait() == 1

    def test_chance_takes_up_to_half(self) -> None:
        assert Backoff(8, 8, lambda: 1.0).wait() == 4


async def test_a_lost_connection_is_told_and_comes_back() -> None:
    async with AmiServer() as server, Client(server.url) as client:
        await client.until("resynced")
        server.cut()
        names = await client.until("resynced", 2)
    assert [name for name in names if name in ("connected", "lost", "resynced")] == [
        "connected", "resynced", "lost", "connected", "resynced",
    ]  # fmt: skip


async def test_a_server_that_is_away_is_tried_until_it_comes(caplog: pytest.LogCaptureFixture) -> None:
    server = AmiServer()
    await server.start()
    await server.stop()
    async with Client(server.url) as client:
        await logged(caplog, "connection refused")
        await server.start()
        await client.until("resynced")
    await server.stop()
    assert caplog.text.count("connection refused") == 1


async def test_a_connection_that_fell_silent_is_given_up() -> None:
    async with AmiServer() as server, Client(server.url, ping=0.1) as client:
        await client.until("resynced")
        server.stall()
        await client.until("resynced", 2)
        assert "nothing was heard from it for 0.1 s" in client.source("lost")[0].detail


async def test_pings_keep_a_quiet_connection() -> None:
    async with AmiServer() as server, Client(server.url, ping=0.3) as client:
        await client.until("resynced")
        await server.asked("Ping", 4)
        assert client.source("lost") == []


async def test_a_refused_login_ends_the_source_after_one_try(caplog: pytest.LogCaptureFixture) -> None:
    async with AmiServer() as server, Client(server.url.replace(":secret@", ":s3cret@")) as client:
        error = await client.error()
        assert len(server.actions) == 1
    assert isinstance(error, SourceError)
    assert str(error) == f"localhost:{server.port} refused the login of cacofonisk: Authentication failed"
    assert "s3cret" not in caplog.text


async def test_what_is_not_asterisk_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async with AmiServer(greeting=b"SSH-2.0-OpenSSH_9.6\r\n") as server, Client(server.url):
        await logged(caplog, "not Asterisk's AMI")
        assert server.actions == []  # the secret was not sent there
    assert "it says 'SSH-2.0-OpenSSH_9.6'" in caplog.text


async def test_a_server_that_says_nothing_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    async with AmiServer(greeting=b"") as server, Client(server.url, timeout=0.05):
        await logged(caplog, "there was no greeting")


async def test_the_secret_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with AmiServer(secret="s3cret") as server, Client(server.url) as client:  # of a test
        await client.until("resynced")
        server.cut()
        await client.until("resynced", 2)
    assert "s3cret" not in caplog.text


async def test_waits_grow_while_the_server_is_away_and_begin_anew_when_it_was_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    enough = asyncio.Event()

    class Hasty(Backoff):
        def wait(self) -> float:
            waits.append(super().wait())
            if len(waits) == 5:
                enough.set()
            return 0.001

    monkeypatch.setattr(_ami_server, "Backoff", Hasty)
    server = AmiServer()
    await server.start()
    await server.stop()
    async with Client(server.url, retry_first=1, retry_most=5, random=lambda: 0.0) as client:
        await asyncio.wait_for(enough.wait(), 30)
        assert waits[:5] == [1, 2, 4, 5, 5]
        await server.start()
        await client.until("resynced")
        waits.clear()
        server.cut()
        await client.until("resynced", 2)
    assert waits[:1] == [1]
    await server.stop()


async def test_an_action_without_an_answer_is_not_sent_again_on_the_next_connection() -> None:
    async with AmiServer() as server, Client(server.url) as client:
        await server.asked("Login")
        server.stall()
        await server.asked("CoreSettings")
        server.cut()
        await client.until("resynced")
        actions = [action["Action"] for action in server.actions]
        ids = [action["ActionID"] for action in server.actions]
    assert actions == ["Login", "CoreSettings", "Login", "CoreSettings", "CoreShowChannels", "Status", "BridgeList"]
    assert len(set(ids)) == len(ids)


async def test_a_failed_write_is_a_lost_connection_and_does_not_log_the_secret(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def fail(_: object, data: bytes) -> None:
        raise RuntimeError(f"cannot write {data!r}")

    async with AmiServer(secret="s3cret") as server:  # of a test
        with monkeypatch.context() as patch:
            patch.setattr("asyncio.selector_events._SelectorSocketTransport.write", _only_actions(fail))
            client = Client(server.url)
            await logged(caplog, "not connected: it could not be written to")
        async with client:
            await client.until("resynced")  # tried again, and well
    assert "s3cret" not in caplog.text
    assert not any("s3cret" in str(record.__dict__) for record in caplog.records)


def _only_actions(fail: Callable[[object, bytes], None]) -> Callable[[Any, bytes], None]:
    """Writing that fails for what a client sends."""
    write = asyncio.selector_events._SelectorSocketTransport.write  # type: ignore[attr-defined]  # noqa: SLF001

    def choose(transport: object, data: bytes) -> None:
        (fail if b"Action: " in data else write)(transport, data)

    return choose


def has_ipv6() -> bool:
    """Whether this machine can talk to itself by IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
async def test_ipv6() -> None:
    async with AmiServer(host="::1") as server, Client(server.url) as client:
        assert f"@[::1]:{server.port}" in server.url
        await client.until("resynced")
        assert client.source("connected")[0].server == "::1"


async def test_a_host_whose_first_address_leads_nowhere_is_reached_at_its_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As with an IPv6 that no router knows: nobody refuses, nobody answers."""
    loop = asyncio.get_running_loop()
    connect = loop.sock_connect
    tried: list[str] = []

    def resolve(*_: object, **__: object) -> list[object]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*kind, ("127.0.0.2", server.port)), (*kind, ("127.0.0.1", server.port))]

    async def silent(sock: socket.socket, address: tuple[str, int]) -> None:
        tried.append(address[0])
        await (asyncio.Event().wait() if address[0] == "127.0.0.2" else connect(sock, address))

    async with AmiServer() as server:
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        monkeypatch.setattr(loop, "sock_connect", silent)
        async with Client(server.url, timeout=2) as client:
            await client.until("resynced")
    assert tried == ["127.0.0.2", "127.0.0.1"]


async def test_a_host_that_refuses_at_all_its_addresses_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server = AmiServer()
    await server.start()
    await server.stop()

    def resolve(*_: object, **__: object) -> list[object]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*kind, ("127.0.0.1", server.port)), (*kind, ("127.0.0.2", server.port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    async with Client(server.url):
        await logged(caplog, f"localhost:{server.port}: not connected: connection refused; trying again")
