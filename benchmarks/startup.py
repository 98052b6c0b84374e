"""How long `cacofonisk --help` takes: `python benchmarks/startup.py` prints HELP PYTHON in seconds.

PYTHON is what the interpreter takes that does nothing. Both are medians of some runs, each with a process of its own.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time


def seconds(*command: str) -> float:
    """How long a command takes."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Measure both in turn."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    took = [
        (seconds(sys.executable, "-m", "cacofonisk", "--help"), seconds(sys.executable, "-c", "pass"))
        for _ in range(runs)
    ]
    print(" ".join(f"{statistics.median(column):.4f}" for column in zip(*took, strict=True)))


if __name__ == "__main__":
    main()
