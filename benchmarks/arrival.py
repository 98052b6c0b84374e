"""Everything but the thinking: `python benchmarks/arrival.py FILE` prints SECONDS EVENTS.

The bytes of a raw AMI file come through the AMI source's own protocol, framing and buffer, and an RxPY observer is
handed each AMI event that the operators would read.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from wire import Tap, Wire

if TYPE_CHECKING:
    from cacofonisk.events import Event

CHUNK = 1 << 16  # bytes


async def arrive(data: bytes) -> tuple[float, int]:
    """Seconds taken and AMI events handed on for these bytes."""
    events = 0

    def count(_event: Event) -> None:
        nonlocal events
        events += 1

    tap = Tap()
    tap.events.subscribe(count)
    wire = Wire(tap.push)
    start = time.perf_counter()
    for at in range(0, len(data), CHUNK):
        wire.receive(data[at : at + CHUNK])
        await wire.drain()
    tap.complete()
    return time.perf_counter() - start, events


if __name__ == "__main__":
    seconds, number = asyncio.run(arrive(Path(sys.argv[1]).read_bytes()))
    print(f"{seconds:.6f} {number}")
