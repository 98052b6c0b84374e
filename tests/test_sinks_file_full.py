"""A file on a disk that is full for a while."""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from pathlib import Path

import pytest

from cacofonisk import sinks
from tests.webhooks import hold

WAITING = sys.modules["cacofonisk.sinks.file.waiting"]


class Disk:
    """What the kernel says of writing to one folder: that there is no room, from some byte on, until there is again."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room: int | None = None
        self._folder = str(folder)
        self._write, self._open = os.write, os.open
        monkeypatch.setattr(os, "write", self.write)
        monkeypatch.setattr(os, "open", self.open)

    def write(self, descriptor: int, data: bytes) -> int:
        if self.room is not None and str(Path(f"/proc/self/fd/{descriptor}").readlink()).startswith(self._folder):
            if self.room == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            data = data[: self.room]
            self.room -= len(data)
        return self._write(descriptor, data)

    def open(self, path: str | Path, flags: int, mode: int = 0o777) -> int:
        is_new = str(path).startswith(self._folder) and not Path(path).exists()
        if self.room == 0 and is_new and flags & os.O_CREAT:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._open(path, flags, mode)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(tmp_path, monkeypatch)


def numbers(path: Path) -> list[int]:
    return [json.loads(line)["sequence"] for line in path.read_bytes().splitlines()]


def fill(sink: sinks.Sink, numbers: range) -> None:
    for number in numbers:
        sink.on_next(hold(number))


def test_events_wait_for_room_and_are_then_written_in_order(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "calls.jsonl"
    monkeypatch.setattr(WAITING, "_PAUSE", 0.0)
    with caplog.at_level(logging.INFO), sinks.file(path) as sink:
        fill(sink, range(1, 3))
        disk.room = 10  # in the middle of a line
        fill(sink, range(3, 6))
        assert numbers(path) == [1, 2]  # whole lines only
        disk.room = None
        fill(sink, range(6, 8))
        assert numbers(path) == [1, 2, 3, 4, 5, 6, 7]
    assert caplog.messages == [
        f"{path} cannot be written: no space left on device; events wait in memory",
        "there is room again: the events that waited are written",
    ]
    assert sink.error is None


def test_the_disk_is_not_asked_for_every_event(tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WAITING, "_PAUSE", 3600.0)
    with sinks.file(tmp_path / "calls.jsonl") as sink:
        disk.room = 0
        fill(sink, range(1, 3))
        disk.room = None
        fill(sink, range(3, 5))
        assert numbers(tmp_path / "calls.jsonl") == []
    assert numbers(tmp_path / "calls.jsonl") == [1, 2, 3, 4]  # at the end at the latest


def test_what_finds_no_room_to_the_end_is_counted(tmp_path: Path, disk: Disk) -> None:
    said: list[Exception] = []
    path = tmp_path / "calls.jsonl"
    with sinks.file(path, on_failure=said.append) as sink:
        disk.room = 0
        fill(sink, range(1, 4))
    assert [str(error) for error in said] == [
        f"{path} cannot be written: no space left on device; 3 events were not written"
    ]
    assert sink.closed


def test_not_more_than_so_many_wait(tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WAITING, "_MOST", 10)
    sink = sinks.file(tmp_path / "calls.jsonl", on_failure=lambda _: None)
    disk.room = 0
    fill(sink, range(1, 20))
    assert sink.closed
    assert str(sink.error).endswith("no space left on device; 11 events were not written")


@pytest.mark.parametrize("how", ["rotation", "reopening"])
def test_a_new_file_for_which_there_is_no_room_is_made_later(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(WAITING, "_PAUSE", 0.0)
    path = tmp_path / "calls.jsonl"
    with sinks.file(path, max_size=2 * len(sinks.to_json(hold(1))) if how == "rotation" else 0) as sink:
        fill(sink, range(1, 3))
        disk.room = 0
        if how == "reopening":
            path.rename(tmp_path / "calls-1.jsonl")
            sink.reopen()
        fill(sink, range(3, 4))
        assert not path.exists()
        disk.room = None
        fill(sink, range(4, 5))
    assert numbers(path) == [3, 4]
    (old,) = (each for each in tmp_path.iterdir() if each != path)
    assert numbers(old) == [1, 2]
    assert sink.error is None
