"""The live AMI source: what a user gets in good and in bad times, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import logging
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest

from cacofonisk import sources
from cacofonisk.ami_event import AmiEvent
from cacofonisk.errors import SourceError
from cacofonisk.events import Anomaly, CallEvent, Hangup
from cacofonisk.operators import call_events
from cacofonisk.sources._ami_url import read_url
from cacofonisk.sources._backoff import Backoff
from cacofonisk.testing.ami_server import AmiServer
from tests.ami_client import CHANNEL, Client, logged, packet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from cacofonisk.events import Event


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncIterator[None]:
    """After every test there is no other task, and no timer, in the event loop."""
    yield
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    loop = asyncio.get_running_loop()
    timers = [timer for timer in getattr(loop, "_scheduled", []) if not timer.cancelled()]
    assert timers == []


class TestUrl:
    @pytest.mark.parametrize(
        ("url", "address"),
        [
            ("ami://me:s3cret@pbx1", ("pbx1", 5038, False, "me", "s3cret")),
            ("amis://me:s3cret@pbx1", ("pbx1", 5039, True, "me", "s3cret")),
            ("ami://me:a%2Fb%40c@[::1]:5000", ("::1", 5000, False, "me", "a/b@c")),
        ],
    )
    def test_it_tells_where_and_who(self, url: str, address: tuple[str, int, bool, str, str]) -> None:
        found = read_url(url)
        assert (found.host, found.port, found.tls, found.user, found.secret) == address
        assert found.secret not in repr(found) + str(found)

    @pytest.mark.parametrize(
        "url",
        [
            "pbx1", "http://me:s3cret@pbx1", "ami://me:s3cret@", "ami://:s3cret@pbx1", "ami://me:s3cret@pbx1:abc",
            "ami://me:s3cret@pbx1/x", "ami://me:s3/cret@pbx1", "ami://me:s3cret@[::1", "ami://me:s3cret%0d%0aX@pbx1",
            "ami://me@pbx1",
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_said_without_the_secret(self, url: str) -> None:
        with pytest.raises(SourceError) as caught:
            sources.ami(url)
        assert "s3" not in str(caught.value)

    def test_the_secret_given_apart_is_for_urls_without_one(self) -> None:
        assert read_url("ami://me@pbx1", "apart").secret == "apart"  # of a test
        assert read_url("ami://me:own@pbx1", "apart").secret == "own"  # of a test


class TestBackoff:
    def test_waits_double_up_to_a_cap_and_begin_anew(self) -> None:
        backoff = Backoff(1, 5, lambda: 0.0)
        assert [backoff.wait() for _ in range(5)] == [1, 2, 4, 5, 5]
        backoff.reset()
        assert backoff.wait() == 1

    def test_chance_takes_up_to_half(self) -> None:
        assert Backoff(8, 8, lambda: 1.0).wait() == 4


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
        await asyncio.wait_for(ended.wait(), 10)
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


async def test_the_systemname_is_the_servers_name() -> None:
    async with AmiServer(system_name="pbx-7") as server, Client(server.url) as client:
        await client.until("resynced")
        assert {event.server for event in client.source("connected")} == {"pbx-7"}


async def test_a_given_name_goes_before_the_systemname() -> None:
    async with AmiServer(system_name="pbx-7") as server, Client(server.url, server="mine") as client:
        await client.until("resynced")
        assert client.source("connected")[0].server == "mine"


async def test_stock_is_taken_and_what_happens_meanwhile_keeps_its_place() -> None:
    async with AmiServer() as server:
        server.state.follow(packet("Newchannel", **CHANNEL))
        server.state.follow(packet("BridgeCreate", BridgeUniqueid="b"))
        server.state.follow(packet("BridgeEnter", **CHANNEL, BridgeUniqueid="b"))
        async with Client(server.url) as client:
            names = await client.until("resynced")
            detail = client.source("resynced")[0].detail
    assert names.index("CoreShowChannel") < names.index("Status") < names.index("BridgeInfoChannel")
    assert detail == "CoreShowChannels 1, Status 1, BridgeList 1"


async def test_what_may_not_be_listed_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    async with AmiServer(permitted=()) as server, Client(server.url) as client:
        await client.until("resynced")
        server.cut()
        await client.until("resynced", 2)
        assert "nothing could be listed (CoreShowChannels: Permission denied" in client.source("resynced")[0].detail
    assert sum("it refused CoreShowChannels" in record.message for record in caplog.records) == 1


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
    async with AmiServer() as server, Client(server.url, ping=0.05) as client:
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


async def test_one_refused_server_leaves_the_other_alone() -> None:
    async with AmiServer() as good, AmiServer() as bad:
        urls = (good.url, bad.url.replace(":secret@", ":wrong@"))
        async with Client(*urls, server=["good", "bad"]) as client:
            await client.until("resynced", server="good")
            await bad.asked("Login")
            good.send(packet("Hangup", **CHANNEL))
            await client.until("Hangup", server="good")
            assert client.errors == []


async def test_two_servers_never_share_a_name() -> None:
    one, two = AmiServer(system_name="pbx"), AmiServer(system_name="pbx")
    async with one, two, Client(one.url, two.url) as client:
        await client.until("resynced", 2)
        assert sorted(event.server for event in client.source("connected")) == ["localhost", "pbx"]


async def test_what_is_not_asterisk_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async with AmiServer(greeting=b"SSH-2.0-OpenSSH_9.6\r\n") as server, Client(server.url):
        await logged(caplog, "not Asterisk's AMI")
        assert server.actions == []  # the secret was not sent there
    assert "it says 'SSH-2.0-OpenSSH_9.6'" in caplog.text


async def test_a_server_that_says_nothing_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    async with AmiServer(greeting=b"") as server, Client(server.url, timeout=0.05):
        await logged(caplog, "there was no greeting")


async def test_a_subscriber_that_raises_ends_neither_connection_nor_stream(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []
    done = asyncio.Event()

    def take(event: Event) -> None:
        seen.append(event.name if isinstance(event, AmiEvent) else type(event).__name__)
        if seen[-1] == "Hangup":
            done.set()
        raise ZeroDivisionError

    async with AmiServer([packet("Newchannel", **CHANNEL), packet("Hangup", **CHANNEL)]) as server:
        subscription = sources.ami(server.url).subscribe(take)
        await server.play()
        await asyncio.wait_for(done.wait(), 10)
        subscription.dispose()
    assert {"Newchannel", "Hangup"} <= set(seen)
    assert "a subscriber of an AMI source raised an exception" in caplog.text


async def test_a_full_buffer_drops_whole_packets_says_so_and_takes_stock_anew() -> None:
    async with AmiServer() as server, Client(server.url, buffer=2000) as client:
        await client.until("resynced")
        server.send_bytes(
            b"".join(b"Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: %d\r\n\r\n" % n for n in range(500))
        )
        names = await client.until("resynced", 2)
        (gap,) = client.source("gap")
    missing = int(gap.detail.split()[0])
    assert names.count("Hangup") + missing == 500
    assert missing > 0


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


async def test_dispose_at_any_moment_leaves_nothing() -> None:
    """Disposed of after so many turns of the event loop, from before the connect to long after it."""
    async with AmiServer() as server:
        for turns in range(40):
            subscription = sources.ami(server.url).subscribe()
            for _ in range(turns):
                await asyncio.sleep(0)
            subscription.dispose()
            for _ in range(3):
                await asyncio.sleep(0)
            others = {task for task in asyncio.all_tasks() if task.get_name().startswith("cacofonisk")}
            assert others == set()


def test_without_an_event_loop_it_says_what_is_missing() -> None:
    errors: list[Exception] = []
    sources.ami("ami://me:secret@pbx1").subscribe(on_error=errors.append)
    assert "needs a running asyncio loop" in str(errors[0])


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost with its key, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    pem = folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]  # fmt: skip
    subprocess.run(
        [*command, "-keyout", str(folder / "key.pem"), "-out", str(folder / "crt.pem")], check=True, capture_output=True
    )
    pem.write_bytes((folder / "key.pem").read_bytes() + (folder / "crt.pem").read_bytes())
    return pem


def serve_tls(certificate: Path, *, ask: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if ask:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificate)
    return context


async def test_tls_with_an_authority_of_our_own(certificate: Path) -> None:
    async with AmiServer(tls=serve_tls(certificate)) as server, Client(server.url, ca=certificate) as client:
        assert server.url.startswith("amis://")
        await client.until("resynced")


async def test_tls_is_verified_unless_told_otherwise(certificate: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with AmiServer(tls=serve_tls(certificate)) as server:
        async with Client(server.url):
            await logged(caplog, "its certificate is not trusted: self-signed certificate")
        assert server.actions == []
        async with Client(server.url, verify=False) as client:
            await client.until("resynced")


async def test_tls_with_a_certificate_of_the_client(certificate: Path) -> None:
    server = AmiServer(tls=serve_tls(certificate, ask=True))
    async with server, Client(server.url, ca=certificate, certificate=certificate) as client:
        await client.until("resynced")


def test_files_for_tls_that_are_of_no_use_are_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("x")
    with pytest.raises(SourceError, match=r"no\.pem holds no certificates of authorities"):
        sources.ami("amis://me:secret@pbx1", ca=tmp_path / "no.pem")
    with pytest.raises(SourceError, match=r"none\.pem hold no usable certificate with its key: no such file"):
        sources.ami("amis://me:secret@pbx1", certificate=tmp_path / "none.pem")


async def test_the_secret_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with AmiServer(secret="s3cret") as server, Client(server.url) as client:  # of a test
        await client.until("resynced")
        server.cut()
        await client.until("resynced", 2)
    assert "s3cret" not in caplog.text
