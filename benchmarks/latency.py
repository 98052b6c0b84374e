"""From bytes to the call event: `python benchmarks/latency.py [LIVE]` prints P50 P99 MAX in seconds, and EVENTS.

With so many calls up, more calls come and go. Each packet is received by itself, as from a PBX that has time, and
each call event that an observer hears of is timed from there: the protocol, framing, the buffer, all machines.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import TYPE_CHECKING

from traffic import GREETING, Traffic
from wire import Tap, Wire

from cacofonisk.operators import call_events

if TYPE_CHECKING:
    from cacofonisk.events import Event


async def delays(live: int, calls: int) -> list[float]:
    """Seconds that each call event of so many calls took, shortest first, while so many others are up."""
    traffic = Traffic()
    quiet = [GREETING, *traffic.live(live)]
    packets = list(traffic.calls(calls))
    took: list[float] = []
    clock = time.perf_counter
    received = 0.0

    def hear(_event: Event) -> None:
        took.append(clock() - received)

    tap = Tap()
    tap.events.pipe(call_events()).subscribe(hear)
    wire = Wire(tap.push)
    for at in range(0, len(quiet), 100):
        wire.receive(b"".join(quiet[at : at + 100]))
        await wire.drain()
    del quiet
    took.clear()
    for packet in packets:
        received = clock()
        wire.receive(packet)
        await wire.drain()
    return sorted(took)


def main() -> None:
    """Measure it once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("live", type=int, nargs="?", default=10_000)
    parser.add_argument("--calls", type=int, default=2000)
    args = parser.parse_args()
    took = asyncio.run(delays(args.live, args.calls))
    p50, p99 = (took[int(len(took) * share)] for share in (0.5, 0.99))
    print(f"{p50:.7f} {p99:.7f} {took[-1]:.7f} {len(took)}")


if __name__ == "__main__":
    main()
