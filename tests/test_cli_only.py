"""`--only` as a user meets it: the sinks get the events that were asked for, all else is as without it."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from reactivex import Subject

from cacofonisk import call_events, events, only, sinks, sources
from cacofonisk import run as run_stream
from cacofonisk.sinks.stdout.lines import Lines
from cacofonisk.testing.ami_server import AmiServer
from tests.test_cli import run
from tests.test_record import finish, grows, start, url

ATTENDED = Path(__file__).parent.parent / "marbles" / "recordings" / "ast22" / "attended_transfer_by_caller.jsonl"
NAMES = ", ".join(kind.event for kind in events.CALL_EVENTS)


def said(text: bytes) -> list[tuple[str, int]]:
    return [(event["event"], event["sequence"]) for event in map(json.loads, text.splitlines())]


@pytest.mark.parametrize(
    "arguments",
    [["--only", "transfer,hangup"], ["--only", "hangup, transfer"], ["--only", "transfer", "--only", "hangup"]],
)
def test_all_sinks_get_just_these_events_numbered_as_without_it(tmp_path: Path, arguments: list[str]) -> None:
    out = tmp_path / "calls.jsonl"
    done = run("replay", ATTENDED, *arguments, "--to", f"file:{out}", "--to", "stdout:jsonl")
    assert (done.stderr, done.returncode) == (b"", 0)
    wanted = [line for line in run("replay", ATTENDED, "--format", "jsonl").stdout.splitlines(keepends=True)
              if json.loads(line)["event"] in ("transfer", "hangup")]  # fmt: skip
    assert [name for name, _ in said(done.stdout)] == ["hangup", "transfer", "hangup"]
    assert done.stdout == out.read_bytes() == b"".join(wanted)


def test_lines_for_people() -> None:
    assert run("replay", ATTENDED, "--only", "transfer").stdout == (
        b"01:48:17.435  #1   201 Alice A transferred 202 Bob B to 203 Carol C (attended)\n"
    )


@pytest.mark.parametrize(
    ("names", "which", "advice"),
    [
        ("transfer,hangups", "hangups", "; did you mean hangup?"),
        ("Transfer", "Transfer", "; did you mean transfer?"),
        ("hangup,", "", ""),
        ("\x1b[31m", "\\x1b[31m", ""),
    ],
)
@pytest.mark.parametrize("command", [["replay", ATTENDED], ["run", "ami://me@pbx1"]], ids=lambda command: command[0])
def test_an_unknown_name_is_one_line_that_says_which_there_are(
    tmp_path: Path, command: list[object], names: str, which: str, advice: str
) -> None:
    out = tmp_path / "calls.jsonl"
    done = run(*command, "--only", names, "--to", f"file:{out}")
    assert done.stderr.decode() == f"cacofonisk: only: there is no event '{which}' (there are {NAMES}){advice}\n"
    assert (done.stdout, done.returncode, out.exists()) == (b"", 2, False)


def test_anomalies_are_told_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "damaged.jsonl"
    path.write_bytes(ATTENDED.read_bytes() + b'{"Event": "VarS\n')
    done = run("replay", path, "--only", "hangup", "--format", "jsonl")
    assert [name for name, _ in said(done.stdout)] == ["hangup", "hangup"]
    assert b"cacofonisk: 1 anomaly in this recording; --anomalies shows it\n" in done.stderr


async def test_live_events_are_chosen_and_the_recording_has_all(tmp_path: Path) -> None:
    calls, own = tmp_path / "calls.jsonl", tmp_path / "own.jsonl"
    async with AmiServer(ATTENDED) as server:
        process = await start("run", url(server), "--to", f"file:{calls}", "--only", "transfer,hangup", "--record", own)
        await server.asked("BridgeList")
        await server.play()
        await grows(calls, b'"completed"')
        assert (await finish(process, signal.SIGTERM))[0] == 143
    assert [name for name, _ in said(calls.read_bytes())] == ["hangup", "transfer", "hangup"]
    everything = run("replay", own, "--format", "jsonl").stdout
    assert len(everything.splitlines()) > 10


def test_a_program_may_give_each_sink_its_own(tmp_path: Path) -> None:
    everything, some, chosen = tmp_path / "calls.jsonl", sinks.list_(), Subject[events.Event]()
    chosen.pipe(only(events.Transfer, events.Hangup)).subscribe(some)
    run_stream(sources.file(ATTENDED).pipe(call_events()), sinks.file(everything), chosen)
    assert everything.read_bytes() == run("replay", ATTENDED, "--format", "jsonl").stdout
    assert [type(event).__name__ for event in some.events] == ["Hangup", "Transfer", "Hangup"]
    assert some.completed


def test_numbers_of_calls_whose_hangups_are_never_seen_are_forgotten_in_the_end() -> None:
    lines = Lines()
    party = events.Party("PJSIP/201-1", "1.1", "201", "", "", True, "")

    def number(call_id: str) -> str:
        event = events.Hold(call_id=call_id, server="pbx", time="2026-11-22T12:19:48.426123Z", by=party)
        return lines(event).split()[1].decode()

    assert number("first") == "#1"
    for call in range(2, 30_000):
        assert number(str(call)) == f"#{call}"
        if call < 20_000:
            assert number("first") == "#1"  # it is still spoken of
    assert number("29999") == "#29999"
    assert number("first") == "#30000"
