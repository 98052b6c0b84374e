"""What one core takes: `python benchmarks/sizing.py [--plot FILE.svg]` prints the processor time of a call.

For each number of calls that are up at the same time, more calls come and go; measured is the processor time from the
bytes of the socket to JSON lines, in reads of 4 KiB as a network gives them, for all that Asterisk sends and for what
the event filter of docs/ami.md leaves. The plot shows both curves.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path
from typing import NamedTuple

from traffic import GREETING, Traffic
from wire import Tap, Wire

from cacofonisk.operators import call_events
from cacofonisk.sinks import to_json

READ = 1 << 12
LIVE = (1, 10, 100, 1_000, 10_000)


class Cost(NamedTuple):
    """Of one call, among so many others that are up."""

    live: int
    packets: float
    bytes: float
    seconds: float


async def cost(live: int, calls: int, *, filtered: bool) -> Cost:
    """Processor time, packets and bytes of a call."""
    quiet = GREETING + b"".join(Traffic(filtered=filtered).live(live))
    packets = list(Traffic(seed=7, first=10_000_000, filtered=filtered).calls(calls))  # the same ones every time
    data = b"".join(packets)
    tap = Tap()
    tap.events.pipe(call_events()).subscribe(to_json)  # type: ignore[arg-type]  # it gives nothing else
    wire = Wire(tap.push)
    await feed(wire, quiet)
    start = time.process_time()
    await feed(wire, data)
    return Cost(live, len(packets) / calls, len(data) / calls, (time.process_time() - start) / calls)


async def feed(wire: Wire, data: bytes) -> None:
    """The bytes, read by read."""
    for at in range(0, len(data), READ):
        wire.receive(data[at : at + READ])
        await wire.drain()


def best(live: int, calls: int, runs: int, *, filtered: bool) -> Cost:
    """The run that was disturbed least."""
    costs = [asyncio.run(cost(live, calls, filtered=filtered)) for _ in range(runs)]
    return min(costs, key=lambda each: each.seconds)


def plot(curves: dict[str, list[Cost]]) -> str:
    """The curves as SVG: calls that are up on a logarithmic axis, milliseconds a call."""
    width, height, left, bottom = 640, 300, 60, 40
    top = max(each.seconds for curve in curves.values() for each in curve) * 1.15e3
    across = (width - left - 150) / (len(LIVE) - 1)

    def y(milliseconds: float) -> float:
        return round(height - bottom - (height - bottom - 20) * milliseconds / top, 1)

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            'font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{left}" y="14">milliseconds of one core a call</text>',
        f'<text x="{left}" y="{height - 6}">calls that are up at the same time</text>',
    ]
    for step in range(5):
        value = top * step / 4
        parts.append(f'<path d="M{left} {y(value)}H{width - 150}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{y(value) + 4}" text-anchor="end">{value:.2f}</text>')
    for index, live in enumerate(LIVE):
        parts.append(f'<text x="{left + across * index}" y="{height - 24}" text-anchor="middle">{live:,}</text>')
    for (name, curve), colour in zip(curves.items(), ("#c0392b", "#2471a3"), strict=True):
        points = " ".join(f"{left + across * at},{y(each.seconds * 1e3)}" for at, each in enumerate(curve))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{width - 142}" y="{y(curve[-1].seconds * 1e3) + 4}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    """Measure all, and draw it where that is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=600)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--live", type=int, default=LIVE[-1], help="no more than so many calls up")
    parser.add_argument("--plot", type=Path)
    args = parser.parse_args()
    curves: dict[str, list[Cost]] = {}
    for name, filtered in (("all packets", False), ("with the filter", True)):
        curves[name] = [best(min(live, args.live), args.calls, args.runs, filtered=filtered) for live in LIVE]
        for each in curves[name]:
            print(
                f"{name}, {each.live} up: {each.seconds * 1e3:.3f} ms a call of {each.packets:.0f} packets and "
                f"{each.bytes / 1e3:.1f} kB, {1 / each.seconds:.0f} calls a second on one core"
            )
    if args.plot is not None:
        args.plot.write_text(plot(curves))


if __name__ == "__main__":
    main()
