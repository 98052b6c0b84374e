"""cacofonisk 0.x, for who has a checkout of it: `python benchmarks/predecessor.py DIR FILE` prints SECONDS EVENTS.

Raw AMI bytes through panoramisk into its handlers, what they report written as JSON lines on /dev/null. With
`--dicts` every packet is a plain dict before the clock starts, and what is reported is only counted. Packets that
its handlers raise an exception for are passed over.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import logging
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

CHUNK = 1 << 16  # bytes

Report = dict[str, Any]


def handlers(folder: Path, report: Callable[[Report], None]) -> Any:  # it has no types
    """Its event handler, with a reporter that tells of what ours tells of, too."""
    sys.path.insert(0, str(folder))
    old = importlib.import_module("cacofonisk")
    if not hasattr(old, "EventHandler"):
        raise SystemExit(f"{folder} is no checkout of cacofonisk 0.x: there is no EventHandler")

    class Reporter(old.BaseReporter):  # type: ignore[misc, name-defined]  # as above
        def on_b_dial(self, caller: Any, targets: Any) -> None:
            report({"event": "ringing", "caller": caller, "targets": targets})

        def on_up(self, caller: Any, target: Any) -> None:
            report({"event": "up", "caller": caller, "target": target})

        def on_attended_transfer(self, caller: Any, transferer: Any, target: Any) -> None:
            report({"event": "transfer", "caller": caller, "transferer": transferer, "target": target})

        def on_blonde_transfer(self, caller: Any, transferer: Any, targets: Any) -> None:
            report({"event": "transfer", "caller": caller, "transferer": transferer, "targets": targets})

        on_blind_transfer = on_blonde_transfer

        def on_hangup(self, caller: Any, reason: Any) -> None:
            report({"event": "hangup", "caller": caller, "reason": reason})

    return old.EventHandler(Reporter())


async def replay(folder: Path, data: bytes, out: TextIO) -> tuple[float, int]:
    """Seconds taken and reports written for raw AMI bytes."""
    from panoramisk import Manager  # type: ignore[import-untyped]  # as above
    from panoramisk.ami_protocol import AMIProtocol  # type: ignore[import-untyped]  # as above

    reports = 0

    def write(report: Report) -> None:
        nonlocal reports
        reports += 1
        out.write(json.dumps(report) + "\n")

    handler = handlers(folder, write)
    manager = Manager(loop=asyncio.get_running_loop())
    manager.callbacks.clear()
    manager.patterns.clear()
    for name in handler.event_handlers():
        manager.register_event(name, lambda _manager, event: _feed(handler, event))
    protocol = AMIProtocol()
    protocol.connection_made(asyncio.Transport())
    protocol.factory = manager
    protocol.encoding = "utf8"
    start = time.perf_counter()
    for at in range(0, len(data), CHUNK):
        protocol.data_received(data[at : at + CHUNK])
    return time.perf_counter() - start, reports


def run_dicts(folder: Path, data: bytes) -> tuple[float, int]:
    """Seconds taken and reports given for packets that are dicts already."""
    reports: list[Report] = []
    handler = handlers(folder, reports.append)
    wanted = handler.event_handlers().keys()
    events = [
        dict(line.split(": ", 1) for line in text.split("\r\n") if ": " in line)
        for text in data.decode("utf-8", "surrogateescape").split("\r\n\r\n")
        if text.startswith("Event: ")
    ]
    start = time.perf_counter()
    for event in events:
        if event["Event"] in wanted:
            _feed(handler, event)
    return time.perf_counter() - start, len(reports)


def _feed(handler: Any, event: Any) -> None:
    with suppress(Exception):  # it has bugs of its own, which are not what is measured
        handler.on_event(event)


def main() -> None:
    """Measure it once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--dicts", action="store_true")
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    data = args.file.read_bytes()
    if args.dicts:
        seconds, count = run_dicts(args.folder, data)
    else:
        with Path(os.devnull).open("w", buffering=CHUNK) as out:
            seconds, count = asyncio.run(replay(args.folder, data, out))
    print(f"{seconds:.6f} {count}")


if __name__ == "__main__":
    main()
