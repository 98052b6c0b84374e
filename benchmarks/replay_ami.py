"""Raw AMI bytes to call events as JSON lines: `python benchmarks/replay_ami.py FILE` prints SECONDS EVENTS.

The file is held in memory and fed in chunks of 64 KiB, as a socket gives them, through the AMI source's own protocol
and buffer and `call_events()` to JSON lines on /dev/null, all in one process.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wire import CHUNK, Tap, pour

from cacofonisk.operators import call_events
from cacofonisk.sinks import to_json

if TYPE_CHECKING:
    from typing import BinaryIO

    from cacofonisk.events import Event


async def replay(data: bytes, out: BinaryIO) -> tuple[float, int]:
    """Seconds taken and call events written for these bytes."""
    events = 0

    def write(event: Event) -> None:
        nonlocal events
        events += 1
        out.write(to_json(event))  # type: ignore[arg-type]  # call_events() gives nothing else

    tap = Tap()
    tap.events.pipe(call_events()).subscribe(write)
    return await pour(data, tap), events


if __name__ == "__main__":
    with Path(os.devnull).open("wb", buffering=CHUNK) as nowhere:
        seconds, count = asyncio.run(replay(Path(sys.argv[1]).read_bytes(), nowhere))
    print(f"{seconds:.6f} {count}")
