"""What the sinks cost: `python benchmarks/sinks_alone.py` prints JSON STDOUT FILE HTTP in seconds an event.

The call events of real calls go to `to_json` alone, to `sinks.stdout("jsonl")` on /dev/null, to `sinks.file`, and to
`sinks.http`, whose time ends when all of them are in its outbox on disk; its receiver is not there.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from traffic import GREETING, Traffic
from wire import Tap, Wire

from cacofonisk import sinks
from cacofonisk.events import CallEvent
from cacofonisk.operators import call_events

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.events import Event
    from cacofonisk.sinks import Sink


async def collect(calls: int) -> list[CallEvent]:
    """The call events of so many calls."""
    events: list[CallEvent] = []

    def keep(event: Event) -> None:
        if isinstance(event, CallEvent):
            events.append(event)

    tap = Tap()
    tap.events.pipe(call_events()).subscribe(keep)
    wire = Wire(tap.push)
    wire.receive(GREETING)
    for packet in Traffic(filtered=True).calls(calls):
        wire.receive(packet)
    await wire.drain()
    return events


def only_json(events: list[CallEvent]) -> float:
    """Seconds until all are JSON."""
    start = time.perf_counter()
    for event in events:
        sinks.to_json(event)
    return time.perf_counter() - start


def through(make: Callable[[], Sink], events: list[CallEvent]) -> float:
    """Seconds until a sink has written all."""
    sink = make()
    sink.start()
    start = time.perf_counter()
    for event in events:
        sink.on_next(event)
    sink.flush()
    took = time.perf_counter() - start
    sink.dispose()
    return took


def measure(events: list[CallEvent], folder: Path) -> list[float]:
    """Seconds an event: JSON alone, then each sink."""
    said = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        took = [
            only_json(events),
            through(lambda: sinks.stdout("jsonl", hold=1 << 16), events),
            through(lambda: sinks.file(folder / "calls.jsonl"), events),
            through(lambda: sinks.http("http://127.0.0.1:9/", outbox=folder / "outbox", drain=0.0), events),
        ]
    finally:
        sys.stdout.flush()
        os.dup2(said, 1)
        os.close(said)
        os.close(nowhere)
    return [seconds / len(events) for seconds in took]


def main() -> None:
    """Measure all of them in turn, some times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)  # that nobody receives it
    events = asyncio.run(collect(args.calls))
    runs = []
    for _ in range(args.runs):
        with tempfile.TemporaryDirectory() as folder:
            runs.append(measure(events, Path(folder)))
    print(" ".join(f"{statistics.median(column):.9f}" for column in zip(*runs, strict=True)))


if __name__ == "__main__":
    main()
