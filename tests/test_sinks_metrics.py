"""Metrics as Prometheus fetches them."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cacofonisk import call_events, sinks, sources
from cacofonisk.errors import SinkError
from cacofonisk.events import Anomaly, SourceEvent
from cacofonisk.testing.ami_server import AmiServer
from tests.ami_client import CHANNEL, packet
from tests.recordings import FOLDER
from tests.test_cli import run
from tests.test_record import RING, finish, start, url

if TYPE_CHECKING:
    from pathlib import Path

ATTENDED = FOLDER / "ast22" / "attended_transfer_by_caller.jsonl"


def fetch(port: int) -> dict[str, float]:
    """All samples, as in `calls{server=pbx}`."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {
        f"{sample.name}{{{_written(sample.labels)}}}".removeprefix("cacofonisk_"): sample.value for sample in samples
    }


def _written(labels: dict[str, str]) -> str:
    return ",".join("=".join(label) for label in sorted(labels.items()))


def test_calls_are_counted_by_what_became_of_them() -> None:
    with sinks.metrics(0) as sink:
        sources.file(FOLDER / "ast22" / "attended_transfer_by_caller.jsonl", server="pbx").pipe(
            call_events()
        ).subscribe(sink.on_next)
        found = fetch(sink.port)
    assert found["call_events_total{event=started,server=pbx}"] == 2
    assert found["call_events_total{event=transfer,server=pbx}"] == 1
    assert found["hangups_total{answered=person,reason=transferred,server=pbx}"] == 1
    assert found["hangups_total{answered=person,reason=completed,server=pbx}"] == 1
    assert found["calls{server=pbx}"] == 0
    assert found["ring_seconds_count{server=pbx}"] == found["talk_seconds_count{server=pbx}"] == 2
    assert found["talk_seconds_sum{server=pbx}"] == pytest.approx(1.5, abs=0.2)
    assert found["process_resident_memory_bytes{}"] > 0


def test_queues_are_counted_by_why_they_were_left() -> None:
    with sinks.metrics(0) as sink:
        for name in ("queue_two_callers", "queue_abandoned"):
            sources.file(FOLDER / "ast22" / f"{name}.jsonl", server="pbx").pipe(call_events()).subscribe(sink.on_next)
        found = fetch(sink.port)
    waits = {name: count for name, count in found.items() if name.startswith("queue_wait_seconds_count")}
    assert waits == {
        "queue_wait_seconds_count{queue=sales,reason=connected,server=pbx}": 2,
        "queue_wait_seconds_count{queue=sales,reason=abandoned,server=pbx}": 1,
    }


def test_the_connection_and_what_made_no_sense() -> None:
    with sinks.metrics(0) as sink:
        sink.on_next(SourceEvent(server="pbx", time="", kind="connected"))
        assert fetch(sink.port)["connected{server=pbx}"] == 1
        sink.on_next(SourceEvent(server="pbx", time="", kind="gap"))
        sink.on_next(SourceEvent(server="pbx", time="", kind="lost"))
        sink.on_next(Anomaly(server="pbx", time="", what="", packet={}))
        found = fetch(sink.port)
    assert found["connected{server=pbx}"] == 0
    assert found["source_events_total{kind=gap,server=pbx}"] == 1
    assert found["anomalies_total{server=pbx}"] == 1


def test_two_count_apart_and_their_ports_are_free_when_they_are_closed() -> None:
    with sinks.metrics(0) as one, sinks.metrics(0) as two:
        one.on_next(Anomaly(server="pbx", time="", what="", packet={}))
        assert "anomalies_total{server=pbx}" in fetch(one.port)
        assert "anomalies_total{server=pbx}" not in fetch(two.port)
    for port in (one.port, two.port):
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))


@pytest.mark.parametrize(
    ("spec", "where"),
    [
        ("metrics:", ("127.0.0.1", 9187)),
        ("metrics:9200", ("127.0.0.1", 9200)),
        ("metrics:0.0.0.0:9200", ("0.0.0.0", 9200)),  # noqa: S104  # as a user may want it
        ("metrics:[::1]:9200", ("::1", 9200)),
    ],
)
def test_where_it_is_served(spec: str, where: tuple[str, int]) -> None:
    sink = sinks.sink_for(spec)
    assert isinstance(sink, sinks.MetricsSink)
    assert (sink.host, sink.port) == where


@pytest.mark.parametrize("rest", ["x", "0.0.0.0:x", "70000", "-1", "9187/metrics", "a b:1", "me@host:1"])
def test_what_is_no_place_is_said(rest: str) -> None:
    with pytest.raises(SinkError, match=r"^metrics: takes a port, as in metrics:9187 or metrics:0\.0\.0\.0:9187$"):
        sinks.sink_for(f"metrics:{rest}")


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("replay", ATTENDED, "--to", f"metrics:{port}", "--to", f"file:{tmp_path}/calls.jsonl")
    assert done.stderr.decode() == (
        f"cacofonisk: metrics cannot be served at 127.0.0.1:{port}: address already in use\n"
    )
    assert done.returncode == 2


def test_that_its_package_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(SinkError, match=r"metrics need prometheus_client: pip install 'cacofonisk\[metrics\]'"):
        sinks.metrics(0).start()


async def test_live_calls_are_seen_while_they_live() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with AmiServer([packet("Newchannel", **RING)]) as server:
        process = await start("run", url(server), "--server", "pbx", "--to", f"metrics:{port}", "--to", "stdout:jsonl")
        assert process.stdout is not None
        await server.asked("BridgeList")
        await server.play()
        await process.stdout.readline()  # metrics stand before it and have counted
        during = await asyncio.to_thread(fetch, port)
        server.send(packet("Hangup", **CHANNEL, Cause="16"))
        await process.stdout.readline()
        after = await asyncio.to_thread(fetch, port)
        status, _, _ = await finish(process, signal.SIGTERM)
    assert status == 143
    assert [found["connected{server=pbx}"] for found in (during, after)] == [1, 1]
    assert [found["calls{server=pbx}"] for found in (during, after)] == [1, 0]
