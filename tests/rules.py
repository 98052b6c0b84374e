"""What holds for the events of any input, real or broken: the rules of EVENTS.md as checks of a list of events."""

from __future__ import annotations

import re
import types
import typing
from collections import defaultdict
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from cacofonisk import events as kinds
from cacofonisk.events import (
    Anomaly,
    CallEvent,
    Hangup,
    Party,
    Pickup,
    Queued,
    QueueLeft,
    Ringing,
    RingingStopped,
    SourceEvent,
    Started,
    Transfer,
    Unhold,
    Unparked,
    Up,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

CallKey = tuple[str, "str | None"]

NOBODY = frozenset(
    {"Announcer", "AsyncGoto", "Bridge", "CBAnn", "CBRec", "Local", "Message", "Parked", "Recorder", "Snoop"}
)
"""Channels that are no person's."""

REFUSED = frozenset({"busy", "forwarded", "no-answer", "rejected", "unreachable"})
"""What can happen to a phone that never rang."""


def broken_rules(
    events: Iterable[object], *, channels: Mapping[str, str] | None = None, whole: bool = False
) -> list[str]:
    """The rules that these events break, each a line.

    `channels` are the channel names of the recording by Uniqueid. `whole` also asks for what only holds where
    nothing of the stream is missing.
    """
    all_ = list(events)
    calls = [event for event in all_ if isinstance(event, CallEvent)]
    broken = [
        *_strangers(all_),
        *_values(all_),
        *_lives(calls),
        *_rings(calls, whole=whole),
        *_merges(calls),
        *_people(calls, channels),
        *_pairs(calls),
    ]
    if whole:
        broken += _talks(calls)
    return broken


def by_call(events: Iterable[object]) -> dict[CallKey, list[CallEvent]]:
    """The events of each call; those of no call under None."""
    calls: dict[CallKey, list[CallEvent]] = defaultdict(list)
    for event in events:
        if isinstance(event, CallEvent):
            calls[event.server, event.call_id].append(event)
    return dict(calls)


def parties(event: CallEvent) -> Iterator[tuple[str, Party]]:
    """Everybody whom an event names, with the field that names them."""
    for field in fields(event):
        value = getattr(event, field.name)
        for party in value if isinstance(value, list) else [value]:
            if isinstance(party, Party):
                yield field.name, party


def _strangers(events: list[object]) -> Iterator[str]:
    for event in events:
        if not isinstance(event, CallEvent | Anomaly | SourceEvent):
            yield f"{event!r} is neither call event nor anomaly nor source event"


def _values(events: list[object]) -> Iterator[str]:
    """Every field holds what its class promises."""
    for event in events:
        if not isinstance(event, CallEvent | Anomaly | SourceEvent):
            continue
        hints = _hints(type(event))
        for field in fields(event):
            value = getattr(event, field.name)
            if not _is(value, hints[field.name]):
                yield f"{event.event}.{field.name} is {value!r}"
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event.time):
            yield f"{event.event}.time is {event.time!r}"
        if isinstance(event, Hangup) and not (event.ring_s >= 0 and event.talk_s >= 0):
            yield f"hangup after ring_s {event.ring_s}, talk_s {event.talk_s}"
        if isinstance(event, QueueLeft) and event.waited_s < 0:
            yield f"queue_left after waited_s {event.waited_s}"
        if isinstance(event, Ringing) and not event.targets:
            yield "ringing without targets"
        if isinstance(event, Up) and event.caller.uniqueid == event.callee.uniqueid:
            yield f"{event.caller.channel} talks with itself"
        if isinstance(event, Anomaly) and not event.what.strip():
            yield "an anomaly that says nothing"


_known_hints: dict[type, dict[str, Any]] = {}


def _hints(kind: type) -> dict[str, Any]:
    if kind not in _known_hints:
        _known_hints[kind] = typing.get_type_hints(kind, vars(kinds))
    return _known_hints[kind]


def _is(value: object, hint: Any) -> bool:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return value in args
    if origin in (typing.Union, types.UnionType):
        return any(_is(value, arg) for arg in args)
    if origin is list:
        return isinstance(value, list) and all(_is(item, args[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(_is(k, args[0]) and _is(v, args[1]) for k, v in value.items())
    if hint is None or hint is type(None):
        return value is None
    if hint is Party:
        return isinstance(value, Party) and all(
            _is(getattr(value, f.name), _hints(Party)[f.name]) for f in fields(Party)
        )
    if hint is float:
        return isinstance(value, float)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _lives(events: list[CallEvent]) -> Iterator[str]:
    """Rule 1."""
    for (_, call_id), its in by_call(events).items():
        if call_id is None:
            for event in its:
                if not isinstance(event, kinds.UserEvent) or event.sequence != 0:
                    yield f"{event.event} of no call"
            continue
        if not isinstance(its[0], Started) or sum(isinstance(event, Started) for event in its) != 1:
            yield f"{call_id}: started is not its first event, or not the only one: {[event.event for event in its]}"
        if not isinstance(its[-1], Hangup) or sum(isinstance(event, Hangup) for event in its) != 1:
            yield f"{call_id}: hangup is not its last event, or not the only one: {[event.event for event in its]}"
        if [event.sequence for event in its] != list(range(1, len(its) + 1)):
            yield f"{call_id}: sequence is {[event.sequence for event in its]}"


def _rings(events: list[CallEvent], *, whole: bool) -> Iterator[str]:
    """Rule 2."""
    ringing: dict[tuple[str, str], CallKey] = {}
    for event in events:
        if isinstance(event, Ringing):
            for target in event.targets:
                if (event.server, target.uniqueid) in ringing:
                    yield f"{target.channel} rings, and rings again"
                ringing[event.server, target.uniqueid] = (event.server, event.call_id)
        elif isinstance(event, RingingStopped):
            call = ringing.pop((event.server, event.target.uniqueid), None)
            if call is None and event.reason not in REFUSED:
                yield f"{event.target.channel} did not ring but stops: {event.reason}"
            if call is not None and call != (event.server, event.call_id):
                yield f"{event.target.channel} rang in {call[1]} but stops in {event.call_id}"
        merged = getattr(event, "merged_call_id", None)
        if merged is not None:
            for rung, its_call in ringing.items():
                if its_call == (event.server, merged):
                    ringing[rung] = (event.server, event.call_id)
                    targets = event.targets if whole and isinstance(event, Transfer) else None
                    if targets is not None and all(rung[1] != target.uniqueid for target in targets):
                        yield f"{rung[1]} still rings when its call is transferred, but is no target"
        if isinstance(event, Hangup) and event.reason != "transferred":
            for (_, uniqueid), call in ringing.items():
                if call == (event.server, event.call_id):
                    yield f"{event.call_id} ends while {uniqueid} rings"
    for (_, uniqueid), (_, call_id) in ringing.items():
        yield f"{uniqueid} rings in {call_id} and never stops"


def _merges(events: list[CallEvent]) -> Iterator[str]:
    """Rule 3: a call that ends as transferred is named by one later event, and no other call is."""
    ended: dict[CallKey, str] = {}
    for event in events:
        merged = getattr(event, "merged_call_id", None)
        if merged is not None:
            reason = ended.pop((event.server, merged), None)
            if reason != "transferred":
                yield f"{event.event} names {merged} as merged, which ended as {reason}"
            if (event.server, event.call_id) in ended:
                yield f"{event.call_id} takes {merged} in after it has ended itself"
        if isinstance(event, Hangup):
            ended[event.server, event.call_id] = event.reason
    for (_, call_id), reason in ended.items():
        if reason == "transferred":
            yield f"{call_id} ended as transferred, but no event says into what"


def _people(events: list[CallEvent], channels: Mapping[str, str] | None) -> Iterator[str]:
    """Parties are persons, on channels that are there, and one channel is one person."""
    names: dict[tuple[str, str], str] = {}
    for event in events:
        for field, party in parties(event):
            if party.channel.partition("/")[0] in NOBODY:
                yield f"{event.event}.{field} is {party.channel}, no person"
            known = names.setdefault((event.server, party.uniqueid), party.channel)
            if known != party.channel:
                yield f"{event.event}.{field}: {party.uniqueid} is {party.channel}, and was {known}"
            if channels is not None and channels.get(party.uniqueid) != party.channel:
                yield f"{event.event}.{field}: {party.uniqueid} is {party.channel}, which is not in the recording"
            if party.number == "<unknown>" or party.name == "<unknown>" or "\\" in party.number:
                yield f"{event.event}.{field} is {party.number!r} {party.name!r}: not cleaned"


def _pairs(events: list[CallEvent]) -> Iterator[str]:
    """What ends has begun, and began once."""
    open_: dict[tuple[str, str, str], str] = {}
    for event in events:
        match event:
            case kinds.Hold() | Unhold():
                key = ("hold", event.server, event.by.uniqueid)
                begins = isinstance(event, kinds.Hold)
            case kinds.Parked() | Unparked():
                key = ("parked", event.server, event.caller.uniqueid)
                begins = isinstance(event, kinds.Parked)
            case Queued() | QueueLeft():
                key = ("queued", event.server, str(event.call_id))
                begins = isinstance(event, Queued)
            case Transfer() | Pickup() | Up() if event.merged_call_id is not None:
                # Whoever waits in a queue there goes on waiting in this call.
                if open_.pop(("queued", event.server, event.merged_call_id), None):
                    open_["queued", event.server, str(event.call_id)] = "queued"
                continue
            case _:
                continue
        if begins:
            open_[key] = event.event
        elif open_.pop(key, None) is None and not (isinstance(event, Unparked) or event.inferred):
            yield f"{event.event} of {key[2]} without {key[0]}"


def _talks(events: list[CallEvent]) -> Iterator[str]:
    """`up` once for a pair, unless they were brought together anew; who is up or picks up stops ringing before."""
    up: dict[tuple[CallKey, frozenset[str]], None] = {}
    picked: dict[tuple[str, str], None] = {}
    for event in events:
        call = (event.server, event.call_id)
        if isinstance(event, Up):
            pair = (call, frozenset({event.caller.uniqueid, event.callee.uniqueid}))
            if pair in up:
                yield f"{event.caller.channel} and {event.callee.channel} are up once more"
            up[pair] = None
        elif isinstance(event, Transfer | Unparked | Pickup):
            up = {pair: None for pair in up if pair[0] != call}
        if isinstance(event, Pickup):
            picked.update(((event.server, target.uniqueid), None) for target in event.targets)
        if isinstance(event, RingingStopped):
            key = (event.server, event.target.uniqueid)
            if key in picked and event.reason != "picked-up":
                yield f"{event.target.channel} was picked up but stops: {event.reason}"
            picked.pop(key, None)
