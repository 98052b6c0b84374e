"""Events as JSON."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from cacofonisk.events import Anomaly, CallEvent, SourceEvent

_SURROGATES = re.compile("[\ud800-\udfff]")


def to_json(event: CallEvent | Anomaly | SourceEvent) -> bytes:
    """The event as one line of JSON, fields in the order of its class, line end included.

    Bytes that were no UTF-8 on the wire, which no JSON can hold, become U+FFFD.
    """
    try:
        return orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        return orjson.dumps(_clean(dataclasses.asdict(event)), option=orjson.OPT_APPEND_NEWLINE)


def _clean(value: object) -> object:
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value
