"""Folds a long line, so that what a terminal begins anew on the left is always a line of ours."""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def fold(line: str, stream: TextIO | None, indent: int) -> str:
    """The line in pieces that fit into the terminal that `stream` is, the later ones indented; else the line itself.

    Left to the terminal, a name of the right length would let what follows in it stand there as a line of its own.
    """
    columns = _columns(stream)
    if columns < 2 or (line.isascii() and len(line) <= columns):
        return line
    indent = min(indent, columns // 2)
    pieces, start, room = [], 0, columns
    for at, char in enumerate(line):
        joins = unicodedata.category(char).startswith(("M", "C"))
        # Where terminals differ in how wide a character is (ambiguous, A), it counts as wide.
        cells = 2 if unicodedata.east_asian_width(char) in "AFW" else 1
        if cells > room and not joins:
            pieces.append(line[start:at])
            start, room = at, columns - indent
        room -= cells
    pieces.append(line[start:])
    return f"\n{' ' * indent}".join(pieces)


def _columns(stream: TextIO | None) -> int:
    """How wide the terminal is; 0 where it is none, or does not say."""
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream is not None else 0
    except (OSError, ValueError, AttributeError):
        return 0
