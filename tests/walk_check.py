"""Do call events agree with what phones did and heard on a random walk?

It is counted by person, for what a phone sees bears no channel's name. What is asked for holds in whatever order things
happen: every call that a phone makes has started; every phone that is called stops ringing once, for the reason that
it knows; who heard each other talked, and who talked heard each other; each pickup, hold and transfer is told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

from cacofonisk.events import Hold, Joined, Pickup, Ringing, RingingStopped, Started, Transfer, Up
from tests.asterisk.incoming import Incoming
from tests.asterisk.voices import Speaker
from tests.truth_check import person

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cacofonisk.events import Event
    from tests.asterisk.walk import Deeds

LONG = 10
"""Frames of 20 ms: who heard somebody for so long talked with that one."""
ANSWERS = {302: "forwarded", 486: "busy", 603: "rejected"}
"""What it is called that a phone gave this answer."""
SILENT = "answered-elsewhere|cancelled|no-answer|picked-up"
"""Why a phone stops ringing that has done nothing."""


def differences(deeds: Deeds, events: Iterable[Event]) -> list[str]:
    """What the events tell otherwise than the phones, each a line; none when they tell the truth."""
    said = list(events)
    incoming = [leg for leg in deeds.legs if isinstance(leg, Incoming)]
    outgoing = [leg for leg in deeds.legs if not isinstance(leg, Incoming)]
    stopped = [event for event in said if isinstance(event, RingingStopped)]
    began = [event.caller for event in said if isinstance(event, Started) and event.caller.exten]
    rung = [target for event in said if isinstance(event, Ringing) for target in event.targets]
    took = [event.by for event in said if isinstance(event, Pickup)]
    held = [event.by for event in said if isinstance(event, Hold)]
    return [
        *_differ("calls", (leg.person for leg in outgoing), map(person, began)),
        *_differ("rings", (leg.person for leg in incoming if leg.rang), map(person, rung)),
        *_differ("stops ringing", map(_end, incoming), map(_told_end, stopped)),
        *_differ("picks up", (leg.person for leg in deeds.pickups if leg.was_up), map(person, took)),
        *_differ("holds", (leg.person for leg in deeds.holds), map(person, held)),
        *_transfers(deeds, said),
        *_talks(deeds, said),
    ]


def _differ(what: str, phones: Iterable[str], told: Iterable[str]) -> Iterator[str]:
    """Each person has to be told of as often as its phone says."""
    seen, heard_of = Counter(phones), Counter(told)
    for who in sorted(seen | heard_of):
        if seen[who] != heard_of[who]:
            yield f"{who} {what}: {seen[who]} times by its phone, {heard_of[who]} times by the events"


def _end(leg: Incoming) -> str:
    """How it ended that this phone rang, as it knows."""
    reason = "answered" if leg.was_up else SILENT if leg.ended_by == "them" else ANSWERS[leg.code]
    return f"{leg.person} {reason}"


def _told_end(event: RingingStopped) -> str:
    reason = event.reason if event.reason not in SILENT.split("|") else SILENT
    return f"{person(event.target)} {reason}"


def _transfers(deeds: Deeds, said: list[Event]) -> Iterator[str]:
    """Told is each that surely was one, and none that nobody asked for."""
    told = Counter(person(event.transferer) for event in said if isinstance(event, Transfer))
    sure, asked = (Counter(leg.person for leg in legs) for legs in (deeds.transferred, deeds.referred))
    for who in sorted(told | asked):
        if not sure[who] <= told[who] <= asked[who]:
            yield f"{who} transfers: {told[who]} times by the events, {sure[who]} to {asked[who]} by its phone"


def _talks(deeds: Deeds, said: list[Event]) -> Iterator[str]:
    voices = [(leg.person, leg.voice) for leg in deeds.legs if isinstance(leg.voice, Speaker)]
    whose = {voice.tone: who for who, voice in voices}
    heard: Counter[frozenset[str]] = Counter()
    for who, voice in voices:
        for tone in voice.heard.keys() & whose.keys():
            heard[frozenset((who, whose[tone]))] += voice.heard[tone]
    up = {frozenset((person(event.caller), person(event.callee))) for event in said if isinstance(event, Up)}
    rooms: defaultdict[str, list[str]] = defaultdict(list)
    told = set(up)
    for event in said:
        if isinstance(event, Transfer):
            told.update(frozenset((person(event.transferee), person(target))) for target in event.targets)
        elif isinstance(event, Joined):
            rooms[event.room].append(person(event.party))
    told.update(frozenset(pair) for people in rooms.values() for pair in combinations(people, 2))
    for pair in sorted(map(sorted, (pair for pair, frames in heard.items() if frames >= LONG and pair not in told))):
        yield f"{' and '.join(pair)} hear each other, and nothing tells that they talk"
    silent = {leg.person for leg in deeds.holds}
    for pair in sorted(map(sorted, (pair for pair in up if not heard[pair] and not pair & silent))):
        yield f"{' and '.join(pair)} are said to talk, and hear nothing of each other"
