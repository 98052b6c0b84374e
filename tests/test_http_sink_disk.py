"""Webhooks and their disk: who may use it, when an event is on it, and what happens when it is full."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from aiohttp import web
from reactivex import from_iterable

from cacofonisk import events, sinks
from cacofonisk.errors import SinkError
from cacofonisk.sinks.http.outbox import Outbox
from tests.webhook_receiver import Receiver
from tests.webhooks import hold, send, waiting


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "crm.outbox"


def test_a_program_that_ends_without_a_word_has_stored_what_it_said(outbox: Path) -> None:
    program = """
import sys
from cacofonisk import sinks
from tests.webhooks import hold
sink = sinks.http("http://localhost:9/", outbox=sys.argv[1])
for number in range(500):
    sink.on_next(hold(number))
"""
    root = str(Path(__file__).parents[1])
    subprocess.run([sys.executable, "-c", program, outbox], env={"PYTHONPATH": root}, timeout=60, check=True)
    assert waiting(outbox) == 500


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules[sinks.HttpSink.__module__]  # `sinks.http` is the function
    monkeypatch.setattr(module, "_IN_MEMORY", 50)
    monkeypatch.setattr(module, "_PATIENCE", 0.2)


def test_two_sinks_cannot_fill_one_outbox(outbox: Path) -> None:
    with Receiver() as receiver, sinks.http(receiver.url, outbox=outbox):
        with pytest.raises(SinkError, match=r"crm\.outbox is in use by another sink: give this one its own, "):
            sinks.http(receiver.url, outbox=outbox)
        gc.collect()
    with Receiver() as receiver:
        send(receiver, outbox, [])


def test_an_outbox_is_private(outbox: Path) -> None:
    with Receiver() as receiver, sinks.http(receiver.url, outbox=outbox) as sink:
        sink.on_next(hold(1))
        sink.flush()
        modes = {path.name: path.stat().st_mode & 0o777 for path in outbox.parent.iterdir()}
    assert modes == dict.fromkeys(
        ("crm.outbox", "crm.outbox-shm", "crm.outbox-wal", "crm.outbox.lock", "crm.outbox.reserve"), 0o600
    )


@pytest.mark.usefixtures("_impatient")
def test_a_full_outbox_is_said_bounded_and_loses_nothing_of_what_it_took(
    outbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = sinks.list_()
    values = [hold(1, str(call), "x" * 1000) for call in range(1000)]
    with Receiver(errors=1) as receiver:
        sink = sinks.http(receiver.url, outbox=outbox, max_size=256 << 10, drain=0.1, on_failure=lambda _: None)
        delivery = sinks.Delivery(sink, other)
        delivery.start(from_iterable(values))
    assert str(sink.error) == f"the outbox {outbox} is full: it has reached its max_size; 50 events are not stored"
    assert len(other.events) == 1000
    assert outbox.stat().st_size < 300_000
    assert any("events wait in memory" in message for message in caplog.messages)
    check_kept(outbox, values)


def check_kept(outbox: Path, values: list[events.Hold]) -> None:
    """The database is whole, and what it held is delivered once there is a receiver."""
    with sqlite3.connect(outbox) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (count,) = connection.execute("SELECT count(*) FROM letter").fetchone()
    connection.close()
    assert 0 < count < len(values)
    with Receiver() as receiver:
        send(receiver, outbox, [])
    assert sorted(body for _, body in receiver.events) == sorted(sinks.to_json(each)[:-1] for each in values[:count])


@pytest.mark.usefixtures("_impatient")
def test_room_that_deliveries_make_is_used_again(outbox: Path) -> None:
    open_ = threading.Event()

    async def answer(_request: web.Request, _number: int) -> web.Response | None:
        return None if open_.is_set() else web.Response(status=503)

    def said(record: logging.LogRecord) -> bool:
        if "is full" in record.getMessage():
            open_.set()
        return True

    log = logging.getLogger("cacofonisk.sinks")
    log.addFilter(said)
    try:
        with Receiver(answer=answer) as receiver:
            values = [hold(1, str(call), "x" * 1000) for call in range(400)]
            monkey = sinks.http(receiver.url, outbox=outbox, max_size=256 << 10, first_wait=0.01, most_wait=0.02)
            monkey._writer._patience = 20  # type: ignore[union-attr]  # noqa: SLF001  # here it shall wait for room
            from_iterable(values).subscribe(monkey)
    finally:
        log.removeFilter(said)
    assert monkey.error is None
    assert len({id_ for id_, _ in receiver.events}) == 400


def test_a_file_that_is_no_outbox_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(SinkError, match="is no outbox but another program's database"):
        sinks.http("https://crm.example/", outbox=path)
    assert path.read_bytes() == before
    path.write_bytes(b"GIF89a" * 500)
    with pytest.raises(SinkError, match="cannot be used: file is not a database"):
        sinks.http("https://crm.example/", outbox=path)
    assert path.read_bytes() == b"GIF89a" * 500


class SlowDisk:
    """A disk that answers when it is let."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.asked = threading.Event()
        self.syncs = 0

    def sync(self) -> None:
        self.asked.set()
        assert self.let.wait(30)
        self.syncs += 1


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> SlowDisk:
    disk = SlowDisk()
    monkeypatch.setattr(Outbox, "sync", lambda _outbox: disk.sync())
    return disk


def test_what_was_taken_is_in_the_outbox_at_once_and_a_burst_shares_one_sync(outbox: Path, disk: SlowDisk) -> None:
    answered = threading.Event()

    async def answer(_request: web.Request, _number: int) -> None:
        await asyncio.to_thread(answered.wait)

    with Receiver(answer=answer) as receiver:
        sink = sinks.http(receiver.url, outbox=outbox, timeout=60)
        for number in range(1, 101):
            sink.on_next(hold(number))
            assert waiting(outbox) == number  # as another process would find it, were this one killed now
        answered.set()
        assert disk.asked.wait(30)
        assert disk.syncs == 0  # nobody has waited for the disk
        disk.let.set()
        sink.flush()
        assert 1 <= disk.syncs <= 3
        sink.on_completed()
    assert len(receiver.events) == 100


def test_each_event_waits_for_the_disk_if_so_wanted(outbox: Path, disk: SlowDisk) -> None:
    with Receiver() as receiver, sinks.http(receiver.url, outbox=outbox, sync="each") as sink:
        feeding = threading.Thread(target=sink.on_next, args=[hold(1)])
        feeding.start()
        assert disk.asked.wait(30)
        assert feeding.is_alive()
        disk.let.set()
        feeding.join()
        assert disk.syncs >= 1


def test_a_disk_that_cannot_sync_is_said_and_events_go_on(
    outbox: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_outbox: Outbox) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with Receiver() as receiver, sinks.http(receiver.url, outbox=outbox) as sink:
        monkeypatch.setattr(Outbox, "sync", broken)
        why = f"the outbox {outbox} cannot be synced, so a power cut may take what it holds: input/output error"
        sink.on_next(hold(1))
        with pytest.raises(SinkError) as caught:
            sink.flush()
        assert str(caught.value) == why
        receiver.wait_for_events(1)
        sink.on_next(hold(2))
        receiver.wait_for_events(2)
        monkeypatch.undo()
    assert caplog.messages.count(why) == 1
