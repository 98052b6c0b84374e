"""The metrics that are counted, each with its name, help and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

if TYPE_CHECKING:
    from cacofonisk.events import Hangup

_RING = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120)
_TALK = (10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)
_WAIT = (5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800)


class Tally:
    """All metrics of one sink, in a registry of their own; times are in seconds."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)  # memory and time of the process
        self.calls = Gauge("cacofonisk_calls", "Calls that are live.", ["server"], registry=registry)
        self.connected = Gauge("cacofonisk_connected", "Whether the PBX is connected.", ["server"], registry=registry)
        self.events = Counter("cacofonisk_call_events", "Call events.", ["server", "event"], registry=registry)
        self.ended = Counter(
            "cacofonisk_hangups", "Calls that have ended.", ["server", "reason", "answered"], registry=registry
        )
        self.ringing = Histogram(
            "cacofonisk_ring_seconds", "How long phones rang, per call that reached any.", ["server"],
            buckets=_RING, registry=registry,
        )  # fmt: skip
        self.talking = Histogram(
            "cacofonisk_talk_seconds", "How long people talked, per call that a person answered.", ["server"],
            buckets=_TALK, registry=registry,
        )  # fmt: skip
        self.queued = Histogram(
            "cacofonisk_queue_wait_seconds", "How long callers waited in a queue.", ["server", "queue", "reason"],
            buckets=_WAIT, registry=registry,
        )  # fmt: skip
        self.source = Counter(
            "cacofonisk_source_events", "What happened to the connection: connected, lost, resynced, gap.",
            ["server", "kind"], registry=registry,
        )  # fmt: skip
        self.anomalies = Counter("cacofonisk_anomalies", "What made no sense.", ["server"], registry=registry)

    def hang_up(self, event: Hangup) -> None:
        """A call has ended."""
        self.calls.labels(event.server).dec()
        self.ended.labels(event.server, event.reason, event.answered or "nobody").inc()
        if event.ring_s:
            self.ringing.labels(event.server).observe(event.ring_s)
        if event.answered == "person":
            self.talking.labels(event.server).observe(event.talk_s)
