"""Masks the numbers and names of people who do not want them shown."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from reactivex import operators as ops

from cacofonisk.events import Anomaly, CallerIdChanged, CallEvent, Event, Party

if TYPE_CHECKING:
    from reactivex import Observable

    from cacofonisk.ami_event import Headers
    from cacofonisk.operators._lift import Operator


def redact_private(mask: str = "") -> Operator:
    """Mask `number` and `name` of every party whose `is_public` is false.

    ::

        calls  -S-R-H-|   S: caller 0612345678, is_public=false
        redact_private("anonymous")
        calls  -S-R-H-|   S: caller anonymous,  is_public=false

    `channel`, `uniqueid`, `code` and `exten` stay: they name the endpoint, not who is behind it. A
    `callerid_changed` is masked on both sides when either is private. A packet in an `Anomaly` cannot tell
    whose number is private, so all caller ids and connected lines in it are masked. What a `user_event`
    carries is the dialplan's own affair, and AMI events pass as they are: leave these out with `only()`.

    Parameters:
        mask: what stands in place of a number and of a name.

    Emits:
        Every event; one with something to mask as a copy, the others themselves.
    """

    def redact(event: Event) -> Event:
        if isinstance(event, CallEvent):
            return _redacted(event, mask)
        if isinstance(event, Anomaly):
            return dataclasses.replace(event, packet=_masked_packet(event.packet, mask))
        return event

    def operator(source: Observable[Event]) -> Observable[Event]:
        return source.pipe(ops.map(redact))

    return operator


def _redacted(event: CallEvent, mask: str) -> CallEvent:
    changed: dict[str, Any] = {}
    for name in _fields(type(event)):
        value = getattr(event, name)
        if isinstance(value, Party):
            if _is_private(value):
                changed[name] = _masked(value, mask)
        elif isinstance(value, list) and any(map(_is_private, value)):
            changed[name] = [_masked(item, mask) if _is_private(item) else item for item in value]
    if changed and isinstance(event, CallerIdChanged):
        # It is one person: what the other side shows is the number that this side hides.
        changed = {"party": _masked(event.party, mask), "previous": _masked(event.previous, mask)}
    return dataclasses.replace(event, **changed) if changed else event


def _is_private(value: object) -> bool:
    return isinstance(value, Party) and not value.is_public


def _masked(party: Party, mask: str) -> Party:
    return dataclasses.replace(party, number=mask, name=mask)


def _masked_packet(packet: Headers, mask: str) -> Headers:
    return {header: mask if _is_identity(header) else value for header, value in packet.items()}


def _is_identity(header: str) -> bool:
    header = header.lower()  # AMI 1.x and 2 spell it in several ways
    return "callerid" in header or "connectedline" in header


_NAMES: dict[type, tuple[str, ...]] = {}


def _fields(kind: type[CallEvent]) -> tuple[str, ...]:
    """The names of a class's fields, looked up once."""
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(field.name for field in dataclasses.fields(kind))
    return names
