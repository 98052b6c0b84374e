"""What the recorder writes, and what it does where it cannot."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from cacofonisk import sources
from cacofonisk.ami_event import AmiEvent
from cacofonisk.errors import SourceError
from cacofonisk.sources._framing import MAX_PACKET

if TYPE_CHECKING:
    from pathlib import Path


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
