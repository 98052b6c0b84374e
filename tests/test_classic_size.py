"""The classic API is a skin: it stays small."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "cacofonisk"


def test_it_is_less_than_400_lines() -> None:
    """All of them, as `wc -l` counts."""
    files = [*(PACKAGE / "classic").glob("*.py"), PACKAGE / "utils" / "testcases.py"]
    lines = {path.name: path.read_text().count("\n") for path in files}
    assert sum(lines.values()) < 400, lines
