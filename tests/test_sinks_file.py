"""Files of whole lines: torn ones, rotation, SIGHUP, and a writer that is killed."""

from __future__ import annotations

import gzip
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import cacofonisk
from cacofonisk import sinks
from cacofonisk.errors import SinkError
from tests.webhooks import hold

LINE = sinks.to_json(hold(1))


class Clock:
    """A clock that stands still until it is set."""

    now = 1_795_305_599.0  # a second before midnight, UTC

    def __call__(self) -> float:
        return self.now


def old_files(path: Path) -> list[Path]:
    return sorted(each for each in path.parent.iterdir() if each.name.startswith(f"{path.stem}-"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.jsonl"


@pytest.mark.parametrize("compress", ["none", "gz"])
def test_a_file_is_turned_over_before_it_is_too_large(path: Path, compress: sinks.Compress) -> None:
    with sinks.file(path, max_size=3 * len(LINE), compress=compress) as sink:
        for number in range(1, 9):
            sink.on_next(hold(number))
    files = [*old_files(path), path]
    assert [each.suffix for each in files] == [".gz" if compress == "gz" else ".jsonl"] * 2 + [".jsonl"]
    contents = [gzip.decompress(each.read_bytes()) if each.suffix == ".gz" else each.read_bytes() for each in files]
    assert [content.count(b"\n") for content in contents] == [3, 3, 2]
    assert [json.loads(line)["sequence"] for line in b"".join(contents).splitlines()] == list(range(1, 9))


def test_old_files_beyond_those_to_keep_are_deleted(path: Path) -> None:
    other = path.with_name("calls-of-bob.jsonl")
    other.touch()
    with sinks.file(path, max_size=len(LINE), keep=2, compress="gz") as sink:
        for number in range(1, 9):
            sink.on_next(hold(number))
    kept = [each for each in old_files(path) if each != other]
    assert [json.loads(gzip.decompress(each.read_bytes()))["sequence"] for each in kept] == [6, 7]
    assert other.exists()


def test_a_clock_that_is_behind_deletes_no_new_file_for_an_old_one(path: Path) -> None:
    clock = Clock()
    for first, now in ((10, clock.now), (20, 5.0), (30, clock.now - 86400)):  # it boots in 1970, and is set later
        clock.now = now
        with sinks.FileSink(path, max_size=len(LINE), keep=3, clock=clock) as sink:
            for number in range(first, first + 5):
                sink.on_next(hold(number))
        kept = [json.loads(each.read_bytes())["sequence"] for each in [*old_files(path), path]]
        assert kept == list(range(first + 1, first + 5))
    assert all(each.name.startswith("calls-20261121T235959.") for each in old_files(path))


def test_a_name_that_is_no_time_is_no_old_file(path: Path) -> None:
    other = path.with_name("calls-99999999T999999.999Z.jsonl")
    other.touch()
    with sinks.file(path, max_size=len(LINE), keep=1) as sink:
        for number in range(1, 4):
            sink.on_next(hold(number))
    assert [each.read_bytes() for each in old_files(path) if each != other] == [sinks.to_json(hold(2))]
    assert other.exists()


def test_a_file_is_turned_over_at_midnight_also_when_nobody_was_there(path: Path) -> None:
    clock = Clock()
    with sinks.FileSink(path, every=86400, clock=clock) as sink:
        sink.on_next(hold(1))
        clock.now += 2
        sink.on_next(hold(2))
        sink.on_next(hold(3))
    (old,) = old_files(path)
    assert old.name == "calls-20261122T000001.000Z.jsonl"
    assert (old.read_bytes().count(b"\n"), path.read_bytes().count(b"\n")) == (1, 2)
    os.utime(path, (clock.now, clock.now))
    clock.now += 86400
    with sinks.FileSink(path, every=86400, clock=clock) as sink:
        sink.on_next(hold(4))
    assert len(old_files(path)) == 2
    assert path.read_bytes() == sinks.to_json(hold(4))


def test_what_a_killed_run_has_left_to_do_is_done(path: Path) -> None:
    old = path.with_name("calls-20261122T121948.426Z.jsonl")
    old.write_bytes(LINE)
    old.chmod(0o600)
    old.with_name(f"{old.name}.gz.tmp").write_bytes(b"half")
    sinks.file(path, max_size=1000, compress="gz").dispose()
    (packed,) = old_files(path)
    assert (packed.name, gzip.decompress(packed.read_bytes())) == (f"{old.name}.gz", LINE)
    assert stat.S_IMODE(packed.stat().st_mode) == 0o600


def test_two_cannot_rotate_one_file(path: Path) -> None:
    with sinks.file(path, max_size=1000), pytest.raises(SinkError, match="is written by another process"):
        sinks.file(path, max_size=1000)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (LINE + LINE[:50], LINE),  # who was killed midway
        (LINE[:50], b""),
        (LINE[:-1], LINE),  # whole, but for its end
        (b"a note without an end", b"a note without an end\n"),  # not ours to delete
        (b'{"event":"hold","x":"' + b"y" * 200_000, b""),
    ],
)  # fmt: skip
def test_only_whole_lines_are_there_after_a_crash(path: Path, before: bytes, after: bytes) -> None:
    path.write_bytes(before)
    with sinks.file(path) as sink:
        sink.on_next(hold(2))
    assert path.read_bytes() == after + sinks.to_json(hold(2))


def test_a_renamed_file_is_let_go_at_sighup(path: Path) -> None:
    moved, other = path.with_name("moved"), path.with_name("other")
    before = signal.getsignal(signal.SIGHUP)
    with sinks.file(path, on_sighup=True) as one, sinks.file(other, on_sighup=True) as two:
        for sink in (one, two):
            sink.on_next(hold(1))
        path.rename(moved)
        other.unlink()
        os.kill(os.getpid(), signal.SIGHUP)
        assert path.exists()
        one.on_next(hold(2))
        two.on_next(hold(2))
    assert (moved.read_bytes(), path.read_bytes()) == (LINE, sinks.to_json(hold(2)))
    assert other.read_bytes() == sinks.to_json(hold(2))
    assert signal.getsignal(signal.SIGHUP) == before


def test_a_sink_that_is_closed_in_a_thread_lets_sighup_go(path: Path) -> None:
    program = textwrap.dedent("""
        import os, signal, sys, threading
        from cacofonisk import sinks

        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it would be ignored
        sink = sinks.file(sys.argv[1], on_sighup=True)
        os.kill(os.getpid(), signal.SIGHUP)
        print("alive", flush=True)
        thread = threading.Thread(target=sink.dispose)
        thread.start()
        thread.join()
        print(sink.error, flush=True)
        os.kill(os.getpid(), signal.SIGHUP)
        print("not reached")
    """)
    done = subprocess.run(
        [sys.executable, "-c", program, path],
        env={"PYTHONPATH": str(Path(__file__).parents[1])}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("alive\nNone\n", -signal.SIGHUP)


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import resource, sys
        from cacofonisk import sinks
        from tests.webhooks import hold

        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
        sink = sinks.FileSink(sys.argv[1], on_failure=lambda _: None)
        for number in range(100):
            sink.on_next(hold(number))
        print(sink.error)
    """)
    path = tmp_path / "calls.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", program, path],
        env={"PYTHONPATH": str(Path(__file__).parents[1])}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == f"{path} cannot be written: it has reached the largest size that is allowed\n"
    content = path.read_bytes()
    assert 0 < len(content) <= 5000
    assert [json.loads(line)["sequence"] for line in content.splitlines()] == list(range(content.count(b"\n")))
    assert content.endswith(b"\n")


def test_who_is_killed_leaves_whole_lines_only_also_while_files_are_rotated(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import sys
        from cacofonisk import sinks
        from tests.webhooks import hold

        sink = sinks.sink_for(f"file:{sys.argv[1]}?max_size=20K&compress=gz")
        number = int(sys.argv[2])
        while True:
            number += 1
            sink.on_next(hold(number))
            print(number, flush=True)
    """)
    path, written = tmp_path / "calls.jsonl", 0
    root = str(Path(str(cacofonisk.__file__)).parents[1])
    for kill in range(8):
        with subprocess.Popen(
            [sys.executable, "-c", program, path, str(written)],
            env={"PYTHONPATH": root}, stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            for _ in range(37 + 61 * kill):
                written = int(process.stdout.readline())
            process.kill()
            for line in process.stdout:
                written = int(line)
    sinks.file(path, max_size=20 << 10, compress="gz").dispose()
    files = old_files(path)
    assert {each.suffix for each in files} == {".gz"}
    content = b"".join(gzip.decompress(each.read_bytes()) for each in files) + path.read_bytes()
    numbers = [json.loads(line)["sequence"] for line in content.splitlines()]
    # One may be there that it could not tell of any more; it was then written once more.
    assert sorted(set(numbers)) == list(range(1, max(numbers) + 1))
    assert numbers == sorted(numbers)
    assert max(numbers) - written in (0, 1)


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        ("file:x?max_size=big", "file: max_size: a size is written like 100M, not 'big'"),
        ("file:x?every=0", "file: every: a duration is written like 30s or 7d, not '0'"),
        ("file:x?keep=a", "file: keep: a number is written like 7, not 'a'"),
        ("file:x?keep=-1", "max_size, every and keep cannot be below 0"),
        ("file:x?compress=zip", "compress is none or gz, not 'zip'"),
        ("file:x?owner=me", "file: has no option 'owner' (it has max_size, every, keep, compress)"),
    ],
)
def test_a_wrong_option_is_one_clear_line(spec: str, what: str) -> None:
    with pytest.raises(SinkError) as caught:
        sinks.sink_for(spec)
    assert str(caught.value) == what


def test_a_path_may_have_a_question_mark(tmp_path: Path) -> None:
    sink = sinks.sink_for(f"file:{tmp_path}/what?")
    assert isinstance(sink, sinks.FileSink)
    assert sink.path == f"{tmp_path}/what?"
