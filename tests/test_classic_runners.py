"""The classic runners, on a server that replays real calls: hosts, managers, signals, and the end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import reactivex

from cacofonisk.classic import AmiRunner, BaseReporter, CallerId, ChannelManager, FileRunner, JsonReporter
from cacofonisk.errors import SourceError
from cacofonisk.testing import AmiServer
from tests.recordings import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reactivex import Observable

    from cacofonisk.ami_event import Headers
    from cacofonisk.events import Event

ATTENDED = FOLDER / "ast22" / "attended_transfer_by_caller.jsonl"
BLIND = FOLDER / "ast16sip" / "blind_transfer_by_callee.jsonl"
QUICK: dict[str, Any] = {"retry_first": 0.01, "retry_most": 0.05}


class Noting(BaseReporter):
    """Keeps what it is told, and stops its runner after so many hangups."""

    def __init__(self, until: int = 1) -> None:
        self.told: list[tuple[str, ...]] = []
        self.closed = 0
        self.runner: Any = None
        self._until = until

    def on_up(self, call_id: str, caller: CallerId, callee: CallerId) -> None:
        self.told.append((call_id, caller.number, callee.number))

    def on_transfer(self, call_id: str, redirector: CallerId, party1: CallerId, party2: CallerId) -> None:
        self.told.append((call_id, redirector.number, party1.number, party2.number))

    def on_hangup(self, call_id: str, caller: CallerId, callee: CallerId, reason: str) -> None:
        self.told.append((call_id, caller.number, callee.number, reason))
        self._until -= 1
        if not self._until and self.runner is not None:
            self.runner.stop()

    def close(self) -> None:
        self.closed += 1


def replayed(path: Path) -> list[tuple[str, ...]]:
    reporter = Noting()
    FileRunner(path, reporter).run()
    return reporter.told


def as_dict(server: AmiServer) -> Any:
    return {"host": "localhost", "username": server.user, "password": server.secret, "port": server.port}


def as_tuple(server: AmiServer) -> Any:
    return ("localhost", server.user, server.secret, server.port)


def as_url(server: AmiServer) -> Any:
    return server.url


@pytest.mark.parametrize("host", [as_dict, as_tuple, as_url])
async def test_a_live_server(host: Callable[[AmiServer], Any]) -> None:
    async with AmiServer(ATTENDED, secret="s/e c#r@t:%", system_name="pbx") as server:
        reporter = Noting(until=2)
        runner = reporter.runner = AmiRunner((host(server),), reporter, **QUICK)
        await asyncio.gather(asyncio.to_thread(runner.run), server.play())
    assert (reporter.told, reporter.closed) == (replayed(ATTENDED), 1)


def test_hosts_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def ami(*urls: str, **_options: Any) -> Observable[Event]:
        seen.extend(urls)
        return reactivex.never()

    monkeypatch.setattr("cacofonisk.sources.ami", ami)
    AmiRunner([{"host": "10.0.0.1", "username": "me", "password": "x"}, ("::1", "me", "a b/c"), "amis://u:p@h"])
    AmiRunner({"host": "pbx", "username": "me", "password": "x", "port": "5039"})
    AmiRunner("ami://u:p@h")
    AmiRunner(["tcp://u:p@h:5038", "tls://u:p@h"])
    AmiRunner(({"host": "", "username": "cacofonisk", "password": "bard", "port": 5038},))
    assert seen == [
        "ami://me:x@10.0.0.1:5038", f"ami://me:{quote('a b/c', safe='')}@[::1]:5038", "amis://u:p@h",
        "ami://me:x@pbx:5039", "ami://u:p@h", "ami://u:p@h:5038", "amis://u:p@h",
        "ami://cacofonisk:bard@localhost:5038",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        ({"host": "pbx", "username": "me", "secret": "hush"},),
        (("pbx", "hush"),),
        ("pbx", "me", "hush"),
        ({"host": "pbx", "username": "me", "password": "hush", "port": "none"},),
    ],
)
def test_hosts_that_are_none_are_told_without_the_secret(hosts: Any) -> None:
    with pytest.raises(SourceError) as caught:
        AmiRunner(hosts)
    assert "hush" not in str(caught.value)


async def test_several_servers_have_a_manager_each() -> None:
    async with AmiServer(ATTENDED, system_name="one") as one, AmiServer(BLIND, system_name="two") as two:
        reporter = Noting(until=3)
        runner = reporter.runner = AmiRunner([one.url, two.url], reporter, Counting, **QUICK)
        await asyncio.gather(asyncio.to_thread(runner.run), one.play(), two.play())
    assert sorted(manager.server for manager in runner.channel_managers) == ["one", "two"]
    assert all(isinstance(manager, Counting) and manager.count > 20 for manager in runner.channel_managers)
    calls = {told[0] for told in replayed(ATTENDED)}
    assert [told for told in reporter.told if told[0] in calls] == replayed(ATTENDED)
    assert [told for told in reporter.told if told[0] not in calls] == replayed(BLIND)
    assert reporter.closed == 1


class Counting(ChannelManager):
    count = 0

    def on_event(self, event: Headers) -> None:
        self.count += 1
        super().on_event(event)


async def test_every_packet_is_seen_by_who_looks_at_it() -> None:
    names: list[str] = []

    class Watching(BaseReporter):
        def on_event(self, event: Headers) -> None:
            names.append(str(event["Event"]))
            if event["Event"] == "Last":
                runner.stop()

    async with AmiServer([{"Event": "VarSet"}, {"Event": "Last"}]) as server:
        runner = AmiRunner(server.url, Watching(), **QUICK)
        await asyncio.gather(asyncio.to_thread(runner.run), server.play())
    assert "VarSet" in names


async def test_a_run_is_recorded_with_what_was_there_before(tmp_path: Path) -> None:
    """Attached to a server where a call is going on: the lists are recorded too, so the replay knows it."""
    path = tmp_path / "file.json"
    packets = [json.loads(line) for line in BLIND.read_text().splitlines()]
    packets = [packet for packet in packets if "Event" in packet and packet["Event"] != "FullyBooted"]
    half = next(i for i, packet in enumerate(packets) if packet["Event"] == "BridgeEnter") + 2
    told: list[tuple[str, ...]] = []

    class Both(JsonReporter):
        def on_hangup(self, call_id: str, caller: CallerId, callee: CallerId, reason: str) -> None:
            told.append((call_id, caller.number, callee.number, reason))
            runner.stop()

    async with AmiServer(packets[half:]) as server:
        for packet in packets[:half]:
            server.send(packet)
        runner = AmiRunner(server.url, Both(path), **QUICK)
        running = asyncio.create_task(asyncio.to_thread(runner.run))
        await server.asked("BridgeList")
        await asyncio.gather(running, server.play())
    again = Noting()
    FileRunner(path, again).run()
    assert told == [one for one in again.told if one[-1] == "completed"] != []


async def test_a_refused_login_ends_the_run() -> None:
    async with AmiServer() as server:
        reporter = Noting()
        runner = AmiRunner([("localhost", "nobody", "hush", server.port)], reporter, **QUICK)
        with pytest.raises(SourceError, match="refused") as caught:
            await asyncio.to_thread(runner.run)
    assert "hush" not in str(caught.value)
    assert reporter.closed == 1


async def test_a_manager_that_raises_ends_the_run() -> None:
    class Bad(ChannelManager):
        def on_event(self, event: Headers) -> None:
            raise RuntimeError(f"bug at {event['Event']}")

    async with AmiServer(BLIND) as server:
        playing = asyncio.create_task(server.play())
        with pytest.raises(RuntimeError, match="bug at"):
            await asyncio.to_thread(AmiRunner(server.url, None, Bad, **QUICK).run)
        playing.cancel()


async def test_a_program_may_end_itself_in_a_hook() -> None:
    program = PROGRAM.replace("print(event", "raise SystemExit(3)\n        print(event")
    async with AmiServer() as server:
        ending = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, str(server.port), os.devnull, stdout=subprocess.PIPE
        )
        async with asyncio.timeout(60):
            out, _ = await ending.communicate()
    assert (ending.returncode, out) == (3, b"closed\n")


async def test_a_run_that_was_stopped_before_it_began() -> None:
    reporter = Noting()
    runner = AmiRunner("ami://u:p@localhost:1", reporter)
    runner.stop()
    await asyncio.to_thread(runner.run)
    assert reporter.closed == 1


def test_a_replay_is_stopped() -> None:
    reporter = Noting(until=1)
    runner = reporter.runner = FileRunner([ATTENDED, BLIND], reporter)
    runner.run()
    assert reporter.told == replayed(ATTENDED)[:4]  # the rest of what that packet says is told, then no more
    assert reporter.closed == 1


# Signals

PROGRAM = """
import sys
from cacofonisk.classic import AmiRunner, JsonReporter

class Reporter(JsonReporter):
    def on_ami_event(self, event):
        super().on_ami_event(event)
        print(event["Event"], flush=True)

    def close(self):
        super().close()
        print("closed", flush=True)

AmiRunner([("localhost", "cacofonisk", "secret", int(sys.argv[1]))], Reporter(sys.argv[2])).run()
print("after the run", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_run_well(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "file.json"
    async with AmiServer(ATTENDED) as server:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, str(server.port), str(path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert program.stdout is not None
        await server.play()
        seen = b""
        while seen != b"Hangup\n":
            seen = await program.stdout.readline()
        program.send_signal(number)
        async with asyncio.timeout(60):
            out, err = await program.communicate()
    assert (program.returncode, err) == (0, b"")
    assert out.splitlines()[-2:] == [b"closed", b"after the run"]
    assert len(json.loads(path.read_text())) > 10


async def test_a_recording_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    async with AmiServer(ATTENDED) as server:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, str(server.port), str(path), stdout=subprocess.PIPE
        )
        assert program.stdout is not None
        await server.play()
        while await program.stdout.readline() != b"Hangup\n":
            pass
        program.kill()
        await program.communicate()
    assert "Hangup" in [event["Event"] for event in json.loads(path.read_text())]


def test_a_signal_ends_a_replay_well() -> None:
    before = signal.getsignal(signal.SIGTERM)

    class Interrupted(Noting):
        def on_up(self) -> None:  # type: ignore[override]
            os.kill(os.getpid(), signal.SIGTERM)

    reporter = Interrupted()
    FileRunner(ATTENDED, reporter).run()
    assert (reporter.told, reporter.closed) == ([], 1)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_signal_ends_it_at_once() -> None:
    class Stubborn(Noting):
        def on_up(self) -> None:  # type: ignore[override]
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    reporter = Stubborn()
    with pytest.raises(SystemExit):
        FileRunner(ATTENDED, reporter).run()
    assert reporter.closed == 1


def test_in_a_thread_signals_are_others_business() -> None:
    reporter = Noting()
    thread = threading.Thread(target=FileRunner(BLIND, reporter).run)
    thread.start()
    thread.join()
    assert reporter.told == replayed(BLIND)


# What cannot be waited for


async def test_a_replay_runs_where_a_loop_runs() -> None:
    assert replayed(BLIND)


async def test_a_live_run_says_that_it_cannot_wait_where_a_loop_runs() -> None:
    reporter = Noting()
    with pytest.raises(RuntimeError, match="subscribe to a live stream instead"):
        AmiRunner("ami://u:p@localhost:1", reporter).run()
    assert reporter.closed == 1
