"""Makes text that strangers chose harmless to look at."""

from __future__ import annotations

import json
import unicodedata

LONGEST = 80
"""Characters of a name that are shown; Asterisk's own limit for a caller's name."""


def visible(text: str, longest: int | None = None) -> str:
    """The text with everything that a terminal might obey, or that hides or turns text, as a visible escape.

    `longest` cuts it after that many characters.
    """
    if longest is not None and len(text) > longest:
        text = text[: longest - 1] + "…"
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def visible_json(line: bytes) -> bytes:
    """The same for a line of JSON, which stays JSON: JSON itself lets some of those characters through."""
    text = line.decode().removesuffix("\n")
    if not text.isprintable():
        text = "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)
        text = text.replace("\x7f", "\\u007f")  # json.dumps does not mind this one
    return f"{text}\n".encode()


def _escape(char: str) -> str:
    if unicodedata.category(char) == "Zs":
        return " "  # a space of another width
    code = ord(char)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"
