"""Memory that a live call takes, of all machines together: `python benchmarks/memory.py [LIVE]` prints BYTES LIVE.

Calls are begun and nobody hangs up. Python's own account (tracemalloc) of what is held more than before, by the call;
with `--rss` what the process has more of, as the kernel counts it: whatever is free inside counts as well.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import tracemalloc
from pathlib import Path

from traffic import GREETING, Traffic
from wire import Tap, Wire

from cacofonisk.operators import call_events


async def held_by(live: int, *, rss: bool) -> float:
    """Bytes held by each of so many live calls."""
    traffic = Traffic(filtered=True)
    first = [GREETING, *traffic.live(100)]  # whatever is made once is there afterwards
    more = list(traffic.live(live))
    if not rss:
        tracemalloc.start()
    measure = resident if rss else traced
    tap = Tap()
    tap.events.pipe(call_events()).subscribe()
    wire = Wire(tap.push)
    await _feed(wire, first)
    before = measure()
    await _feed(wire, more)
    return (measure() - before) / live


async def _feed(wire: Wire, packets: list[bytes]) -> None:
    for at in range(0, len(packets), 100):
        wire.receive(b"".join(packets[at : at + 100]))
        await wire.drain()
    gc.collect()


def traced() -> int:
    """Bytes that Python holds."""
    return tracemalloc.get_traced_memory()[0]


def resident() -> int:
    """Bytes of memory that the process has."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def main() -> None:
    """Measure it once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("live", type=int, nargs="?", default=10_000)
    parser.add_argument("--rss", action="store_true")
    args = parser.parse_args()
    held = asyncio.run(held_by(args.live, rss=args.rss))
    print(f"{held:.0f} {args.live}")


if __name__ == "__main__":
    main()
