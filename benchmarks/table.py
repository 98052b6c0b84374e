"""Runs all benchmarks and prints one table: `python benchmarks/table.py`, or `make bench`.

The programs that are compared run in turn, each in a process of its own, on the same stream; a ratio is of two that
ran one behind the other. Figures are medians, and in brackets the lowest and the highest.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from traffic import GREETING, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Size:
    """How much is measured; a small one is for trying out the benchmarks, its figures mean nothing."""

    runs: int
    calls: int  # in the stream
    live: int
    events: int  # through operators

    @classmethod
    def small(cls) -> Size:
        """Just enough to see that all of them run."""
        return cls(runs=1, calls=10, live=5, events=100)


@dataclass(frozen=True)
class Row:
    """A line of the table. `asked` and `aim` are what the project wants of itself."""

    what: str
    figures: Sequence[float]
    show: Callable[[float], str]
    asked: str = ""
    aim: str = ""

    def __str__(self) -> str:
        middle, low, high = (self.show(of(self.figures)) for of in (statistics.median, min, max))
        return f"| {self.what} | {middle} ({low} to {high}) | {self.asked} | {self.aim} |"


def run(script: str, *arguments: object) -> list[float]:
    """The figures in the last line of what a benchmark prints; raises SystemExit with what it says if it cannot."""
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.strip().splitlines()[-1])
    return [float(figure) for figure in done.stdout.split("\n")[-2].split()]


def streams(file: Path, packets: int, predecessor: Path | None, runs: int) -> list[Row]:
    """Everything that reads the stream, in turn."""
    programs: dict[str, tuple[object, ...]] = {
        "all": ("replay_ami.py", file),
        "limit": ("limit.py", file),
        "framing": ("parse.py", file),
        "arrival": ("arrival.py", file),
        "dicts": ("dicts.py", file),
        "panoramisk": ("panoramisk_dispatch.py", file),
    }
    if predecessor is not None:
        programs["predecessor"] = ("predecessor.py", predecessor, file)
        programs["its dicts"] = ("predecessor.py", predecessor, file, "--dicts")
    took: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(runs):
        for name, (script, *arguments) in programs.items():
            took[name].append(run(str(script), *arguments)[0])

    def a_packet(name: str) -> list[float]:
        return [seconds / packets for seconds in took[name]]

    def against(name: str, other: str) -> list[float]:
        return [theirs / ours for ours, theirs in zip(took[name], took[other], strict=True)]

    rows = [
        Row("bytes → call events → JSON lines, a packet", a_packet("all"), micro),
        Row("… packets a second", [1 / each for each in a_packet("all")], count),
        Row("… as fast as the limit", against("all", "limit"), percent, "50 %", "65 %"),
        Row("… as fast as panoramisk's parser and dispatch alone", against("all", "panoramisk"), times),
        Row("the limit, a packet", a_packet("limit"), micro),
        Row("framing alone, a packet", a_packet("framing"), micro),
        Row("everything but the thinking, a packet", a_packet("arrival"), micro),
        Row("dicts → call events, a packet", a_packet("dicts"), micro),
        Row("panoramisk's parser and dispatch alone, a packet", a_packet("panoramisk"), micro),
    ]
    if predecessor is not None:
        rows += [
            Row("panoramisk + cacofonisk 0.x, a packet", a_packet("predecessor"), micro),
            Row("… this one is faster", against("all", "predecessor"), times, "15x", "20x"),
            Row("dicts → cacofonisk 0.x, a packet", a_packet("its dicts"), micro),
            Row("… this one is faster", against("dicts", "its dicts"), times, "2x", "3x"),
        ]
    return rows


def others(size: Size) -> list[Row]:
    """Everything that makes its own input."""
    ours, plain, rx_map = repeated(size, "operators.py", "--events", size.events, "--runs", size.runs)
    held = repeated(size, "memory.py", size.live)[0]
    resident = repeated(size, "memory.py", size.live, "--rss")[0]
    p50, p99, longest, _ = repeated(size, "latency.py", size.live, "--calls", size.calls)
    help_, python = repeated(size, "startup.py", size.runs)
    json, stdout, file, http = repeated(size, "sinks_alone.py", "--calls", size.calls, "--runs", size.runs)
    live = f"{size.live:,} calls up"
    return [
        Row("one of our operators more in a pipe, an event", ours, nano, "150 ns", "130 ns"),
        Row("… the shortest RxPY operator", plain, nano),
        Row("… RxPY's own map", rx_map, nano),
        Row(f"memory a live call, {live}", held, kilobytes, "5 kB", "4 kB"),
        Row("… resident memory of the process", resident, kilobytes),
        Row(f"bytes → call event, {live}: half of them within", p50, micro),
        Row("… 99 of 100 within", p99, micro, "20 µs", "10 µs"),
        Row("… all within", longest, milli, "5 ms"),
        Row("`cacofonisk --help`", help_, milli, "250 ms", "150 ms"),
        Row("… of which the interpreter", python, milli),
        Row("a call event as JSON", json, micro),
        Row("… through `sinks.stdout`", stdout, micro),
        Row("… through `sinks.file`", file, micro),
        Row("… through `sinks.http` into its outbox on disk", http, micro),
    ]


def growth(size: Size) -> list[Row]:
    """Instructions, which are the same each time."""
    small = ("--calls", 1, 2) if size.calls < 100 else ()
    alone, among, ratio = run("growth.py", size.live, *small)
    return [
        Row("instructions a packet, no other call up", [alone], count),
        Row(f"… {size.live:,} calls up", [among], count),
        Row("… ratio", [ratio], lambda figure: f"{figure:.3f}x", "1.10x", "1.05x"),
    ]


def repeated(size: Size, script: str, *arguments: object) -> list[tuple[float, ...]]:
    """Each figure of a benchmark, as often as it is run."""
    return list(zip(*(run(script, *arguments) for _ in range(size.runs)), strict=True))


def micro(seconds: float) -> str:
    """As microseconds."""
    return f"{seconds * 1e6:.2f} µs"


def milli(seconds: float) -> str:
    """As milliseconds."""
    return f"{seconds * 1e3:.1f} ms"


def nano(seconds: float) -> str:
    """As nanoseconds."""
    return f"{seconds * 1e9:.0f} ns"


def kilobytes(size: float) -> str:
    """As thousands of bytes."""
    return f"{size / 1000:.1f} kB"


def count(number: float) -> str:
    """As a whole number."""
    return f"{number:,.0f}"


def times(ratio: float) -> str:
    """As a factor."""
    return f"{ratio:.1f}x"


def percent(ratio: float) -> str:
    """As a share."""
    return f"{ratio:.0%}"


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stream", type=Path, help="a raw AMI file of your own, instead of one made of recordings")
    parser.add_argument("--predecessor", type=Path, help="a checkout of cacofonisk 0.x, to compare with")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="just to see that all benchmarks run")
    args = parser.parse_args()
    size = Size.small() if args.small else Size(runs=args.runs, calls=700, live=10_000, events=100_000)
    print(f"Python {platform.python_version()} ({platform.machine()})\n")
    print("| what | median (lowest to highest) | at least | aim |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        file = args.stream
        if file is None:
            file = Path(folder) / "stream.ami"
            file.write_bytes(GREETING + b"".join(Traffic().calls(size.calls, talk=30.0)))
        packets = file.read_bytes().count(b"\r\n\r\n")
        for row in streams(file, packets, args.predecessor, size.runs):
            print(row, flush=True)
    for row in others(size):
        print(row, flush=True)
    try:
        rows = growth(size)
    except SystemExit as error:
        print(f"\nInstructions were not counted: {error}")
    else:
        print(*rows, sep="\n")


if __name__ == "__main__":
    main()
