"""Whether a packet costs more when many calls are up: `python benchmarks/growth.py [LIVE]` prints ALONE AMONG RATIO.

The instructions that the processor executes for a packet, counted by valgrind's callgrind, which no other load on the
machine disturbs: with no other call up, and among so many (10,000). The machines with their live calls are made
outside of valgrind and pickled; inside, two runs differ by some calls more, and so does their count.
"""

from __future__ import annotations

import argparse
import os
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from traffic import GREETING, Traffic

from cacofonisk.ami_event import WANTED, AmiEvent
from cacofonisk.pipeline import pipeline
from cacofonisk.sinks import to_json
from cacofonisk.sources._framing import Framer

if TYPE_CHECKING:
    from cacofonisk.machine import Chain


def feed(chain: Chain, data: bytes) -> None:
    """Raw AMI bytes through framing and machines to JSON lines."""

    def write(event: object) -> None:
        to_json(event)  # type: ignore[arg-type]  # the pipeline gives nothing else

    framer = Framer(WANTED, server="pbx", live=True)
    for at in range(0, len(data), 1 << 16):
        for packet in framer.feed(data[at : at + (1 << 16)]):
            if packet.__class__ is AmiEvent:
                chain.push(packet, write)


def prepare(live: int, calls: tuple[int, int], folder: Path) -> tuple[list[Path], int]:
    """Files for runs that differ by some calls only, and how many packets these have."""
    chain = pipeline()
    feed(chain, GREETING + b"".join(Traffic(filtered=True).live(live)))
    state = pickle.dumps(chain)
    files, packets = [], []
    for number, count in enumerate(calls):
        stream = list(Traffic(seed=7, first=10_000_000).calls(count))
        packets.append(len(stream))
        files.append(folder / f"{live}-{number}.pickle")
        files[-1].write_bytes(pickle.dumps((state, GREETING + b"".join(stream))))
    return files, packets[1] - packets[0]


def instructions(file: Path) -> int:
    """How many one run takes under callgrind."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, __file__]
    said = subprocess.run(
        [*command, "--run", str(file)],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        check=True,
        capture_output=True,
        text=True,
    ).stderr
    found = re.search(r"Collected : (\d+)", said)
    if found is None:
        raise SystemExit(f"callgrind did not say what it counted: {said[-300:]}")
    return int(found[1])


def per_packet(live: int, calls: tuple[int, int], folder: Path) -> float:
    """Instructions a packet while so many calls are up."""
    files, packets = prepare(live, calls, folder)
    few, many = (instructions(file) for file in files)
    return (many - few) / packets


def main() -> None:
    """Measure both, or be the process that is measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("live", type=int, nargs="?", default=10_000)
    parser.add_argument("--calls", type=int, nargs=2, default=(25, 125))
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run is not None:
        state, data = pickle.loads(args.run.read_bytes())
        feed(pickle.loads(state), data)
        os._exit(0)  # what is tidied up at the end is not what is measured
    if shutil.which("valgrind") is None:
        raise SystemExit("growth.py needs valgrind, which counts instructions: apt-get install valgrind")
    with tempfile.TemporaryDirectory() as folder:
        alone, among = (per_packet(live, tuple(args.calls), Path(folder)) for live in (1, args.live))
    print(f"{alone:.0f} {among:.0f} {among / alone:.4f}")


if __name__ == "__main__":
    main()
