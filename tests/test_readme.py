"""What the README shows is what one gets."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
PAIRS = [
    (code, output)
    for (language, code), (other, output) in pairwise(BLOCKS)
    if language == "python" and not other and not output.startswith("==")
]
PROGRAMS = [code for language, code in BLOCKS if language == "python"]


def run(code: str) -> str:
    # The time of day is shown as the machine has it.
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env={"TZ": "UTC"}
    ).stdout


@pytest.mark.parametrize(("code", "output"), PAIRS, ids=[code.split("\n")[0] for code, _ in PAIRS])
def test_a_program_prints_what_stands_below_it(code: str, output: str) -> None:
    assert run(code) == output


def test_there_are_such_programs() -> None:
    assert len(PAIRS) == 2
    assert len(PROGRAMS) == 4


@pytest.mark.parametrize("code", PROGRAMS, ids=[code.split("\n")[0] for code in PROGRAMS])
def test_every_program_runs(code: str) -> None:
    run(code)
