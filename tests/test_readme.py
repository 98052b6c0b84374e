"""What the README shows is what one gets."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from cacofonisk.testing import AmiServer

ROOT = Path(__file__).parent.parent
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
PAIRS = [
    (code, output)
    for (language, code), (other, output) in pairwise(BLOCKS)
    if language == "python" and not other and not output.startswith("operator:")
]
ATTENDED = ROOT / "marbles" / "recordings" / "ast22" / "attended_transfer_by_caller.jsonl"
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


@pytest.mark.parametrize("code", PROGRAMS[:1] + PROGRAMS[2:], ids=lambda code: code.split("\n")[0])
def test_every_program_runs(code: str) -> None:
    run(code)


def test_the_marble_is_a_test_as_it_stands(tmp_path: Path) -> None:
    (marble,) = (code for language, code in BLOCKS if not language and code.startswith("operator:"))
    for name, text in (("good", marble), ("bad", marble.replace("out    -----t", "out    ---t-t"))):
        (tmp_path / f"{name}.marble").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed, 1 passed" in done.stdout


async def test_the_live_program_runs_until_it_is_asked_to_end(tmp_path: Path) -> None:
    calls = tmp_path / "calls.jsonl"
    async with AmiServer(ATTENDED, secret="…") as server:
        code = PROGRAMS[1].replace("pbx1.example", f"localhost:{server.port}")
        program = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=tmp_path)
        await server.play()
        async with asyncio.timeout(60):
            while not calls.exists() or "transferred" not in calls.read_text():  # noqa: ASYNC110  # no event says so
                await asyncio.sleep(0.05)
            program.terminate()
            assert await program.wait() == 0
