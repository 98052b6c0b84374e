"""Where no Asterisk can be had: tests are skipped and say why; but in CI they fail."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("in_ci", [False, True], ids=["here", "in CI"])
async def test_without_asterisk(tmp_path: Path, *, in_ci: bool) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment |= {"PATH": str(tmp_path), "CACOFONISK_LAB": str(tmp_path / "lab")} | ({"CI": "true"} if in_ci else {})
    tests = ["test_scenarios.py", "test_load.py"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-k", "busy_486 or many_calls"),
        *(str(Path(__file__).parent / name) for name in tests),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    said = (await process.communicate())[0].decode()
    assert ("4 failed" if in_ci else "4 skipped") in said, said
    assert "apt-get is not on this machine" in said or "this is not a Debian machine" in said, said
    assert process.returncode == (1 if in_ci else 0), said
