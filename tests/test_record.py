"""`run`, `record` and `check` as a user meets them, and the recordings: replayed they give what was seen live."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cacofonisk
from cacofonisk import sources
from cacofonisk.events import CallEvent, UserEvent
from cacofonisk.operators import call_events
from cacofonisk.sinks import to_json
from cacofonisk.testing.ami_server import AmiServer
from cacofonisk.times import rfc3339
from tests.ami_client import CHANNEL, Client, packet
from tests.test_cli import broken

if TYPE_CHECKING:
    from cacofonisk.errors import SourceError
    from cacofonisk.events import Event

RING = {**CHANNEL, "ChannelState": "4", "ChannelStateDesc": "Ring"}
CALL = [
    packet("Newchannel", **RING),
    packet("VarSet", **RING, Variable="a", Value="b"),
    packet("Hangup", **CHANNEL, Cause="16"),
]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(Path(str(cacofonisk.__file__)).parents[1]),
    "CACOFONISK_SECRET": "secret",
}


def fail(error: SourceError) -> None:
    pytest.fail(str(error))


def url(server: AmiServer) -> str:
    return f"ami://cacofonisk@localhost:{server.port}"


async def start(
    *arguments: object, stdin: int | None = None, stderr: int = asyncio.subprocess.PIPE, **environment: str
) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cacofonisk",
        *map(str, arguments),
        stdin=stdin,
        stdout=pipe,
        stderr=stderr,
        env={**ENVIRONMENT, **environment},
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # under nohup it would be ignored
    )


async def finish(
    process: asyncio.subprocess.Process, number: signal.Signals | None = None
) -> tuple[int | None, str, str]:
    if number is not None:
        process.send_signal(number)
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), (err or b"").decode()


async def replay(path: Path, server: str) -> bytes:
    process = await start("replay", path, "--to", "stdout:jsonl", "--server", server)
    _, out, err = await finish(process)
    assert err == ""
    return out.encode()


async def replay_if_any(path: Path) -> bytes:
    return await replay(path, "pbx") if path.stat().st_size else b""  # noqa: ASYNC240  # a small file


async def grows(path: Path, text: bytes) -> None:
    """Wait until this text stands in the file."""
    async with asyncio.timeout(60):
        while not path.exists() or text not in path.read_bytes():  # noqa: ASYNC110, ASYNC240  # another process writes
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("name", ["call.jsonl", "call.jsonl.gz", "call.ami", "call.ami.gz"])
async def test_a_recording_replays_to_what_was_seen_live(tmp_path: Path, name: str) -> None:
    seen: list[Event] = []
    ended = asyncio.Event()

    def take(event: Event) -> None:
        seen.append(event)
        if getattr(event, "event", "") == "hangup":
            ended.set()

    async with AmiServer(CALL) as server:
        with sources.Recorder(tmp_path / name, on_failure=fail) as recorder:
            subscription = sources.ami(server.url, server="pbx", record=recorder).pipe(call_events()).subscribe(take)
            await server.play()
            await asyncio.wait_for(ended.wait(), 30)
            subscription.dispose()
    live = b"".join(to_json(event) for event in seen if isinstance(event, CallEvent))
    assert live.count(b"\n") == 2
    assert await replay(tmp_path / name, "pbx") == live


async def test_all_events_are_recorded_with_the_time_of_receipt_where_they_have_none(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    with sources.Recorder(path, on_failure=fail) as recorder:
        async with (
            AmiServer() as server,
            Client(server.url, server="pbx", wanted={"Hangup"}, record=recorder) as client,
        ):
            await client.until("resynced")
            server.send(packet("VarSet", **CHANNEL))
            server.send(packet("Hangup", **CHANNEL))
            await client.until("Hangup")
            assert client.ami("VarSet") == []
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[0].keys() == {"Source", "Server", "Time", "Detail"}
    assert [line.get("Event") or line["Source"] for line in lines] == [
        "connected", "FullyBooted", "CoreShowChannelsComplete", "StatusComplete", "BridgeListComplete", "resynced",
        "VarSet", "Hangup",
    ]  # fmt: skip
    assert "Received" in lines[1]
    assert "Received" not in lines[-1]


@pytest.mark.parametrize("name", ["call.jsonl", "call.ami"])
async def test_the_time_that_a_dialplan_says_is_not_when_it_was_said(tmp_path: Path, name: str) -> None:
    said = {"Event": "UserEvent", "Privilege": "user,all", "UserEvent": "Bill", "Timestamp": "12.5"}
    with sources.Recorder(tmp_path / name, on_failure=fail) as recorder:
        async with AmiServer() as server, Client(server.url, server="pbx", record=recorder) as client:
            await client.until("resynced")
            server.send(said)  # of a PBX without timestampevents
            await client.until("UserEvent")
            (live,) = client.ami("UserEvent")
    assert live.timestamp == live.received > 1e9
    found: list[Event] = []
    sources.file(tmp_path / name).pipe(call_events()).subscribe(found.append)
    (event,) = (event for event in found if isinstance(event, UserEvent))
    assert event.fields == {"Timestamp": "12.5"}
    assert not event.time.startswith("1970-01-01T00:00:12.5")
    if name == "call.jsonl":  # raw bytes hold no time of receipt
        assert event.time == rfc3339(live.timestamp)


async def test_a_second_recording_is_appended(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl.gz"
    for _ in range(2):
        with sources.Recorder(path, on_failure=fail) as recorder:
            async with AmiServer() as server, Client(server.url, record=recorder) as client:
                await client.until("resynced")
    assert gzip.decompress(path.read_bytes()).count(b'"connected"') == 2


async def test_bytes_that_are_no_utf8_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    with sources.Recorder(path, on_failure=fail) as recorder:
        async with AmiServer() as server, Client(server.url, record=recorder) as client:
            await client.until("resynced")
            server.send_bytes(b"Event: Hangup\r\nPrivilege: call,all\r\nCallerIDName: \xff\r\n\r\n")
            await client.until("Hangup")
    found: list[Event] = []
    sources.file(path, wanted={"Hangup"}).subscribe(found.append)
    assert [event["CallerIDName"] for event in found if hasattr(event, "headers")] == ["\udcff"]  # type: ignore[index]  # an AmiEvent


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_run_gives_call_events_until_a_signal(tmp_path: Path, number: signal.Signals, status: int) -> None:
    path = tmp_path / "calls.jsonl"
    async with AmiServer(CALL) as server:
        process = await start(
            "run", url(server), "--to", f"file:{path}", "--server", "pbx", "--record", tmp_path / "own.jsonl.gz"
        )
        await server.asked("BridgeList")
        await server.play()
        await grows(path, b'"hangup"')
        found = await finish(process, number)
    assert found == (status, "", f"cacofonisk: pbx: connected to localhost:{server.port}\n")
    assert await replay(tmp_path / "own.jsonl.gz", "pbx") == path.read_bytes()


async def test_run_says_at_once_that_the_disk_is_full_goes_on_and_fails_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    async with AmiServer(CALL) as server:
        process = await start("run", url(server), "--to", f"file:{path}", "--server", "pbx", "--record", "/dev/full")
        assert process.stderr is not None
        lines = [(await asyncio.wait_for(process.stderr.readline(), 60)).decode() for _ in range(2)]
        await server.asked("BridgeList")
        await server.play()
        await grows(path, b'"hangup"')
        found = await finish(process, signal.SIGTERM)
    says = "no space left on device; the recording ends here, call events go on"
    assert lines[1] == f"cacofonisk: /dev/full cannot be written: {says}\n"
    assert found == (1, "", "")


@pytest.mark.parametrize("command", ["run", "record"])
async def test_that_the_login_is_refused_is_said_and_a_service_manager_need_not_try_again(
    tmp_path: Path, command: str
) -> None:
    options = ["-o", str(tmp_path / "day.jsonl")] if command == "record" else []
    async with AmiServer(secret="another") as server:  # of a test
        status, out, err = await finish(await start(command, url(server), *options))
    assert (status, out) == (2, "")
    assert err == f"cacofonisk: localhost:{server.port} refused the login of cacofonisk: Authentication failed\n"


@pytest.mark.parametrize("how", ["full", "without a reader"])
async def test_what_cannot_be_said_on_standard_error_ends_no_live_service(how: str) -> None:
    with broken(how) as nowhere:
        async with AmiServer([packet("Hangup", **CHANNEL, Cause="16"), *CALL]) as server:
            process = await start("run", server.url, "--anomalies", "-f", "jsonl", stderr=nowhere)
            await server.asked("BridgeList")
            await server.play()
            assert process.stdout is not None
            seen = [json.loads(await asyncio.wait_for(process.stdout.readline(), 60))["event"] for _ in range(2)]
            status, _, _ = await finish(process, signal.SIGTERM)
    assert (seen, status) == (["started", "hangup"], 143)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
async def test_run_says_at_once_that_its_sink_has_failed_and_ends() -> None:
    async with AmiServer(CALL[:1]) as server:  # no other event comes
        process = await start("run", server.url, "--to", "file:/dev/full")
        await server.asked("BridgeList")
        await server.play()
        status, out, err = await finish(process)
    assert (status, out) == (1, "")
    assert err.splitlines()[-1] == "cacofonisk: /dev/full cannot be written: no space left on device"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
async def test_run_says_at_once_that_one_sink_has_failed_and_goes_on_with_the_others() -> None:
    async with AmiServer(CALL[:1]) as server:
        process = await start("run", server.url, "--to", "file:/dev/full", "--to", "stdout:")
        assert process.stderr is not None
        assert process.stdout is not None
        await server.asked("BridgeList")
        await server.play()
        async with asyncio.timeout(60):
            while b"/dev/full cannot be written" not in await process.stderr.readline():
                pass
            server.send(CALL[-1])
            lines = [await process.stdout.readline(), await process.stdout.readline()]
        status, out, _ = await finish(process, signal.SIGTERM)
    assert all(lines)
    assert (status, out) == (143, "")


async def test_the_secret_may_be_in_a_file_or_in_the_url(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    async with AmiServer(secret="s3cret") as server:  # of a test
        process = await start("run", url(server), "--secret-file", tmp_path / "secret", "-f", "jsonl")
        await server.asked("BridgeList")
        assert (await finish(process, signal.SIGINT))[0] == 130
        process = await start("run", server.url)
        await server.asked("BridgeList", 2)
        status, _, err = await finish(process, signal.SIGINT)
    assert status == 130
    assert "the secret in the URL can be seen in the list of processes" in err
    assert "s3cret" not in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "pbx1"), "an AMI server is named by a URL, as in ami://user@host:5038"),
        (("run", "ami://me@pbx1", "--secret-file", "none"), "none cannot be read: no such file or directory"),
        (
            ("record", "ami://me@pbx1", "-o", "none/x.jsonl"),
            "none/x.jsonl cannot be written: no such file or directory",
        ),
        (("check", "http://me@pbx1"), "an AMI server is named by a URL"),
        (("check", "ami://me@pbx1", "--seconds", "nan"), "--seconds must be 0 or more, not nan"),
        (("check", "ami://me@pbx1", "--seconds", "inf"), "--seconds must be 0 or more, not inf"),
        (("check", "ami://me@pbx1", "--seconds", "-1"), "--seconds must be 0 or more, not -1"),
        (("check", "ami://me@pbx1", "--ca", "x.pem"), "ca is for TLS, which ami:// does without: write amis://"),
        (("run", "AMI://me@pbx1", "--ca", "x.pem"), "ca is for TLS, which ami:// does without: write amis://"),
        (("check", "ami://me@pbx1", "--key", "x"), "key is for TLS, which ami:// does without"),
        (
            ("run", "ami://me@pbx1", "--server", "a", "--server", "b"),
            "there are more names (a, b) than servers: give one for each URL, in their order",
        ),
        (
            ("run", "ami://me@pbx1", "ami://me@pbx2", "--server", "a", "--server", "a"),
            "two servers with one name: give each a name of its own, in the order of the URLs",
        ),
        (("run", "ami://me@pbx1"), "no secret: put it into the environment as CACOFONISK_SECRET, or use --secret-file"),
    ],
)
async def test_what_cannot_begin_is_said_in_one_line(arguments: tuple[str, ...], says: str) -> None:
    secret = "" if says.startswith("no secret") else "secret"
    status, out, err = await finish(await start(*arguments, CACOFONISK_SECRET=secret))
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert says in err


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.ami", "a.ami.gz"])
async def test_what_record_wrote_can_be_replayed_after_it_was_killed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    async with AmiServer(CALL) as server:
        process = await start("record", url(server), "-o", path, "--server", "pbx")
        await server.asked("BridgeList")
        await server.play()
        async with asyncio.timeout(60):
            while not (path.exists() and b'"hangup"' in await replay_if_any(path)):  # noqa: ASYNC110  # another process writes
                await asyncio.sleep(0.05)
        await finish(process, signal.SIGKILL)
    assert (await replay(path, "pbx")).count(b"\n") == 2


async def test_check_says_what_works_and_what_to_change() -> None:
    async with AmiServer(permitted={"CoreShowChannels", "Status"}) as server:
        process = await start("check", url(server), "--seconds", "0.2")
        status, out, _ = await finish(process)
    assert status == 1
    assert out.splitlines() == [
        "ok      connected and logged in, Asterisk Call Manager/11.0.0",
        "ok      CoreShowChannels is permitted: 0 listed",
        "ok      Status is permitted: 0 listed",
        "missing BridgeList is refused (Permission denied): calls that are up at the login are not all seen",
        "        -> write = reporting",
        "ok      events of class system (restarts) come: 1 seen",
        "unsure  no call event in 0.2 s: make a call while this runs, or see",
        "        -> read = system,call,agent,user",
    ]


async def test_check_is_content_with_a_server_that_has_it_all() -> None:
    async with AmiServer() as server:
        process = await start("check", url(server), "--seconds", "1")
        await server.asked("CoreShowChannels")  # it is logged in, and looks at events from then on
        server.send(packet("Newchannel", **RING))
        status, out, _ = await finish(process)
    assert status == 0
    assert "ok      events of class call (calls) come: 1 seen" in out


async def test_check_says_that_nobody_is_there() -> None:
    server = AmiServer()
    await server.start()
    await server.stop()
    status, out, _ = await finish(await start("check", url(server)))
    assert status == 1
    assert out.startswith(f"missing no connection to localhost:{server.port}: connection refused\n")
