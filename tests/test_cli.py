"""The command line as a user meets it: what it prints, where, and how it ends."""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zstandard

import cacofonisk

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-m", "cacofonisk"]
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": str(Path(str(cacofonisk.__file__)).parents[1]),
    "TERM": "xterm-256color",
    "TZ": "UTC",
    "COLUMNS": "100",
}


def channel(uniqueid: str, number: str, name: str, state: str, **more: str) -> dict[str, str]:
    states = {"0": "Down", "4": "Ring", "5": "Ringing", "6": "Up"}
    return {
        "Channel": f"PJSIP/{number}-{uniqueid}", "ChannelState": state, "ChannelStateDesc": states[state],
        "CallerIDNum": number, "CallerIDName": name, "ConnectedLineNum": "<unknown>", "ConnectedLineName": "<unknown>",
        "Language": "en", "AccountCode": "", "Context": "internal", "Exten": "", "Priority": "1", "Uniqueid": uniqueid,
        "Linkedid": "1.1", **more,
    }  # fmt: skip


def call(number: int = 0, name: str = "Alice", start: float = 1795389400.0, wait: float = 0.5) -> list[dict[str, str]]:
    """A call that nobody answers; `wait` seconds of ringing."""
    a, b = f"{number}.1", f"{number}.2"
    caller = {"Linkedid": a, "Exten": "202"}
    steps = [
        ("Newchannel", 0.0, channel(a, "201", name, "4", **caller)),
        ("Newchannel", 0.1, channel(b, "202", "Bob", "0", Linkedid=a)),
        ("DialBegin", 0.1, {
            **channel(a, "201", name, "4", **caller),
            **{f"Dest{key}": value for key, value in channel(b, "202", "Bob", "0", Linkedid=a).items()},
            "DialString": "202",
        }),
        ("Newstate", 0.2, channel(b, "202", "Bob", "5", Linkedid=a)),
        ("Hangup", 0.2 + wait, channel(b, "202", "Bob", "5", Linkedid=a) | {"Cause": "0", "Cause-txt": "Unknown"}),
        ("Hangup", 0.2 + wait, channel(a, "201", name, "4", **caller) | {"Cause": "127", "Cause-txt": "Interworking"}),
    ]  # fmt: skip
    return [
        {"Event": event, "Privilege": "call,all", "Timestamp": f"{start + at:.6f}", **headers}
        for event, at, headers in steps
    ]


def jsonl(packets: list[dict[str, str]]) -> bytes:
    return "".join(json.dumps(packet) + "\n" for packet in packets).encode()


def raw(packets: list[dict[str, str]]) -> bytes:
    text = "".join("".join(f"{key}: {value}\r\n" for key, value in packet.items()) + "\r\n" for packet in packets)
    return b"Asterisk Call Manager/11.0.0\r\n" + text.encode()


def run(*arguments: object, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin, capture_output=True, env=ENVIRONMENT | environment, timeout=60, check=False,
    )  # fmt: skip


@contextlib.contextmanager
def started(*arguments: object, **streams: object) -> Iterator[subprocess.Popen[bytes]]:
    options: dict[str, object] = {
        "stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams,
    }  # fmt: skip
    with subprocess.Popen([*COMMAND, *map(str, arguments)], env=ENVIRONMENT, **options) as process:  # type: ignore[call-overload]  # each test gives its streams
        guard = threading.Timer(60, process.kill)  # a test that waits for a line must not wait for ever
        guard.start()
        try:
            yield process
        finally:
            guard.cancel()
            process.kill()


def on_terminal(
    *arguments: object, stream: str = "stdout", columns: int = 0, **environment: str
) -> tuple[str, bytes, int]:
    """Run it with a terminal for one of its streams: what it showed there, the other stream, the exit status.

    A terminal of 0 columns is one that does not say how wide it is.
    """
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    other = "stderr" if stream == "stdout" else "stdout"
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        env=ENVIRONMENT | environment, stdin=subprocess.DEVNULL, **{stream: theirs, other: subprocess.PIPE},
    )  # type: ignore[call-overload]  # the streams are chosen by name  # fmt: skip
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux says that the other side of a terminal has gone
        while chunk := os.read(ours, 1 << 16):
            shown += chunk
    os.close(ours)
    said, errors = process.communicate(timeout=60)
    return shown.decode(), said if other == "stdout" else errors, process.returncode


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "one.jsonl"
    path.write_bytes(jsonl(call()))
    return path


TEXT = (
    b"23:16:40.000  #1   201 Alice calls 202\n"
    b"23:16:40.200  #1   202 Bob rings\n"
    b"23:16:40.700  #1   202 Bob stopped ringing: cancelled\n"
    b"23:16:40.700  #1   201 Alice hung up: cancelled, rang 0.5 s\n"
)


def test_a_recording_becomes_one_readable_line_per_event(recording: Path) -> None:
    done = run("replay", recording)
    assert (done.stdout, done.stderr, done.returncode) == (TEXT, b"", 0)


@pytest.mark.parametrize("form", ["lines", "array", "raw", "gz", "zst"])
def test_every_format_gives_the_same_from_a_file_or_standard_input(tmp_path: Path, form: str) -> None:
    content = {
        "lines": jsonl(call()),
        "array": json.dumps(call(), indent=1).encode(),
        "raw": raw(call()),
        "gz": gzip.compress(raw(call())),
        "zst": zstandard.compress(jsonl(call())),
    }[form]
    path = tmp_path / "recording"
    path.write_bytes(content)
    assert run("replay", path).stdout == TEXT
    assert run("replay", "-", stdin=content).stdout == TEXT


def test_json_lines_and_the_server(recording: Path) -> None:
    done = run("replay", recording, "--format", "jsonl", "--server", "pbx9")
    values = [json.loads(line) for line in done.stdout.splitlines()]
    assert [value["event"] for value in values] == ["started", "ringing", "ringing_stopped", "hangup"]
    assert {value["server"] for value in values} == {"pbx9"}
    assert [value["sequence"] for value in values] == [1, 2, 3, 4]


def test_one_reading_feeds_several_sinks(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "calls.jsonl"
    done = run(
        "replay", "-", "--to", f"file:{out}", "--to", "stdout:", "--format", "jsonl", stdin=recording.read_bytes()
    )
    assert (done.stderr, done.returncode) == (b"", 0)
    assert out.read_bytes() == done.stdout
    assert out.read_bytes().count(b"\n") == 4


def test_several_recordings_are_read_in_order(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.ami").write_bytes(raw(call(number)))
    done = run("replay", tmp_path / "2.ami", tmp_path / "1.ami", "--format", "jsonl")
    ids = [json.loads(line)["call_id"] for line in done.stdout.splitlines()]
    assert ids == ["2.1"] * 4 + ["1.1"] * 4


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["replay", "nope.jsonl"], "nope.jsonl: no such file"),
        (["replay", "."], ". is a folder: name the recordings in it"),
        (["replay", "{good}", "nope.jsonl"], "nope.jsonl: no such file"),
        (
            ["replay", "{bad}"],
            "{bad} is no AMI recording: expected packets as JSON, or 'Asterisk Call Manager/…', found 'GIF89a'",
        ),
        (["replay", "{empty}"], "{empty} is empty: there is nothing to replay"),
        (["replay"], "Missing argument 'FILE'; try 'cacofonisk replay --help'"),
        (["replay", "{good}", "--to", "x"], "a sink is named like file:PATH or stdout:jsonl; did you mean file:x?"),
        (["replay", "{good}", "--to", "file:/nope/x"], "/nope/x: there is no folder /nope; make it first"),
        (["replay", "{good}", "--speed", "0"], "--speed must be above 0 (1 is original time), not 0"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_line(recording: Path, tmp_path: Path, arguments: list[str], what: str) -> None:
    (tmp_path / "bad").write_bytes(b"GIF89a")
    (tmp_path / "empty").write_bytes(b"")
    places = {"good": recording, "bad": tmp_path / "bad", "empty": tmp_path / "empty"}
    done = run(*(argument.format(**places) for argument in arguments))
    assert done.stderr.decode() == f"cacofonisk: {what.format(**places)}\n"
    assert (done.stdout, done.returncode) == (b"", 2)


def test_an_unknown_option_is_one_line(recording: Path) -> None:
    done = run("replay", recording, "--frmat", "text")
    assert done.stderr.startswith(b"cacofonisk: No such option")  # click's words go on in several ways
    assert b"--frmat" in done.stderr
    assert (done.stderr.count(b"\n"), done.returncode) == (1, 2)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["ami://u:S3CRET@pbx1"], "No such command 'ami://u:***@pbx1'; try 'cacofonisk --help'"),
        (["ami://u:S3CRET"], "No such command 'ami://u:***'; try 'cacofonisk --help'"),
        (["ami://u:S3@C:R/E T@pbx1:5038"], "No such command 'ami://u:***@pbx1:5038'; try 'cacofonisk --help'"),
        (["https://h:8443/S3CRET?S3CRET"], "No such command 'https://h:8443/***'; try 'cacofonisk --help'"),
        (["check", "ami://a", "ami://u:S3CRET@b", "xami://u:S3CRET@c"], "(ami://u:***@b xami://u:***@c); try"),
        (["record", "ami://a", "--output=x", "https://S3CRET@h"], "(https://***@h); try"),
        (["replay", "ami://u:S3CRET@h"], "ami://u:***@h: no such file"),
        (
            ["replay", "x", "--to", "stdout:HTTPS://u:S3CRET@h/S3CRET"],
            "stdout: takes text or jsonl, as in stdout:jsonl, not 'HTTPS://u:***@h/***'",
        ),
        (
            ["replay", "x", "--to", "file:/nope/ami://u:S3CRET@h"],
            "/nope/ami:/u:***@h: there is no folder /nope/ami:; make it first",
        ),
    ],
)  # fmt: skip
def test_no_secret_of_a_url_is_repeated(arguments: list[str], what: str) -> None:
    done = run(*arguments)
    said = done.stderr.decode()
    assert said.startswith("cacofonisk: ")
    assert what in said  # click's own words around it differ from version to version
    assert (said.count("\n"), "S3" in said) == (1, False)
    assert (done.stdout, done.returncode) == (b"", 2)


def test_what_a_sink_logs_is_a_line_as_any_other(recording: Path, tmp_path: Path) -> None:
    done = run("replay", recording, "--to", f"http://crm.invalid/S3CRET#outbox={tmp_path}/o&drain=0.1s")
    lines = done.stderr.decode().splitlines()
    assert lines[0] == "cacofonisk: events go to http://crm.invalid in the clear: better use https"
    assert all(line.startswith("cacofonisk: ") for line in lines)
    assert b"S3CRET" not in done.stderr


def test_a_hostile_file_name_is_shown_harmlessly() -> None:
    done = run("replay", "\x1b[31mnope\u202e")
    assert done.stderr == b"cacofonisk: \\x1b[31mnope\\u202e: no such file\n"


def test_of_a_damaged_recording_all_that_can_be_read_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "damaged.jsonl"
    lines = jsonl(call()).splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b'{"Event": "VarS\n', *lines[3:]]))
    done = run("replay", path)
    assert done.stdout == TEXT
    first, second = done.stderr.decode().splitlines()
    assert first.startswith(f"cacofonisk: {path}: damaged at line 4: it is not JSON: ")
    assert second == "cacofonisk: 1 anomaly in this recording; --anomalies shows it"
    assert done.returncode == 1
    first, second = run("replay", path, "--anomalies").stderr.decode().splitlines()
    assert first.startswith(f"cacofonisk: anomaly at 2026-11-22T23:16:40.100000Z: line 4 of {path} is not JSON: ")
    assert second.startswith(f"cacofonisk: {path}: damaged at line 4: ")


def test_calls_that_a_cut_off_recording_leaves_open_are_ended(tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl.gz"
    packed = gzip.compress(jsonl(call()))
    path.write_bytes(packed[: len(packed) - 60])
    done = run("replay", path, "--format", "jsonl")
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["event"], last["reason"], last["inferred"]) == ("hangup", "lost", True)
    assert done.stderr.startswith(f"cacofonisk: {path} is damaged: its gzip data ends in the middle; ".encode())
    assert done.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_full_disk_is_one_clear_line(recording: Path) -> None:
    done = run("replay", recording, "--to", "file:/dev/full", "--to", "stdout:")
    assert done.stdout == TEXT  # the other sink has everything
    assert done.stderr == b"cacofonisk: /dev/full cannot be written: no space left on device\n"
    assert done.returncode == 1


@contextlib.contextmanager
def broken(how: str) -> Iterator[int]:
    """A file that nothing can be written to."""
    if how == "full":
        descriptor = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, descriptor = os.pipe()
        os.close(reader)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("how", ["full", "without a reader", "closed"])
@pytest.mark.parametrize("damaged", [True, False])
def test_what_cannot_be_said_on_standard_error_ends_and_skips_nothing(
    tmp_path: Path,
    how: str,
    damaged: bool,
) -> None:
    path, odd = tmp_path / "odd.jsonl", jsonl([{**call(9)[-1], "Uniqueid": "9.9"}])
    path.write_bytes(odd * 300 + b"{\n" * damaged + jsonl(call()))
    with broken("full" if how == "closed" else how) as nowhere:
        done = subprocess.run(
            [*COMMAND, "replay", path, "--anomalies"],
            stdout=subprocess.PIPE, stderr=nowhere, env=ENVIRONMENT, timeout=60, check=False,
            preexec_fn=(lambda: os.close(2)) if how == "closed" else None,
        )  # fmt: skip
    assert (done.stdout, done.returncode) == (TEXT, int(damaged))


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_reader_that_waits_and_leaves_whole_lines(
    tmp_path: Path, number: signal.Signals, status: int
) -> None:
    out = tmp_path / "calls.jsonl"
    with started("replay", "-", "--to", "stdout:", "--to", f"file:{out}") as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(jsonl(call()[:4]) + b'{"Event": "Hang')
        process.stdin.flush()
        seen = [process.stdout.readline() for _ in range(2)]
        process.send_signal(number)
        assert process.wait(60) == status
        assert b"".join([*seen, process.stdout.read()]) == b"".join(TEXT.splitlines(keepends=True)[:2])
        assert process.stderr
        assert process.stderr.read() == b""
    assert out.read_bytes().count(b"\n") == 2
    assert out.read_bytes().endswith(b"}\n")


def test_a_signal_ends_a_replay_that_waits_for_the_next_event(tmp_path: Path) -> None:
    path = tmp_path / "slow.jsonl"
    path.write_bytes(jsonl(call(wait=1_000_000)))
    with started("replay", path, "--speed", "10") as process:
        assert process.stdout
        seen = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert b"".join([*seen, process.stdout.read()]) == b"".join(TEXT.splitlines(keepends=True)[:2])


@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_a_closed_pipe_ends_it_quietly(tmp_path: Path, form: str) -> None:
    path = tmp_path / "many.jsonl"
    path.write_bytes(b"".join(jsonl(call(number)) for number in range(1000)))
    with started("replay", path, "--format", form, stdin=subprocess.DEVNULL) as process:
        assert process.stdout
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr
        assert process.stderr.read() == b""


def test_a_full_pipe_is_waited_for_also_if_it_is_non_blocking(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_bytes(b"".join(jsonl(call(number)) for number in range(1000)))
    ours, theirs = os.pipe()
    fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(theirs, False)
    with started("replay", path, stdin=subprocess.DEVNULL, stdout=theirs) as process:
        os.close(theirs)
        with open(ours, "rb") as reader:  # noqa: PTH123  # of a descriptor
            assert reader.read().count(b"\n") == 4000
        assert process.stderr
        assert (process.stderr.read(), process.wait(60)) == (b"", 0)


def test_a_closed_pipe_does_not_end_the_other_sinks(tmp_path: Path) -> None:
    path, out = tmp_path / "many.jsonl", tmp_path / "calls.jsonl"
    path.write_bytes(b"".join(jsonl(call(number)) for number in range(1000)))
    arguments = ("replay", path, "--to", "stdout:", "--to", f"file:{out}")
    with started(*arguments, stdin=subprocess.DEVNULL) as process:
        assert process.stdout
        process.stdout.close()
        assert process.wait(60) == 0
    assert out.read_bytes().count(b"\n") == 4000


def test_a_terminal_gets_colours_and_a_pipe_none(recording: Path) -> None:
    shown, errors, status = on_terminal("replay", recording)
    assert "\x1b[" in shown
    assert "201 Alice calls 202" in shown
    assert (errors, status) == (b"", 0)
    shown, _, _ = on_terminal("replay", recording, NO_COLOR="1")
    assert shown.replace("\r\n", "\n").encode() == TEXT


@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_a_hostile_name_does_nothing_to_a_terminal(tmp_path: Path, form: str) -> None:
    path = tmp_path / "hostile.jsonl"
    path.write_bytes(jsonl(call(name="\x1b]0;owned\x07\x9b31m\u202e\x7f")))
    shown, _, _ = on_terminal("replay", path, "--format", form, NO_COLOR="1")
    assert "owned" in shown
    assert shown.replace("\r\n", "").isprintable()
    if form == "jsonl":
        assert json.loads(shown.splitlines()[0])["caller"]["name"] == "\x1b]0;owned\x07\x9b31m\u202e\x7f"


def test_a_large_recording_shows_its_progress_on_a_terminal_only(recording: Path, tmp_path: Path) -> None:
    large = tmp_path / "large.jsonl"
    large.write_bytes(recording.read_bytes() + jsonl([{"Event": "VarSet", "Value": "x" * 100_000}]) * 90)
    shown, out, status = on_terminal("replay", large, stream="stderr")
    assert (out, status) == (TEXT, 0)
    assert "9.0" in shown
    assert "MB" in shown
    assert on_terminal("replay", recording, stream="stderr") == ("", TEXT, 0)
    assert run("replay", large).stderr == b""


def test_help_and_version() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert b"replay" in done.stdout
    assert run("replay", "--help").returncode == 0
    assert b"--anomalies" in run("replay", "--help").stdout
    assert run("--version").stdout.startswith(b"cacofonisk ")


@pytest.mark.parametrize("group", [[], ["outbox"]], ids=["cacofonisk", "outbox"])
def test_who_names_no_command_is_shown_which_there_are(group: list[str]) -> None:
    done = run(*group)
    assert (done.stdout, done.stderr, done.returncode) == (run(*group, "--help").stdout, b"", 2)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
@pytest.mark.parametrize(
    "arguments",
    [("schema",), ("--version",), ("--help",), ("replay", "--help"), ("check", "ami://me@localhost:1"), ("replay",)],
    ids=" ".join,
)
def test_a_disk_that_is_full_is_said_in_one_line(recording: Path, arguments: tuple[str, ...]) -> None:
    given = (*arguments, recording) if arguments == ("replay",) else arguments
    with open("/dev/full", "wb") as full:  # noqa: PTH123  # a device
        done = subprocess.run(
            [*COMMAND, *given], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False,
            env=ENVIRONMENT | {"CACOFONISK_SECRET": "x"},
        )  # fmt: skip
    said = b"cacofonisk: standard output cannot be written: no space left on device\n"
    assert (done.stderr, done.returncode) == (said, 1)


def test_a_reader_of_the_help_may_go_away() -> None:
    readable, writable = os.pipe()
    os.close(readable)
    with started("--help", stdout=writable) as process:
        os.close(writable)
        assert process.wait(60) == 0
        assert process.stderr
        assert process.stderr.read() == b""


def test_help_starts_fast_because_it_loads_nothing_that_it_does_not_need() -> None:
    code = "import sys; from cacofonisk.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage: cacofonisk" in ended.stdout
    assert {"rich", "asyncio", "reactivex", "panoramisk", "orjson", "aiohttp"} & set(ended.stderr.split()) == set()
