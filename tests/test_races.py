"""Packets race: in whatever order they come, the call events tell the same facts. `racing.py` knows which may."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import fields
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from cacofonisk.ami_event import WANTED, AmiEvent
from cacofonisk.events import Anomaly, CallEvent, Party, Ringing
from cacofonisk.pipeline import pipeline
from tests.racing import early, late, may_race, who_is_asked
from tests.recordings import fresh, kept, name_of, packets, recordings
from tests.rules import broken_rules

if TYPE_CHECKING:
    from pathlib import Path

    from cacofonisk.events import Event

Facts = Counter[tuple[object, ...]]

NO_FACTS = frozenset({"time", "sequence", "position", "count", "ring_s", "talk_s", "waited_s"})
"""Fields that tell when, how long, and how many there were at that moment."""

SHUFFLES = 8
"""How many random orders of each recording are tried."""

every_recording = pytest.mark.parametrize(
    "path", [pytest.param(path, id=name_of(path)) for path in recordings() if "hostile" not in path.name]
)


def read(path: Path) -> list[Event]:
    """The packets of a recording that anybody reads."""
    return [event for event in packets(path) if not isinstance(event, AmiEvent) or event.name in WANTED]


def run(stream: list[Event]) -> tuple[list[Event], int]:
    """What the pipe says, and how much it kept before the stream ended."""
    chain = pipeline()
    said: list[Event] = []
    for event in fresh(stream):
        chain.feed(event, said.append)
    left = kept(chain)
    chain.finish(said.append)
    return said, left


def facts(said: list[Event]) -> Facts:
    """What is told of each call, in any order and in any number of events; and what made no sense."""
    told: Facts = Counter()
    for event in said:
        if isinstance(event, Anomaly):
            told["anomaly", event.what] += 1
        if not isinstance(event, CallEvent):
            continue
        # Phones that begin to ring at one moment may share an event.
        several = [{"targets": [target]} for target in event.targets] if isinstance(event, Ringing) else [{}]
        for one in several:
            fact = {field.name: _plain(one.get(field.name, getattr(event, field.name))) for field in fields(event)}
            told[tuple((name, value) for name, value in fact.items() if name not in NO_FACTS)] += 1
    return told


def _plain(value: object) -> object:
    match value:
        case Party():  # an account code is what it was at that moment: Asterisk overwrites it now and then
            return value.uniqueid, value.channel, value.number, value.name, value.is_public, value.exten
        case list():
            return tuple(sorted(map(_plain, value), key=repr))
        case dict():
            return tuple(sorted(value.items()))
        case _:
            return value


def differences(stream: list[Event], expected: Facts, left_before: int, *, whole: bool) -> list[str]:
    """What another order of packets changes, each a line."""
    said, left = run(stream)
    told = facts(said)
    lines = [f"missing: {fact}" for fact in expected - told] + [f"extra: {fact}" for fact in told - expected]
    lines += broken_rules(said, whole=whole)
    if left > left_before:
        lines.append(f"{left} things are kept at the end")
    return lines


@every_recording
def test_whichever_packet_is_late_or_early_the_facts_are_the_same(path: Path) -> None:
    stream = read(path)
    said, left = run(stream)
    expected, whole = facts(said), not broken_rules(said, whole=True)
    wrong = [
        "\n  ".join([f"{packet!r} after {then!r}", *lines])
        for packet, then, order in chain(late(stream), early(stream))
        if (lines := differences(order, expected, left, whole=whole))
    ]
    assert not wrong, "\n".join(wrong)


@every_recording
def test_whatever_the_order_the_facts_are_the_same(path: Path) -> None:
    stream = read(path)
    said, left = run(stream)
    expected, whole = facts(said), not broken_rules(said, whole=True)
    for seed in range(SHUFFLES):
        chance = random.Random(seed)  # noqa: S311  # the same orders every time
        order = shuffled(stream, chance, swaps=chance.choice((2, 5, 20, 100)))
        lines = differences(order, expected, left, whole=whole)
        assert not lines, "\n".join([f"seed {seed}", *lines, "", *map(repr, order)])


def shuffled(stream: list[Event], chance: random.Random, *, swaps: int) -> list[Event]:
    """The packets after so many swaps of neighbours that may race."""
    order = list(stream)
    asked = who_is_asked(stream)
    for _ in range(swaps):
        racing = [at for at in range(len(order) - 1) if may_race(order[at], order[at + 1], asked)]
        if not racing:
            break
        at = chance.choice(racing)
        order[at], order[at + 1] = order[at + 1], order[at]
    return order


def test_races_are_many_and_of_all_kinds() -> None:
    """The tests above try what they promise."""
    tried: Counter[tuple[str, str]] = Counter()
    for path in recordings():
        for packet, then, _ in late(read(path)):
            assert isinstance(packet, AmiEvent)
            assert isinstance(then, AmiEvent)
            tried[packet.name, then.name] += 1
    assert sum(tried.values()) > 3000
    for pair in [
        ("AttendedTransfer", "BridgeLeave"), ("AttendedTransfer", "Hangup"), ("BlindTransfer", "BridgeEnter"),
        ("BlindTransfer", "DialBegin"), ("BlindTransfer", "Hangup"), ("BlindTransfer", "ParkedCall"),
        ("BridgeEnter", "ConfbridgeJoin"), ("BridgeLeave", "Hangup"), ("ConfbridgeJoin", "BridgeEnter"),
        ("DialEnd", "Newstate"), ("HangupRequest", "DialEnd"), ("Newchannel", "ConfbridgeJoin"),
        ("Newstate", "BridgeEnter"), ("Newstate", "DialBegin"), ("Newstate", "DialEnd"), ("Newstate", "DialState"),
        ("ParkedCall", "BlindTransfer"), ("Pickup", "DialEnd"), ("Pickup", "Hangup"), ("UnParkedCall", "BridgeEnter"),
    ]:  # fmt: skip
        assert tried[pair], f"no recording lets {pair[0]} come after {pair[1]}"
