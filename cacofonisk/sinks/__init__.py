"""Where call events go; each sink is an observer that owns a resource."""

from __future__ import annotations

from cacofonisk.sinks._apart import ApartSink
from cacofonisk.sinks._delivery import Delivery
from cacofonisk.sinks._fold import fold
from cacofonisk.sinks._json import to_json
from cacofonisk.sinks._registry import sink_for
from cacofonisk.sinks._sink import Sink
from cacofonisk.sinks._visible import visible, visible_json
from cacofonisk.sinks.file import FileSink, file
from cacofonisk.sinks.file.rotation import Compress
from cacofonisk.sinks.http import HttpSink, http
from cacofonisk.sinks.http.dead_letters import DeadLetter, DeadLetters
from cacofonisk.sinks.list_ import ListSink, list_
from cacofonisk.sinks.metrics import MetricsSink, metrics
from cacofonisk.sinks.stdout import StdoutSink, stdout

__all__ = [
    "ApartSink",
    "Compress",
    "DeadLetter",
    "DeadLetters",
    "Delivery",
    "FileSink",
    "HttpSink",
    "ListSink",
    "MetricsSink",
    "Sink",
    "StdoutSink",
    "file",
    "fold",
    "http",
    "list_",
    "metrics",
    "sink_for",
    "stdout",
    "to_json",
    "visible",
    "visible_json",
]
