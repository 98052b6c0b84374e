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
        kind = unicodedata.category(char)
        joins = kind in ("Mn", "Me", "Cf")  # has no cell of its own
        cells = 2 if not char.isascii() and _may_be_wide(char, kind) else 1
        if cells > room and not joins:
            pieces.append(line[start:at])
            start, room = at, columns - indent
        room -= cells
    pieces.append(line[start:])
    return f"\n{' ' * indent}".join(pieces)


def _may_be_wide(char: str, kind: str) -> bool:
    """Where terminals differ (ambiguous width, signs that a later Unicode made wide) it counts as wide."""
    return unicodedata.east_asian_width(char) in "AFW" or kind[0] not in "LMC"


def _columns(stream: TextIO | None) -> int:
    """How wide the terminal is; 0 where it is none, or does not say."""
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream is not None else 0
    except (OSError, ValueError, AttributeError):
        return 0
