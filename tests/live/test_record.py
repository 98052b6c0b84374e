"""What `record` writes gives the same call events as `run` gave live: byte for byte, and also when it is killed."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from cacofonisk.events import Hangup, Up
from tests.asterisk.command import Command, read_events
from tests.asterisk.lab import Lab
from tests.asterisk.live import SECRET
from tests.asterisk.office import Office
from tests.asterisk.proxy import Proxy
from tests.asterisk.record import perform
from tests.asterisk.scenarios import all_scenarios
from tests.rules import broken_rules

if TYPE_CHECKING:
    from pathlib import Path

PLAYS = ("blonde_transfer_by_callee", "park_and_fetch", "inbound_odd_name", "queue_two_callers", "hostile_callerid")
SUFFIXES = (".jsonl", ".jsonl.gz", ".ami", ".ami.gz")


async def replayed(recording: Path, to: Path) -> bytes:
    """The call events of a recording, as `replay` writes them."""
    async with Command("replay", str(recording), "--server", "127.0.0.1", "--to", f"file:{to}") as replay:
        assert await replay.ended() == 0, replay.said
    return to.read_bytes()  # noqa: ASYNC240  # nobody waits for this loop


async def test_a_recording_replays_as_it_was_live(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        office = await stack.enter_async_context(Office(22))
        url = f"ami://cacofonisk@127.0.0.1:{office.pbx.ami_port}"
        live = tmp_path / "live.jsonl"
        commands = [Command("run", url, "--to", f"file:{live}")]
        commands += [Command("record", url, "-o", str(tmp_path / f"recording{suffix}")) for suffix in SUFFIXES]
        await asyncio.gather(*(stack.enter_async_context(command) for command in commands))
        await asyncio.gather(*(command.connected() for command in commands))
        await asyncio.sleep(0.3)  # stock is taken, which nobody says
        for name in PLAYS:
            await perform(office, all_scenarios()[name])
        statuses = await asyncio.gather(*(command.end() for command in commands))
        assert statuses == [130] * len(commands), [command.said for command in commands]
    events = read_events(live)
    assert broken_rules(events, whole=True) == []
    assert sum(isinstance(event, Hangup) for event in events) >= 8
    for suffix in SUFFIXES:
        recording = tmp_path / f"recording{suffix}"
        assert await replayed(recording, tmp_path / f"replayed{suffix}.jsonl") == live.read_bytes(), suffix
        assert SECRET.encode() not in recording.read_bytes()


async def test_a_run_that_records_replays_as_it_was_whatever_happens_to_the_connection(tmp_path: Path) -> None:
    """It attaches in the middle of a call, loses the connection, misses what happens, and concludes it."""
    live, recording = tmp_path / "live.jsonl", tmp_path / "recording.jsonl"
    async with Office(22) as office, Proxy(office.pbx.ami_port) as proxy:
        lab = Lab(office)
        first = await lab.talk("201", "202")
        url = f"ami://cacofonisk@127.0.0.1:{proxy.port}"
        async with Command(
            "run", url, "--to", f"file:{live}", "--to", "stdout:jsonl", "--record", str(recording)
        ) as run:
            await run.until(lambda: any(isinstance(event, Up) for event in run.events), "the call that is up")
            proxy.cut()
            await run.until(lambda: any("not connected" in line for line in run.said), "the loss is noticed")
            second = await lab.talk("203", "204")
            await first.hang_up("201")
            proxy.mend()
            await run.connected(2)
            await run.until(lambda: sum(isinstance(event, Up) for event in run.events) == 2, "the other call")
            await second.hang_up("204")
            await run.until(lambda: sum(isinstance(event, Hangup) for event in run.events) == 2, "the end of both")
            assert await run.end() == 130
    assert broken_rules(run.events) == []
    assert await replayed(recording, tmp_path / "replayed.jsonl") == live.read_bytes()


async def test_what_a_killed_record_leaves_can_be_replayed(tmp_path: Path) -> None:
    live = tmp_path / "live.jsonl"
    recordings = [tmp_path / f"recording{suffix}" for suffix in SUFFIXES]
    async with AsyncExitStack() as stack:
        office = await stack.enter_async_context(Office(22))
        lab = Lab(office)
        url = f"ami://cacofonisk@127.0.0.1:{office.pbx.ami_port}"
        run = Command("run", url, "--to", f"file:{live}", "--to", "stdout:jsonl")
        records = [Command("record", url, "-o", str(recording)) for recording in recordings]
        await asyncio.gather(*(stack.enter_async_context(command) for command in (run, *records)))
        await asyncio.gather(*(command.connected() for command in (run, *records)))
        await asyncio.sleep(0.3)  # stock is taken, which nobody says
        first = await lab.talk("201", "202")
        await first.hang_up("202")
        second = await lab.talk("203", "204")
        await run.until(lambda: sum(isinstance(event, Up) for event in run.events) == 2, "both calls")
        await asyncio.sleep(1.5)  # what is packed is written every second
        for record in records:
            assert await record.end(signal.SIGKILL) == -signal.SIGKILL
        await second.hang_up("203")
        await run.until(lambda: sum(isinstance(event, Hangup) for event in run.events) == 2, "the end of both")
        await run.end()
    for recording in recordings:
        on_disk = tmp_path / f"{recording.name}.calls"
        after = (await replayed(recording, on_disk)).splitlines()
        assert after[:-1] == live.read_bytes().splitlines()[:-1], recording.name
        end = read_events(on_disk)[-1]
        assert isinstance(end, Hangup)
        assert (end.reason, end.inferred) == ("lost", True)
