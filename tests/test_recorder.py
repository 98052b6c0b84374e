"""What the recorder writes, and what it does where it cannot."""

from __future__ import annotations

import gzip
import io
import os
import resource
import tracemalloc
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import pytest

from cacofonisk import sources
from cacofonisk.ami_event import AmiEvent
from cacofonisk.errors import SourceError
from cacofonisk.events import Anomaly, SourceEvent
from cacofonisk.sources._framing import MAX_PACKET
from cacofonisk.sources._unpack import PackedDataError, Unpacker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cacofonisk.events import Event


def fail(error: SourceError) -> None:
    pytest.fail(str(error))


def test_a_file_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or directory"):
        sources.Recorder(tmp_path / "none" / "x.jsonl", on_failure=fail)


def test_a_full_disk_ends_the_recording_and_is_told() -> None:
    told: list[SourceError] = []
    recorder = sources.Recorder("/dev/full", on_failure=told.append)
    recorder.take(AmiEvent({"Event": "Hangup"}))
    recorder.take(AmiEvent({"Event": "Hangup"}))
    recorder.close()
    assert [str(error) for error in told] == ["/dev/full cannot be written: no space left on device"]


def test_what_is_too_large_for_a_packet_is_neither_kept_nor_written(tmp_path: Path) -> None:
    """As live, where it is dropped and said to be; what is before and behind it is written."""
    small, large = b"Event: Hangup\r\n\r\n", b"x" * (3 * MAX_PACKET)
    chunks = [small, *(large[at : at + 50_000] for at in range(0, len(large), 50_000))]
    chunks += [b"\r\n", b"\r\n" + small[:-1], small[-1:] + b"torn"]
    with sources.Recorder(tmp_path / "call.ami", on_failure=fail) as recorder:
        tracemalloc.start()
        for chunk in chunks:
            recorder.take_bytes(chunk)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (tmp_path / "call.ami").read_bytes() == small + small
    assert peak < 2 * MAX_PACKET


def test_what_a_lost_connection_has_left_of_a_packet_is_not_written(tmp_path: Path) -> None:
    with sources.Recorder(tmp_path / "call.ami", on_failure=fail) as recorder:
        for _ in range(2):
            take = recorder.begin_bytes()
            take(b"Asterisk Call Manager/11.0.0\r\nEvent: A\r\n\r\nEvent: B")
            take(b"\r\nUniqu")
    whole = b"Asterisk Call Manager/11.0.0\r\nEvent: A\r\n\r\n"
    assert (tmp_path / "call.ami").read_bytes() == whole * 2


def test_bytes_that_look_like_a_new_connection_are_none(tmp_path: Path) -> None:
    """What the network hands over in one piece may begin anywhere, and with what somebody has written into a header."""
    pieces = [b"Event: UserEvent\r\nNote: ", b"Asterisk Call Manager/11.0.0\r\n\r\n"]
    with sources.Recorder(tmp_path / "call.ami", on_failure=fail) as recorder:
        take = recorder.begin_bytes()
        for piece in pieces:
            take(piece)
    assert (tmp_path / "call.ami").read_bytes() == b"".join(pieces)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file can grow beyond this many bytes: a disk that is full amid a write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def record(path: Path, which: str, on_failure: Callable[[SourceError], None] = fail) -> None:
    """Record three events of one connection, each with much that cannot be packed."""
    packets = [{"Event": "UserEvent", "Which": which, "Id": os.urandom(100).hex()} for _ in range(3)]
    with sources.Recorder(path, on_failure=on_failure) as recorder:
        recorder.take(SourceEvent(server="pbx", time="2026-11-27T12:00:00Z", kind="connected", detail=""))
        recorder.begin_bytes()(b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\n\r\n")
        for packet in packets:
            recorder.take(AmiEvent(packet, server="pbx"))
            recorder.take_bytes("".join(f"{key}: {value}\r\n" for key, value in packet.items()).encode() + b"\r\n")


def replay(recording: Path | BinaryIO) -> tuple[list[str], Exception | None]:
    """Which events a recording holds, `connected` among them, and how it ends."""
    found: list[Event] = []
    errors: list[Exception] = []
    sources.file(recording).subscribe(found.append, errors.append)
    which = [getattr(event, "kind", "") or event["Which"] for event in found if not isinstance(event, Anomaly)]  # type: ignore[index]  # AMI events
    return [each for each in which if each != "lost"], errors[0] if errors else None


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.ami", "a.ami.gz"])
def test_what_a_full_disk_cuts_is_taken_back_and_what_is_appended_later_can_be_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    told: list[SourceError] = []
    record(path, "first")
    whole = path.read_bytes()
    with room_for(len(whole) + 20):
        record(path, "second", told.append)
    assert [str(error) for error in told] == [f"{path} cannot be written: file too large"]
    assert path.read_bytes().rstrip(b"\n") == whole.rstrip(b"\n")
    record(path, "third")
    assert replay(path) == (["connected", *["first"] * 3, "connected", *["third"] * 3], None)


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".ami.gz"])
def test_behind_a_torn_member_a_packed_recording_goes_on(tmp_path: Path, suffix: str) -> None:
    """The power failed, so nobody could take it back; wherever it is torn."""
    members = []
    for which in ("first", "second", "third"):
        record(tmp_path / f"{which}{suffix}", which)
        members.append((tmp_path / f"{which}{suffix}").read_bytes())
    first, second, third = members
    second = gzip.compress(gzip.decompress(second), mtime=0)  # one member
    for size in range(1, len(second)):
        found, error = replay(io.BytesIO(first + second[:size] + third))
        assert found[:4] == ["connected", *["first"] * 3], size
        assert found[-4:] == ["connected", *["third"] * 3], size
        assert found[4:-4] == ["connected", *["second"] * 3][: len(found) - 8], size
        assert isinstance(error, sources.DamagedRecordingError)
        assert f"its gzip data is torn at byte {len(first) + size}" in str(error)


def test_behind_a_damaged_member_a_packed_recording_goes_on_however_it_is_read(tmp_path: Path) -> None:
    record(tmp_path / "a.jsonl.gz", "first")
    record(tmp_path / "b.jsonl.gz", "second")
    first, second = (tmp_path / "a.jsonl.gz").read_bytes(), (tmp_path / "b.jsonl.gz").read_bytes()
    damaged = first[:-8] + bytes(8) + second  # its checksum is wrong
    unpacker = Unpacker("a.jsonl.gz")
    pieces = [piece for at in range(len(damaged)) for piece in unpacker.feed(damaged[at : at + 1])]
    with pytest.raises(PackedDataError, match="its gzip data is damaged"):
        pieces.extend(unpacker.finish())
    assert b"".join(pieces) == gzip.decompress(first) + b"\n" + gzip.decompress(second)
