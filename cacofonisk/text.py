"""Text of AMI headers made readable."""

from __future__ import annotations

import re

_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def clean(text: str) -> str:
    """A name or number as a person reads it: `van \\'t Hof` unescaped, `<unknown>` empty, always valid Unicode."""
    if text == "<unknown>":
        return ""
    if "\\" in text:
        text = re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text, flags=re.DOTALL)
    if not text.isascii():  # bytes that were no UTF-8 came as lone surrogates, which no JSON can carry
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text
