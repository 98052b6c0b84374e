"""Running a stream until it ends, or somebody ends it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
import reactivex
from reactivex import operators as ops

from cacofonisk import Hangup, SourceError, call_events, only, run, sinks, sources
from cacofonisk.testing import AmiServer
from tests.recordings import FOLDER, replay

if TYPE_CHECKING:
    from pathlib import Path

    from cacofonisk.events import Event

ATTENDED = FOLDER / "ast22" / "attended_transfer_by_caller.jsonl"


def test_a_stream_runs_to_its_end(tmp_path: Path) -> None:
    hangups = sinks.list_()
    calls = sources.file(ATTENDED, server="pbx").pipe(call_events())
    run(calls, sinks.file(str(tmp_path / "calls.jsonl")))
    run(calls.pipe(only(Hangup)), hangups)
    assert len((tmp_path / "calls.jsonl").read_text().splitlines()) == len(replay(ATTENDED))
    assert list(hangups.events) == [event for event in replay(ATTENDED) if isinstance(event, Hangup)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_observers_hear_so(number: signal.Signals, tmp_path: Path) -> None:
    before = signal.getsignal(number)
    path = tmp_path / "calls.jsonl"

    def interrupt(event: Event) -> None:
        if isinstance(event, Hangup):
            os.kill(os.getpid(), number)

    calls = reactivex.concat(sources.file(ATTENDED).pipe(call_events()), reactivex.never())
    run(calls.pipe(ops.do_action(interrupt)), sinks.file(str(path)))
    lines = path.read_text().splitlines()
    assert '"hangup"' not in "".join(lines)
    assert len(lines) == [type(event) for event in replay(ATTENDED)].index(Hangup)
    assert signal.getsignal(number) is before


def test_a_function_hears_of_it_too_and_what_it_raises_ends_it() -> None:
    heard: list[Event] = []

    def fail(event: Event) -> None:
        raise ZeroDivisionError(event)

    run(sources.file(ATTENDED, server="pbx").pipe(call_events()), heard.append)
    assert heard == replay(ATTENDED)
    with pytest.raises(ZeroDivisionError):
        run(sources.file(ATTENDED).pipe(call_events()), heard.append, fail)
    assert len(heard) == len(replay(ATTENDED)) + 1


def test_its_error_is_raised() -> None:
    with pytest.raises(SourceError, match="nowhere"):
        run(sources.file("nowhere.jsonl"))


def test_a_refused_login_is_raised() -> None:
    """And nobody waits for ever."""
    import asyncio
    import threading

    ready, over = threading.Event(), threading.Event()
    ports: list[int] = []

    async def serve() -> None:
        async with AmiServer() as server:
            ports.append(server.port)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        ready.wait()
        with pytest.raises(SourceError, match="refused"):
            run(sources.ami(f"ami://nobody:hush@localhost:{ports[0]}", retry_first=0.01))
    finally:
        over.set()
        thread.join()
