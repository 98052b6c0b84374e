"""The values that the letters of an input diagram stand for."""

from __future__ import annotations

import builtins
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from cacofonisk import errors
from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import Party
from cacofonisk.testing.ami_defaults import AmiDefaults, add_header
from cacofonisk.testing.kinds import KINDS, choices, field_types, holds, is_own_kind
from cacofonisk.testing.timeline import MarbleError

if TYPE_CHECKING:
    from cacofonisk.ami_event import Headers
    from cacofonisk.testing.legend import LegendLine

EPOCH = 1704067200
"""Frame 0 is 2024-01-01T00:00:00Z; each frame is one second."""

SERVER = "pbx"
_PREFERRED = {("hangup", "reason"): "completed"}


class Values:
    """Makes the values of a case, a new one for each place in the diagram."""

    def __init__(self, legend: list[LegendLine], *, defaults: bool = True) -> None:
        """`legend` are the lines of the input's letters, in the order of the file."""
        self._legend = {line.letter: line for line in legend}
        self._headers: dict[str, Headers] = {}
        filler = AmiDefaults()
        for line in legend:
            if line.letter != "#" and is_own_kind(line.kind):
                self._headers[line.letter] = filler.headers(line) if defaults else bare_headers(line)

    def value(self, letter: str, frame: int) -> object:
        """The value of a letter at a frame."""
        line = self._legend[letter]
        headers = self._headers.get(letter)
        if headers is None:
            return _record(line, frame)
        if headers.get("Timestamp") == "":
            headers = headers | {"Timestamp": f"{EPOCH + frame}.000000"}
        received = line.get("received")
        return AmiEvent(
            headers,
            server=line.get("server") or SERVER,
            received=EPOCH + frame if received is None else float(received),
        )

    def error(self) -> Exception:
        """The error that `#` stands for."""
        line = self._legend.get("#")
        if line is None:
            return errors.SourceError("the source broke")
        kind = getattr(errors, line.kind, None) or getattr(builtins, line.kind, None)
        if not isinstance(kind, type) or not issubclass(kind, Exception):
            raise MarbleError(f"no error is called {line.kind!r}")
        try:
            return kind(line.get("text") or "the source broke")
        except TypeError:
            raise MarbleError(f"a {line.kind} cannot be made from a text") from None


def bare_headers(line: LegendLine) -> Headers:
    """Just the headers that are written, and Event."""
    headers: Headers = {"Event": line.kind}
    for field in line.fields:
        if field.value is not None and field.name[:1].isupper():
            add_header(headers, field.name, field.value)
    return headers


def party(uniqueid: str) -> Party:
    """The person whose channel AMI events have under this uniqueid when nothing else is said."""
    return Party(f"PJSIP/{uniqueid}-00000001", uniqueid, uniqueid, "", "", True, "")


def _record(line: LegendLine, frame: int) -> object:
    kind = KINDS.get(line.kind)
    if kind is None or line.kind == "transfer_fact":
        raise MarbleError(f"{line.kind} cannot be an input: it holds what only an operator can make")
    types = field_types(kind)
    given: dict[str, Any] = {}
    inner: list[tuple[str, str, str]] = []
    for field in line.fields:
        name, dot, path = field.name.partition(".")
        if field.value is None:
            raise MarbleError(f"{line.kind} always has {name}, so it cannot be left out")
        if dot:
            inner.append((name, path, field.value))
        else:
            given[name] = _read(types[name], field.value, field.name)
    given = _defaults(line.kind, kind, types, given, frame) | given
    for name, path, text in inner:
        given[name] = _within(given[name], path, text, f"{name}.{path}")
    return kind(**given)


def _defaults(name: str, kind: type, types: dict[str, Any], given: dict[str, Any], frame: int) -> dict[str, Any]:
    first = next((value.uniqueid for value in given.values() if isinstance(value, Party)), None)
    call_id = given.get("call_id") or first or "a"
    filled: dict[str, Any] = {}
    for field in fields(kind):
        hint = types.get(field.name)
        if not field.init:
            continue
        if field.name == "call_id":
            filled["call_id"] = call_id
        elif field.name == "server":
            filled["server"] = SERVER
        elif field.name == "time":
            filled["time"] = f"{datetime.fromtimestamp(EPOCH + frame, UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        elif field.name == "linkedid":
            filled["linkedid"] = call_id
        elif field.default is not NO_DEFAULT or field.default_factory is not NO_DEFAULT:
            continue
        elif hint is Party:
            filled[field.name] = party(call_id)
        elif hint is not None and holds(hint, type(None)):
            filled[field.name] = None
        else:
            words = choices(hint)
            filled[field.name] = _PREFERRED.get((name, field.name)) or (words[0] if words else _empty(hint))
    return filled


def _empty(hint: Any) -> Any:
    base = getattr(hint, "__origin__", hint)
    return base() if isinstance(base, type) else ""


def _read(hint: Any, text: str, name: str) -> Any:
    """A field's value from its text."""
    if text == "null" and holds(hint, type(None)):
        return None
    if holds(hint, Party):
        return party(text)
    if getattr(hint, "__origin__", None) is list and Party in get_args(hint):
        return [party(uniqueid) for uniqueid in text.split(",") if uniqueid]
    if hint is bool:
        if text not in ("true", "false"):
            raise MarbleError(f"{name} is {text!r}, true or false was expected")
        return text == "true"
    if hint in (int, float):
        try:
            return hint(text)
        except ValueError:
            raise MarbleError(f"{name} is {text!r}, a number was expected") from None
    if getattr(hint, "__origin__", None) is dict:
        return dict(pair.partition(":")[::2] for pair in text.split(",") if pair)
    return text


def _within(value: Any, path: str, text: str, name: str) -> Any:
    if isinstance(value, dict):
        return value | {path: text}
    if isinstance(value, Party):
        changed = {field.name: getattr(value, field.name) for field in fields(Party)}
        return Party(**changed | {path: _read(field_types(Party)[path], text, name)})
    raise MarbleError(f"{name} cannot be set: there is nothing to look into")
