"""Events as JSON."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from cacofonisk.events import Anomaly, CallEvent, SourceEvent

_SURROGATES = re.compile("[\ud800-\udfff]")
_UNRULY = re.compile("[\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON lets through, but many a reader of lines takes for the end of one, and a terminal obeys (`tail -f`)."""


def to_json(event: CallEvent | Anomaly | SourceEvent) -> bytes:
    """The event as one line of JSON, fields in the order of its class, line end included.

    Bytes that were no UTF-8 on the wire, which no JSON can hold, become U+FFFD. Controls, other ends of lines and
    what turns the direction of text are escaped.
    """
    try:
        line = orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        line = orjson.dumps(_clean(dataclasses.asdict(event)), option=orjson.OPT_APPEND_NEWLINE)
    if line.isascii() or (text := line.decode())[:-1].isprintable():  # as nearly all are
        return line
    return _UNRULY.sub(_escape, text).encode()


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _clean(value: object) -> object:
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value
