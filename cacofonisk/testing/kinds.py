"""The kinds that a legend may name, and what the fields of a value are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from reactivex import Observable

from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import CALL_EVENTS, Anomaly, CallEvent, Party, SourceEvent
from cacofonisk.testing.timeline import MarbleError
from cacofonisk.transfer_fact import TransferFact


def _fields(kind: type) -> dict[str, Any]:
    return {field.name: field for field in fields(kind)}


KINDS: dict[str, type] = {
    **{_fields(kind)["event"].default: kind for kind in (*CALL_EVENTS, Anomaly, SourceEvent)},
    "transfer_fact": TransferFact,
}
"""Every kind that is spelled in lower case, by name."""

GROUP = "group"
"""The kind of a stream among the values, such as `group_by_uniqueid` emits."""

BOUND = frozenset({"bridge", "channel", "other"})
"""What `track_channels` binds an AMI event to: it goes in without."""

AMI_ATTRIBUTES = BOUND | {"received", "server"}
"""What an AMI event has besides its headers, which start with a capital."""

MISSING = object()
"""What stands in a header or key that is not there: not None, which is a value."""


def kind_of(value: object) -> str:
    """The name that a legend has for this kind of value."""
    if isinstance(value, AmiEvent):
        return value.name
    if isinstance(value, Observable):
        return GROUP
    if isinstance(value, TransferFact):
        return "transfer_fact"
    if isinstance(value, CallEvent | Anomaly | SourceEvent):
        return value.event
    return type(value).__name__


def is_own_kind(kind: str) -> bool:
    """Whether the kind is an AMI event or a class of the user's own, of which nobody knows the fields."""
    return kind not in KINDS and kind != GROUP


def check_kind(kind: str) -> None:
    """Refuse a lower case kind that does not exist."""
    if is_own_kind(kind) and not kind[:1].isupper():
        raise MarbleError(f"no kind is called {kind!r}{_perhaps(kind, [*KINDS, GROUP])}")


def check_field(kind: str, path: str, value: str | None) -> None:
    """Refuse a field that the kind does not have, or a value that the field can not have."""
    if kind not in KINDS:
        return
    types = field_types(KINDS[kind])
    name, dot, inner = path.partition(".")
    if name not in types:
        raise _no_field(kind, name, types)
    hint = types[name]
    if dot and holds(hint, Party):
        if inner not in field_types(Party):
            raise _no_field("a party", inner, field_types(Party))
    elif dot and hint is not object and get_origin(hint) is not dict:
        raise MarbleError(f"{kind} has nothing to look into in {name!r}")
    words = choices(hint)
    if holds(hint, type(None)):
        words = (*words, "null") if words else ()
    if words and value is not None and value not in words:
        raise MarbleError(f"{kind} has {path} {value!r}, one of {', '.join(words)} was expected")


def check_ami_field(kind: str, path: str) -> None:
    """Refuse what is neither a header of an AMI event nor set by a source or by `track_channels`."""
    name = path.partition(".")[0]
    if name[:1].islower() and name not in AMI_ATTRIBUTES:
        raise _no_ami_field(kind, name)


def field_types(kind: type) -> dict[str, Any]:
    """The fields of a value class and their types, without `event`."""
    # TransferFact names Channel only while types are checked; its fields are told by their names alone.
    try:
        hints = get_type_hints(kind)
    except NameError:
        hints = dict.fromkeys(getattr(kind, "__annotations__", ()), object)
    return {name: hint for name, hint in hints.items() if name != "event" and not name.startswith("_")}


def holds(hint: object, kind: type) -> bool:
    """Whether a field of this type may hold such a value."""
    return hint is kind or (get_origin(hint) in (Union, UnionType) and kind in get_args(hint))


def choices(hint: object) -> tuple[str, ...]:
    """The words that a field of a Literal type may have."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    return tuple(word for part in get_args(hint) if get_origin(part) is Literal for word in get_args(part))


def field_of(value: object, path: str) -> object:
    """What a value has in a field; `caller.number` looks inside, a header of an AMI event is a field too.

    MISSING is a header or key that is not there, and whatever is looked for in None.

    Raises:
        MarbleError: no such value ever has the field, which therefore tests nothing.
    """
    for name in path.split("."):
        if value is None or value is MISSING:
            return MISSING
        if isinstance(value, AmiEvent) and name not in AMI_ATTRIBUTES:
            if name not in value.headers and name[:1].islower():
                raise _no_ami_field(value.name, name)
            value = value.headers.get(name, MISSING)
        elif isinstance(value, Mapping):
            value = value.get(name, MISSING)
        elif hasattr(value, name):
            value = getattr(value, name)
        else:
            raise _no_field(type(value).__name__, name, _attributes(value))
    return value


def shown(value: object) -> str:
    """A value as a legend writes it: a party or channel by its uniqueid, a list with commas, None: `null`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(round(value, 6))
    if isinstance(value, list | tuple):
        return ",".join(map(shown, value))
    if isinstance(value, Mapping):
        return ",".join(f"{key}:{shown(item)}" for key, item in value.items())
    uniqueid = getattr(value, "uniqueid", None)
    return uniqueid if isinstance(uniqueid, str) else str(value)


def _attributes(value: object) -> list[str]:
    """What there is to look at in a value of whatever class."""
    return [name for name in dir(value) if not name.startswith("_") and not callable(getattr(value, name, None))]


def _no_ami_field(kind: str, name: str) -> MarbleError:
    header = name[:1].upper() + name[1:]
    perhaps = _perhaps(name, [*AMI_ATTRIBUTES]) or f" (perhaps {header!r})"
    known = ", ".join(sorted(AMI_ATTRIBUTES))
    return MarbleError(
        f"{kind} has no field {name!r}{perhaps}; there are {known}, and headers, which start with a capital"
    )


def _no_field(owner: str, name: str, names: Iterable[str]) -> MarbleError:
    names = list(names)
    return MarbleError(f"{owner} has no field {name!r}{_perhaps(name, names)}; there are {', '.join(names)}")


def _perhaps(word: str, words: list[str]) -> str:
    close = difflib.get_close_matches(word, words, 1)
    return f" (perhaps {close[0]!r})" if close else ""
