"""The outbox on disk: `cacofonisk outbox`, a disk that is full, and who may have it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from aiohttp import web

import cacofonisk
from cacofonisk import cli, sinks
from cacofonisk.errors import SinkError
from cacofonisk.sinks.http.letter import Letter
from cacofonisk.sinks.http.outbox import Outbox
from tests.webhook_receiver import Receiver
from tests.webhooks import hold, send, waiting

ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(str(cacofonisk.__file__)).parents[1])}


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    """Three dead letters, one of a hostile caller, and one that waits."""
    path = tmp_path / "crm.outbox"
    opened = Outbox(path)
    for event in (hold(1), hold(2), hold(3), hold(4, "9.9\x1b[2J")):
        opened.put(Letter.of(event, 0.0))
    opened.settle([], [(1, 1e9, 410, "gone"), (2, 1e9, 0, "no answer"), (4, 1e9, 422, "\x1b]0;x\x07")])
    opened.close()
    return path


def run(*arguments: object) -> int:
    return cli.main(["outbox", *map(str, arguments)])


def test_dead_letters_are_listed_harmlessly(outbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", outbox) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3", "3"]
    assert lines[0].endswith("410  hold 1 of 1.1 on pbx 1  gone")
    assert lines[1].endswith("  -  hold 2 of 1.1 on pbx 1  no answer")
    assert lines[2].endswith(r"422  hold 4 of 9.9\x1b[2J on pbx 1  \x1b]0;x\x07")
    assert lines[3] == "3 events were refused, 1 waits to be sent"


def test_dead_letters_as_json(outbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", outbox, "--json") == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["number"], each["status"], each["event"]["sequence"]) for each in said] == [
        (1, 410, 1), (2, 0, 2), (3, 422, 4),
    ]  # fmt: skip
    assert said[0]["id"] == Letter.of(hold(1), 0.0).id


def test_dead_letters_are_sent_again_with_their_ids_also_by_a_sink_that_runs(
    outbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Receiver() as receiver, sinks.http(receiver.url, outbox=outbox):
        receiver.wait_for_events(1)
        assert run("resend", outbox, 1, 3) == 0
        assert capsys.readouterr().out == "2 events will be sent again\n"
        sent = receiver.wait_for_events(3)
    assert {id_ for id_, _ in sent} == {Letter.of(event, 0.0).id for event in (hold(3), hold(1), hold(4, "9.9\x1b[2J"))}
    assert run("resend", outbox, "--all") == 0
    assert waiting(outbox) == 1


def test_dead_letters_are_dropped(outbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("drop", outbox, 2, 2, 77) == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == ("1 event dropped\n", "cacofonisk: some have no such number\n")
    assert run("drop", outbox, "--all") == 0
    assert run("list", outbox) == 0
    assert capsys.readouterr().out == "2 events dropped\n0 events were refused, 1 waits to be sent\n"


@pytest.mark.parametrize("arguments", [["resend"], ["drop"], ["drop", "1", "--all"]])
def test_nothing_happens_to_all_of_them_by_mistake(
    outbox: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments[0], outbox, *arguments[1:]) == 2
    assert capsys.readouterr().err == "cacofonisk: name the numbers of some events, or --all\n"


def test_what_is_no_outbox_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").touch()
    for name, why in [
        ("nope", "the outbox {} cannot be used: no such file or directory"),
        (".", "the outbox {} cannot be used: is a directory"),
        ("empty", "{} is no outbox: it is empty"),
    ]:
        path = tmp_path / name
        assert run("list", path) == 2
        assert capsys.readouterr().err == f"cacofonisk: {why.format(path)}\n"
    assert not (tmp_path / "nope").exists()


def test_an_outbox_is_found_by_the_webhook_as_it_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    assert run("list") == 0
    assert capsys.readouterr().out == f"there is no outbox in {tmp_path}\n"
    sinks.http("https://crm.example/hook?token=t0ken").dispose()
    (file,) = tmp_path.glob("*.outbox")
    opened = Outbox(file)
    opened.put(Letter.of(hold(1), 0.0))
    opened.close()
    sinks.http("https://crm.example/other").dispose()
    for name in (file, "https://crm.example/hook?token=t0ken", "HTTPS://crm.example/hook?token=t0ken#batch=5"):
        assert run("list", name) == 0
        assert capsys.readouterr().out == "0 events were refused, 1 waits to be sent\n"
    assert run("list", f"https://crm.example/#outbox={file}") == 0
    assert capsys.readouterr().out == "0 events were refused, 1 waits to be sent\n"
    assert run("list") == 0
    said = capsys.readouterr().out
    assert f"{file}: 0 events were refused, 1 waits to be sent\n" in said
    assert said.count("\n") == 2
    assert "t0ken" not in said
    assert run("list", "https://crm.example/never") == 2
    assert "cannot be used: no such file or directory" in capsys.readouterr().err
    assert run("list", "--json") == 2
    assert capsys.readouterr().err == "cacofonisk: --json is for one OUTBOX: name it\n"


def test_an_outbox_of_a_newer_version_is_left_alone(outbox: Path) -> None:
    with sqlite3.connect(outbox) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SinkError, match="is of a newer cacofonisk: its format is 99, not 1"):
        sinks.http("https://crm.example/", outbox=outbox)


def test_the_number_of_a_delivered_letter_is_never_given_again(tmp_path: Path) -> None:
    for expected in (1, 2):
        opened = Outbox(tmp_path / "x")
        opened.put(Letter.of(hold(1), 0.0))
        (letter,) = opened.after(0, 10)
        opened.settle([letter.number], [])
        opened.close()
        assert letter.number == expected


def test_a_disk_that_is_full_is_said_and_what_was_stored_is_whole(tmp_path: Path) -> None:
    """A limit for files stands in for the disk: SQLite may not write behind it."""
    program = textwrap.dedent("""
        import resource, sys
        from cacofonisk import sinks
        from tests.webhooks import hold

        module = sys.modules[sinks.HttpSink.__module__]
        module._IN_MEMORY, module._PATIENCE = 50, 0.2
        url, outbox = sys.argv[1:]
        sink = sinks.http(url, outbox=outbox, drain=0, on_failure=lambda _: None)
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
        stored = 0
        for call in range(1000):
            sink.on_next(hold(1, str(call), "x" * 1000))
            if call % 5 == 4 and not sink.closed:
                try:
                    sink.flush()
                except Exception:
                    continue
                stored = call + 1
        print(stored, sink.error)
    """)
    path = tmp_path / "x.outbox"
    root = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", program, "http://localhost:9/", str(path)],
        env=ENVIRONMENT | {"PYTHONPATH": root}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    count, _, what = done.stdout.strip().partition(" ")
    assert int(count) > 20
    assert what.startswith(f"the outbox {path} cannot be written: ")
    assert what.endswith("events are not stored")
    assert "Traceback" not in done.stderr
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    with Receiver() as receiver:
        send(receiver, path, [])
    calls = {json.loads(body)["call_id"] for _, body in receiver.events}
    assert calls >= {str(call) for call in range(int(count))}


def test_a_disk_that_the_outbox_itself_has_filled_recovers_once_the_receiver_does(tmp_path: Path) -> None:
    """A disk of its own, as large as a thumb: nobody else sees that it is mounted."""
    program = textwrap.dedent("""
        import logging, sys, threading
        from aiohttp import web
        from cacofonisk import sinks
        from tests.webhook_receiver import Receiver
        from tests.webhooks import dead, hold

        full, up = threading.Event(), threading.Event()

        async def answer(request, number):
            if not up.is_set():
                return web.Response(status=503)
            return web.Response(status=422) if b'"call_id":"7"' in await request.read() else None

        class Said(logging.Handler):
            def emit(self, record):
                print(record.getMessage().replace(str(receiver.port), "PORT"))
                if "no space left on device" in record.getMessage():
                    full.set()

        log = logging.getLogger("cacofonisk.sinks")
        log.addHandler(Said())
        with Receiver(answer=answer) as receiver:
            sink = sinks.http(receiver.url, outbox=sys.argv[1], first_wait=0.01, most_wait=0.02, concurrency=1)
            call = 0
            while not full.is_set():
                sink.on_next(hold(1, str(call), "x" * 1000))
                call += 1
            for late in range(call, call + 500):
                sink.on_next(hold(1, str(late), "x" * 1000))
            up.set()
            sink.on_completed()
        taken = {id_ for id_, _ in receiver.events}
        print(sink.error, call + 500 - len(taken), len(dead(sys.argv[1])), len(taken) > 1000)
    """)
    root = str(Path(__file__).parents[1])
    done = subprocess.run(
        [
            "unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
            'mount -t tmpfs -o size=3m none "$1" && exec "$2" -c "$3" "$1/x.outbox"',
            "sh", tmp_path, sys.executable, program,
        ],
        env=ENVIRONMENT | {"PYTHONPATH": root}, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    said = done.stdout.splitlines()
    assert said[1].endswith("x.outbox cannot be written: no space left on device; events wait in memory")
    assert sum("takes events again" in line for line in said) == 2
    assert said[-1] == "None 1 1 True"


def test_what_replay_sends_by_webhook(tmp_path: Path) -> None:
    from tests.test_cli import call, jsonl

    recording = tmp_path / "one.jsonl"
    recording.write_bytes(jsonl(call()))
    with Receiver() as receiver:
        spec = f"{receiver.url}#outbox={tmp_path}/x.outbox"
        done = subprocess.run(
            [sys.executable, "-m", "cacofonisk", "replay", recording, "--to", spec],
            env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert [json.loads(body)["event"] for _, body in receiver.events] == [
        "started", "ringing", "ringing_stopped", "hangup",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "drain", "said"),
    [
        (
            503,
            "3s",
            """cacofonisk: {host} takes no events: status 503; they wait in the outbox
cacofonisk: 4 events wait in {outbox}, as {host} takes none: status 503; the next start sends them first
""",
        ),
        (422, "60s", "cacofonisk: {host} refused an event: status 422; see 'cacofonisk outbox list {outbox}'\n"),
    ],
)
def test_replay_says_why_events_were_not_taken_and_fails(tmp_path: Path, status: int, drain: str, said: str) -> None:
    from tests.test_cli import call, jsonl

    async def answer(_request: web.Request, _number: int) -> web.Response:
        return web.Response(status=status)

    recording, outbox = tmp_path / "one.jsonl", tmp_path / "x.outbox"
    recording.write_bytes(jsonl(call()))
    with Receiver(answer=answer) as receiver:
        spec = f"{receiver.url}#outbox={outbox}&drain={drain}"
        done = subprocess.run(
            [sys.executable, "-m", "cacofonisk", "replay", recording, "--to", spec],
            env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    lines = done.stderr.splitlines(keepends=True)
    assert "".join(lines[-said.count("\n") :]) == said.format(host=f"http://localhost:{receiver.port}", outbox=outbox)
    assert (done.stdout, done.returncode) == ("", 1)


def test_letters_of_one_call_share_a_lane() -> None:
    one, two, other = (Letter.of(event, 0.0) for event in (hold(1), hold(2), hold(1, "2.1")))
    assert one.lane == two.lane != other.lane
