"""Many calls at once. Each has a number of its own, by which what the phones saw is compared with what was said.

Where somebody did not listen all the time, a call was seen whole or not, which the phones' times tell. What was seen
whole has to be told as it was, nothing of it concluded; of others the end is as it was, or `lost`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from cacofonisk.events import CallEvent, Hangup, Ringing, RingingStopped, Started, Up

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.asterisk.incoming import Incoming
    from tests.asterisk.office import Office
    from tests.asterisk.outgoing import Outgoing

Fate = Literal["caller hangs up", "callee hangs up", "busy", "declined", "not there", "given up"]

FATES: tuple[Fate, ...] = (
    "caller hangs up",
    "callee hangs up",
    "busy",
    "caller hangs up",
    "declined",
    "callee hangs up",
    "given up",
    "caller hangs up",
    "not there",
    "callee hangs up",
)
REFUSALS = {"busy": 486, "declined": 603, "not there": 480}
REASONS = {403: "rejected", 480: "no-answer", 486: "busy", 487: "cancelled", 603: "rejected"}
"""What a caller hears (of PJSIP), and how it is said of a call whose phone rang."""
STAFF = ("201", "202", "203", "204")
SLACK = 0.5  # seconds between what a phone saw and what was heard of it


class Outage(NamedTuple):
    """When nobody listened, in seconds since 1970."""

    begin: float
    end: float

    def touches(self, begin: float, end: float) -> bool:
        """Whether something of that time was missed, perhaps."""
        return self.begin - SLACK < end and begin < self.end + SLACK

    def holds(self, begin: float, end: float) -> bool:
        """Whether all of that time was missed, perhaps."""
        return self.begin - SLACK < begin and end < self.end + SLACK


@dataclass
class Contact:
    """One call of the crowd: between somebody outside, whose number nobody else has, and one of the staff."""

    outside: str
    inside: str
    is_inbound: bool
    fate: Fate
    caller: Outgoing
    called: Incoming | None = None

    def reason(self) -> str:
        """How it ended, as its phones saw it."""
        assert self.caller.state == "ended", f"the call of {self.outside} goes on"
        return "completed" if self.caller.was_up else REASONS[self.caller.code]

    def differences(self, events: list[CallEvent], *, whole: bool = True) -> list[str]:
        """Where the events of its call are not what its phones saw; if not `whole`, some may be missing."""
        expected = ["started", "ringing", "ringing_stopped", *(["up"] if self.caller.was_up else []), "hangup"]
        kinds = [event.event for event in events]
        is_right = sorted(kinds) == sorted(expected) if whole else not Counter(kinds) - Counter(expected)
        wrong = [] if is_right else [f"{kinds} is not {expected}"]
        people = [self.outside, self.inside] if self.is_inbound else [self.inside, self.outside]
        for event in events:
            match event:
                case Hangup() if event.reason != self.reason():
                    wrong.append(f"hangup because of {event.reason}, which is {self.reason()}")
                case Ringing() if [party.number for party in (event.caller, *event.targets) if party] != people:
                    wrong.append(f"{event} is not of {people}")
                case Up() if [event.caller.number, event.callee.number] != people:
                    wrong.append(f"{event} is not of {people}")
                case RingingStopped() if (event.reason == "answered") != self.caller.was_up:
                    wrong.append(f"{event}, when the caller was {'' if self.caller.was_up else 'not '}up")
        return [f"{self.outside} ({self.fate}): {what}" for what in wrong]


class Crowd:
    """People who call and are called, and do what is their fate."""

    def __init__(self, office: Office, *, talk: float = 0.7) -> None:
        self.contacts: dict[str, Contact] = {}
        self._office = office
        self._talk = talk
        self._loop = asyncio.get_running_loop()
        self._doing: set[asyncio.Task[None]] = set()
        for phone in (office.world, *(office.phones[name] for name in STAFF)):
            phone.when_called = self._called
            phone.is_mute = True

    def dial(self) -> Contact:
        """The next call begins."""
        number = len(self.contacts)
        outside, inside = f"06{70000000 + number}", STAFF[number % len(STAFF)]
        is_inbound = number % 3 > 0
        if is_inbound:
            leg = self._office.world.call(f"31501110{inside}", caller=outside)
        else:
            leg = self._office.phones[inside].call(outside)
        contact = Contact(outside, inside, is_inbound, FATES[number % len(FATES)], leg)
        self.contacts[outside] = contact
        return contact

    async def call_for(self, seconds: float, a_second: float) -> None:
        """So many calls a second for so long; then wait until all are over."""
        await self.call_at(a_second, seconds)
        await self.all_over()

    async def call_at(self, a_second: float, seconds: float) -> None:
        """So many calls a second for so long."""
        begin = self._loop.time()
        for number in range(int(seconds * a_second)):
            await asyncio.sleep(begin + number / a_second - self._loop.time())
            self.dial()

    async def call_until(self, over: asyncio.Event, a_second: float) -> None:
        """So many calls a second until then; then wait until all are over."""
        while not over.is_set():
            self.dial()
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 1 / a_second)
        await self.all_over()

    async def all_over(self, within: float = 20) -> None:
        """Wait until all phones are quiet."""
        legs = [leg for contact in self.contacts.values() for leg in (contact.caller, contact.called) if leg]
        await self._office.diary.until(
            lambda: all(leg.state == "ended" for leg in legs), "the end of all calls", within
        )
        await self._office.silence(within)

    def differences(self, events: Iterable[object]) -> list[str]:
        """Where these events are not what the phones saw of all these calls."""
        calls = by_outsider(events)
        wrong = [
            what for contact in self.contacts.values() for what in contact.differences(calls.pop(contact.outside, []))
        ]
        return [*wrong, *(f"a call of {outside} that nobody made" for outside in calls)]

    def differences_but_for(
        self, outages: Sequence[Outage], events: Iterable[object], lives: dict[str, tuple[float, float]] | None = None
    ) -> list[str]:
        """The same, where nobody listened at these times. Raises AssertionError where all or none was seen whole."""
        calls, lives = by_outsider(events), lives or self.lives()
        wrong: list[str] = []
        whole = 0
        for contact in self.contacts.values():
            its, life = calls.pop(contact.outside, []), lives[contact.outside]
            ends = [event.reason for event in its if isinstance(event, Hangup)]
            inferred = [event.event for event in its if event.inferred]
            if not any(outage.touches(*life) for outage in outages):
                whole += 1
                wrong += contact.differences(its)
                if inferred:
                    wrong.append(f"{contact.outside}: {inferred} are concluded of a call that was seen whole")
            elif its and not inferred and ends != ["lost"]:
                wrong += contact.differences(its, whole=False)
            elif its and ends != ["lost"] and ends != [contact.reason()]:
                wrong.append(f"{contact.outside}: ended because of {ends}, which is {contact.reason()}")
            elif not its and not any(outage.holds(*life) for outage in outages):
                wrong.append(f"{contact.outside} is not told of, although somebody listened while it went on")
        assert 0 < whole < len(self.contacts), f"{whole} of {len(self.contacts)} calls were seen whole"
        return [*wrong, *(f"a call of {outside} that nobody made" for outside in calls)]

    def lives(self) -> dict[str, tuple[float, float]]:
        """When each call began and ended, by the notes of its phones."""
        legs = {
            leg.id: contact.outside
            for contact in self.contacts.values()
            for leg in (contact.caller, contact.called)
            if leg is not None
        }
        lives: dict[str, tuple[float, float]] = {}
        for note in self._office.diary.notes:
            if note.dialog in legs:
                begin, _ = lives.get(legs[note.dialog], (note.at, 0.0))
                lives[legs[note.dialog]] = (begin, note.at)
        return lives

    def _called(self, leg: Incoming) -> None:
        contact = self.contacts[leg.number if leg.phone is self._office.world else leg.shown[1]]
        contact.called = leg
        leg.ring()
        self._loop.call_later(0.2, self._decide, contact, leg)

    def _decide(self, contact: Contact, leg: Incoming) -> None:
        if leg.state != "ringing":
            return
        if contact.fate in REFUSALS:
            leg.refuse(REFUSALS[contact.fate])
        elif contact.fate == "given up":
            self._do(contact.caller)
        else:
            leg.answer()
            self._loop.call_later(self._talk, self._do, contact.caller if contact.fate == "caller hangs up" else leg)

    def _do(self, leg: Incoming | Outgoing) -> None:
        task = self._loop.create_task(leg.hang_up())
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)


def by_outsider(events: Iterable[object]) -> dict[str, list[CallEvent]]:
    """The events of each call, by the number of who calls or is called outside."""
    numbers: dict[str | None, str] = {}
    calls: dict[str, list[CallEvent]] = {}
    for event in events:
        if isinstance(event, Started):
            number = event.caller.number if event.caller.number not in STAFF else event.caller.exten
            numbers[event.call_id] = number
        if isinstance(event, CallEvent):
            calls.setdefault(numbers.get(event.call_id, str(event.call_id)), []).append(event)
    return calls
