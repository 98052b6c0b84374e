"""Makes text that strangers chose harmless to look at."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST = 80
"""Characters of a name that are shown; Asterisk's own limit for a caller's name."""

MARK = "\u200e"
"""LEFT-TO-RIGHT MARK: no stranger's text holds one any more when it is shown."""

_MOST_MARKS = 4  # on one letter, as Unicode advises (UTS 39, 5.4): more of them cover the lines above and below

_INVISIBLE = frozenset(
    # Letters and marks which Unicode has nothing drawn for, although `isprintable` is true of them.
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
_JOINED = re.compile("[\u1161-\u11ff\ud7b0-\ud7fb]")
"""Vowels and finals of Korean, which are drawn into the letter before as a combining mark is."""


def visible(text: str, longest: int | None = None) -> str:
    """The text with everything that a terminal might obey, or that hides, covers or turns text, as a visible escape.

    `longest` cuts it after that many characters.
    """
    if longest is not None and len(text) > longest:
        text = text[: longest - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(text, _escape))


def visible_json(line: bytes) -> bytes:
    """The same for a line of JSON, which stays JSON: JSON itself lets some of those characters through."""
    text = line.decode().removesuffix("\n")
    if not (text.isascii() and text.isprintable()):
        text = "".join(_shown(text, _escape_in_json))
    return f"{text}\n".encode()


def set_apart(text: str) -> str:
    """Text that is read from the right between marks: it turns itself alone, not what stands beside it."""
    if text.isascii() or not any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in text):
        return text
    return f"{MARK}{text}{MARK}"


def _shown(text: str, escape: Callable[[str], str]) -> Iterator[str]:
    marks = _MOST_MARKS  # as many as the letter before has; where there is none, none may be
    for char in text:
        joins = unicodedata.category(char).startswith("M") or _JOINED.match(char)
        marks = marks + 1 if joins else 0 if char.isalnum() else _MOST_MARKS
        safe = char.isprintable() and char not in _INVISIBLE and not (joins and marks > _MOST_MARKS)
        yield char if safe else escape(char)


def _escape(char: str) -> str:
    if unicodedata.category(char) == "Zs":
        return " "  # a space of another width
    code = ord(char)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"


def _escape_in_json(char: str) -> str:
    return re.sub("(....)", r"\\u\1", char.encode("utf-16-be", "surrogatepass").hex())
