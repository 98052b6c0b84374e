"""What every sink may rely on, and what others may rely on it for: a slow one, an own one, a receiver of one's own."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import socket
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from reactivex import Subject, from_iterable
from reactivex import operators as ops

from cacofonisk import sinks
from cacofonisk.errors import SinkError
from tests.webhook_receiver import Receiver
from tests.webhooks import OTHER, SECRET, hold, send, waiting

if TYPE_CHECKING:
    from cacofonisk.events import Event

DOCS = Path(__file__).parents[1] / "docs"


def example(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Stuck(sinks.ListSink):
    """Takes an event only when it is let."""

    never_waits = False

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.let = threading.Event()
        self._raise = error

    def write(self, event: Event) -> None:
        assert self.let.wait(30)
        if self._raise is not None:
            raise self._raise
        super().write(event)


def test_a_slow_sink_apart_holds_up_nobody_and_gets_all_in_order() -> None:
    slow, other = Stuck(), sinks.list_()
    source: Subject[Event] = Subject()
    delivery = sinks.Delivery(sinks.ApartSink(slow), other)
    delivery.start(source)
    for number in range(100):
        source.on_next(hold(number))
    assert (len(slow.events), len(other.events)) == (0, 100)
    slow.let.set()
    source.on_completed()
    assert slow.events == other.events
    assert slow.completed
    assert slow.closed


async def test_in_an_event_loop_a_delivery_keeps_slow_sinks_apart() -> None:
    slow, other = Stuck(), sinks.list_()
    source: Subject[Event] = Subject()
    delivery = sinks.Delivery(slow, other)
    delivery.start(source)
    source.on_next(hold(1))  # it would never return
    assert (slow.events, other.events) == ([], [hold(1)])
    slow.let.set()
    await delivery.aclose()
    await delivery.wait_closed()
    assert slow.events == [hold(1)]
    assert slow.closed


async def test_a_sink_in_a_thread_that_fails_is_known_by_its_own_error() -> None:
    slow = Stuck(SinkError("no"))
    told: list[Exception] = []
    slow.on_failure = told.append
    delivery = sinks.Delivery(slow)
    slow.let.set()
    delivery.start(from_iterable([hold(1)]))
    await delivery.aclose()
    assert [str(error) for error in told] == ["no"] == [str(slow.error)]


@pytest.mark.parametrize("error", [SinkError("no"), BrokenPipeError()])
async def test_a_sink_in_a_thread_that_fails_is_known_at_once(error: Exception) -> None:
    slow = Stuck(error)
    told: list[Exception] = []
    slow.on_failure = told.append
    source: Subject[Event] = Subject()
    delivery = sinks.Delivery(slow)
    delivery.start(source.pipe(ops.finally_action((ended := asyncio.Event()).set)))
    source.on_next(hold(1))
    slow.let.set()
    await asyncio.wait_for(ended.wait(), 30)  # no other event comes
    assert not source.observers
    await delivery.aclose()  # by now its thread has told what it had to tell
    assert told == ([] if isinstance(error, BrokenPipeError) else [error])


async def test_a_sink_in_a_thread_that_ends_between_events_ends_the_subscription() -> None:
    one, two = Stuck(), Stuck()
    source: Subject[Event] = Subject()
    delivery = sinks.Delivery(one, two)
    delivery.start(source.pipe(ops.finally_action((ended := asyncio.Event()).set)))
    one.dispose()  # as SIGHUP does that cannot open a file anew
    assert source.observers
    two.dispose()
    await asyncio.wait_for(ended.wait(), 30)
    assert not source.observers
    await delivery.wait_closed()


def test_a_sink_apart_that_is_too_slow_ends_alone() -> None:
    slow, other = Stuck(), sinks.list_()
    apart = sinks.ApartSink(slow, most=10, on_failure=lambda _: None)
    source: Subject[Event] = Subject()
    sinks.Delivery(apart, other).start(source)
    for number in range(20):
        source.on_next(hold(number))
    assert str(apart.error) == "Stuck is too slow: 10 events wait for it"
    assert len(other.events) == 20
    slow.let.set()


@pytest.mark.parametrize("error", [SinkError("no"), ValueError("no"), BrokenPipeError()])
def test_what_ends_a_sink_apart_is_told_once(error: Exception) -> None:
    told: list[Exception] = []
    slow = Stuck(error)
    apart = sinks.ApartSink(slow, on_failure=told.append)
    slow.let.set()
    from_iterable([hold(1), hold(2)]).subscribe(apart)
    assert told == ([] if isinstance(error, BrokenPipeError) else [error])
    assert apart.closed


async def test_who_waits_for_a_sink_learns_of_its_end() -> None:
    one, two = sinks.list_(), sinks.list_()
    delivery = sinks.Delivery(one, two)
    delivery.start(Subject[Any]())
    waiter = asyncio.ensure_future(delivery.wait_closed())
    await asyncio.sleep(0)
    assert not waiter.done()
    await delivery.aclose()
    await waiter
    await one.wait_closed()
    assert one.closed
    assert two.closed


async def test_closing_in_a_thread_leaves_the_loop_free() -> None:
    class Slow(sinks.ListSink):
        def __init__(self) -> None:
            super().__init__()
            self.let = threading.Event()

        def close(self) -> None:
            assert self.let.wait(30)

    sink = Slow()
    sink.on_next(hold(1))
    closing = asyncio.ensure_future(sink.aclose())
    await asyncio.sleep(0)
    sink.let.set()  # the loop goes on, else nobody could
    await closing
    await sink.wait_closed()


def test_a_sink_of_ones_own() -> None:
    text = (DOCS / "own_sink.py").read_text()
    assert text in (DOCS / "sinks.md").read_text()
    with socket.socket(type=socket.SOCK_DGRAM) as there:
        there.bind(("127.0.0.1", 0))
        there.settimeout(30)
        own, double = example("own_sink").UdpSink(f"udp://127.0.0.1:{there.getsockname()[1]}"), sinks.list_()
        delivery = sinks.Delivery(own, double)
        delivery.start(from_iterable([hold(1), hold(2)]))
        received = [there.recv(65536) for _ in range(2)]
    assert received == [sinks.to_json(event) for event in double.events]  # type: ignore[arg-type]  # all are call events
    assert own.error is None
    assert double.completed


@pytest.mark.parametrize("batch", [1, 3])
def test_a_receiver_of_ones_own_believes_signed_requests_only_and_each_once(tmp_path: Path, batch: int) -> None:
    with Receiver() as receiver:
        send(receiver, tmp_path / "x", [hold(1), hold(2, name="Zoë")], secret=SECRET, batch=batch)
    seen: list[tuple[str, dict[str, Any]]] = []

    def on_event(id_: str, event: dict[str, Any]) -> None:
        if event["sequence"] == 2 and not seen:
            raise OSError("no room")
        seen.append((id_, event))

    database = sqlite3.connect(":memory:")
    module = example("webhook_receiver")
    hook = module.Hook(SECRET, database, on_event)
    requests = list(zip(receiver.headers, receiver.bodies, strict=True))
    for headers, body in requests * 2:
        assert hook.receive(headers, body) == 204
    assert [event["sequence"] for _, event in seen] == [1, 2]
    assert [id_ for id_, _ in seen] == [id_ for id_, _ in receiver.events]
    headers, body = requests[-1]
    assert hook.receive(headers, body.replace(b"Zo", b"Bo")) == 401
    assert hook.receive({**headers, "webhook-timestamp": "1"}, body) == 401
    assert hook.receive({**headers, "webhook-id": "another"}, body) == 401
    assert hook.receive({}, body) == 401
    assert module.Hook(OTHER, database, on_event).receive(headers, body) == 401
    # What it could not keep is not marked as seen: it comes again.
    seen.clear()
    fresh = module.Hook(SECRET, other := sqlite3.connect(":memory:"), on_event)
    if batch == 1:
        with pytest.raises(OSError, match="no room"):
            fresh.receive(headers, body)
        seen.append(("x", {}))
        assert fresh.receive(headers, body) == 204
        assert seen[-1][1]["sequence"] == 2
    assert json.loads(body)
    for each in (database, other):
        each.close()


def test_a_receiver_of_ones_own_takes_calls_that_come_at_the_same_time(tmp_path: Path) -> None:
    seen: list[str] = []
    database = sqlite3.connect(":memory:", check_same_thread=False)  # the server's thread alone uses it
    module = example("webhook_receiver")
    server = module.serve(module.Hook(SECRET, database, lambda id_, _: seen.append(id_)), 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        sink = sinks.http(
            f"http://localhost:{server.server_port}/",
            outbox=tmp_path / "x",
            secret=SECRET,
            timeout=5.0,
            first_wait=60.0,
        )  # where one call holds up the server, the others come a minute later, and so not at all
        from_iterable([hold(sequence, call) for sequence in (1, 2) for call in ("1.1", "2.2", "3.3")]).subscribe(sink)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        database.close()
    assert len(set(seen)) == 6
    assert waiting(tmp_path / "x") == 0
