"""Events already parsed: `python benchmarks/dicts.py FILE` prints SECONDS EVENTS.

Every packet of the raw AMI file is a plain dict before the clock starts; then they go through `call_events()`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from wire import Tap

from cacofonisk.ami_event import WANTED, AmiEvent, read_lines, to_headers
from cacofonisk.operators import call_events

if TYPE_CHECKING:
    from cacofonisk.ami_event import Headers
    from cacofonisk.events import Event


def packets(data: bytes) -> list[Headers]:
    """All events of a raw AMI file."""
    texts = data.decode("utf-8", "surrogateescape").split("\r\n\r\n")
    return [to_headers(read_lines(text)) for text in texts if text.startswith("Event: ")]


def run(events: list[Headers]) -> tuple[float, int]:
    """Seconds taken and call events given for these packets."""
    given = 0

    def count(_event: Event) -> None:
        nonlocal given
        given += 1

    tap = Tap()
    tap.events.pipe(call_events()).subscribe(count)
    push = tap.push
    start = time.perf_counter()
    for headers in events:
        if headers["Event"] in WANTED:
            push(AmiEvent(headers, server="pbx"))
    tap.complete()
    return time.perf_counter() - start, given


if __name__ == "__main__":
    seconds, number = run(packets(Path(sys.argv[1]).read_bytes()))
    print(f"{seconds:.6f} {number}")
