"""Cutting the byte stream alone: `python benchmarks/parse.py FILE` prints SECONDS PACKETS.

The AMI source's framing gives the packets that the operators read, each looked through for what callers smuggle in.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from cacofonisk.ami_event import WANTED
from cacofonisk.sources._framing import Framer

CHUNK = 1 << 16  # bytes


def parse(data: bytes) -> tuple[float, int]:
    """Seconds taken and packets given for these bytes."""
    framer = Framer(WANTED, server="pbx", live=True)
    packets = 0
    start = time.perf_counter()
    for at in range(0, len(data), CHUNK):
        packets += len(framer.feed(data[at : at + CHUNK]))
    return time.perf_counter() - start, packets


if __name__ == "__main__":
    seconds, count = parse(Path(sys.argv[1]).read_bytes())
    print(f"{seconds:.6f} {count}")
