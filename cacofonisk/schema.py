"""The JSON Schema of the call events, made from their classes."""

from __future__ import annotations

from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from cacofonisk.events import CALL_EVENTS, CallEvent, Party

Schema = dict[str, Any]

_PLAIN: dict[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def json_schema() -> Schema:
    """The schema (draft 2020-12) that every call event fulfils; new fields and kinds may come, so it allows them."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A call event of cacofonisk",
        "type": "object",
        "required": ["event"],
        "oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in CALL_EVENTS],
        "$defs": {"Party": _object(Party), **{kind.__name__: _event(kind) for kind in CALL_EVENTS}},
    }


def _event(kind: type[CallEvent]) -> Schema:
    schema = _object(kind)
    name = next(field.default for field in fields(kind) if field.name == "event")
    schema["properties"]["event"] = {"const": name}
    schema["properties"]["time"] = {"type": "string", "format": "date-time"}
    schema["properties"]["sequence"] = {"type": "integer", "minimum": 0}
    return schema


def _object(kind: type) -> Schema:
    hints = get_type_hints(kind)
    schema: Schema = {"type": "object"}
    if kind.__doc__:
        schema["description"] = kind.__doc__
    schema["properties"] = {field.name: _value(hints[field.name]) for field in fields(kind)}
    schema["required"] = [field.name for field in fields(kind)]
    return schema


def _value(hint: Any) -> Schema:
    origin = get_origin(hint)
    if hint is Party:
        return {"$ref": "#/$defs/Party"}
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if origin is Literal:
        return {"enum": list(get_args(hint))}
    if origin is list:
        return {"type": "array", "items": _value(get_args(hint)[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _value(get_args(hint)[1])}
    if origin in (Union, UnionType):
        return {"anyOf": [_value(option) for option in get_args(hint)]}
    raise TypeError(f"no JSON Schema for {hint}")
