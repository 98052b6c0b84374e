"""Everything but the thinking: `python benchmarks/arrival.py FILE` prints SECONDS EVENTS.

The bytes of a raw AMI file come through the AMI source's own protocol, framing and buffer, and an RxPY observer is
handed each AMI event that the operators would read.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wire import Tap, pour

if TYPE_CHECKING:
    from cacofonisk.events import Event


async def arrive(data: bytes) -> tuple[float, int]:
    """Seconds taken and AMI events handed on for these bytes."""
    events = 0

    def count(_event: Event) -> None:
        nonlocal events
        events += 1

    tap = Tap()
    tap.events.subscribe(count)
    return await pour(data, tap), events


if __name__ == "__main__":
    seconds, number = asyncio.run(arrive(Path(sys.argv[1]).read_bytes()))
    print(f"{seconds:.6f} {number}")
