"""Counts of call events as metrics that Prometheus fetches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cacofonisk.errors import SinkError
from cacofonisk.events import Anomaly, CallEvent, Hangup, QueueLeft, SourceEvent, Started
from cacofonisk.sinks._sink import Sink

if TYPE_CHECKING:
    import threading
    from wsgiref.simple_server import WSGIServer

    from cacofonisk.events import Event
    from cacofonisk.sinks._sink import OnFailure
    from cacofonisk.sinks._tally import Tally

_PORT = 9187
_HOST = "127.0.0.1"
_LAST_PORT = 65535
_PLACE = re.compile(r"(?:(?P<host>[\w.-]+|\[[\w:.%]+\]):)?(?P<port>[0-9]{0,5})", re.ASCII)


class MetricsSink(Sink):
    """Serves counts of what it is given at `http://host:port/metrics`; `port` 0 is a free one, told once it is open.

    No label holds what a caller can choose: they are servers, kinds of events, reasons and queues.
    """

    never_waits = True

    def __init__(self, port: int = _PORT, host: str = _HOST, *, on_failure: OnFailure | None = None) -> None:
        super().__init__(on_failure=on_failure)
        self.host = host
        self.port = port
        self._tally: Tally | None = None
        self._serving: tuple[WSGIServer, threading.Thread] | None = None

    def open(self) -> None:
        """Listen; raises SinkError where that cannot be."""
        try:
            from prometheus_client import start_http_server

            from cacofonisk.sinks._tally import Tally
        except ModuleNotFoundError as error:
            raise SinkError(f"metrics need {error.name}: pip install 'cacofonisk[metrics]'") from None
        self._tally = Tally()
        try:
            self._serving = start_http_server(self.port, self.host, self._tally.registry)
        except (OSError, OverflowError) as error:
            why = (getattr(error, "strerror", None) or str(error)).lower()
            raise SinkError(f"metrics cannot be served at {self.host}:{self.port}: {why}") from None
        self.port = self._serving[0].server_port

    def write(self, event: Event) -> None:
        """Count it."""
        tally = self._tally
        if tally is None:
            return
        if isinstance(event, CallEvent):
            tally.events.labels(event.server, event.event).inc()
            if isinstance(event, Started):
                tally.calls.labels(event.server).inc()
            elif isinstance(event, Hangup):
                tally.hang_up(event)
            elif isinstance(event, QueueLeft):
                tally.queued.labels(event.server, event.queue, event.reason).observe(event.waited_s)
        elif isinstance(event, SourceEvent):
            tally.source.labels(event.server, event.kind).inc()
            if event.kind in ("connected", "lost"):
                tally.connected.labels(event.server).set(event.kind == "connected")
        elif isinstance(event, Anomaly):
            tally.anomalies.labels(event.server).inc()

    def close(self) -> None:
        """Listen no more."""
        if self._serving is not None:
            server, thread = self._serving
            self._serving = None
            server.shutdown()
            server.server_close()
            thread.join()


def metrics(port: int = _PORT, host: str = _HOST, *, on_failure: OnFailure | None = None) -> MetricsSink:
    """A sink that counts events and serves the counts to Prometheus at `http://host:port/metrics`.

    Needs prometheus-client: `pip install 'cacofonisk[metrics]'`.
    """
    return MetricsSink(port, host, on_failure=on_failure)


def metrics_of(spec: str) -> MetricsSink:
    """The sink that `metrics:`, `metrics:PORT` or `metrics:HOST:PORT` names; raises SinkError."""
    found = _PLACE.fullmatch(spec.partition(":")[2])
    port = int(found["port"] or _PORT) if found is not None else -1
    if found is None or port > _LAST_PORT:
        raise SinkError(f"metrics: takes a port, as in metrics:{_PORT} or metrics:0.0.0.0:{_PORT}")
    return MetricsSink(port, (found["host"] or _HOST).strip("[]"))
