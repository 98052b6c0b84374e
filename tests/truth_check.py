"""Do call events agree with what the phones saw?

`compare(truth, events)` takes the truth of a scenario of the lab and the call events of its AMI stream, and says
where they differ. The truth knows nothing of AMI: it has what phones rang, answered, transferred, hung up, and when.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cacofonisk.events import (
    CallEvent,
    Forward,
    Hangup,
    Hold,
    Joined,
    Left,
    Parked,
    Party,
    Pickup,
    Queued,
    Ringing,
    RingingStopped,
    Transfer,
    Unhold,
    Unparked,
    Up,
    UserEvent,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Step = dict[str, Any]

SLACK = 2.0  # seconds between what a phone saw and what Asterisk said: phones on a busy machine look late
SLACK_UP = 3.0  # the truth has an answer when all other phones are quiet
UNKNOWN = "?"  # fits anybody

REASONS = {
    "abandoned": {"cancelled"},
    "busy": {"busy"},
    "completed": {"completed"},
    "no-answer": {"no-answer"},
    "rejected": {"rejected", "busy"},
    "unavailable": {"busy", "failed", "no-answer", "unreachable"},
    "unknown-number": {"failed", "unreachable"},
    "unreachable": {"failed", "unreachable"},
}
"""How the phones' word for the end of a call may be said in a `hangup`."""


@dataclass
class Fact:
    """Something that happened, said in the same words by phones and by call events."""

    kind: str
    who: tuple[str, ...]
    at: float
    words: set[str] = field(default_factory=set)
    """For a `hangup` or a refusal: the reasons that are right (or the one that was given)."""
    label: str | None = None
    """Which of several calls, as the truth names them; of an event its call_id."""
    order: int = 0

    def fits(self, event: Fact) -> bool:
        """Is that what this event says?"""
        return (
            self.kind == event.kind
            and all(UNKNOWN in (a, b) or a == b for a, b in zip(self.who, event.who, strict=True))
            and (not self.words or event.words <= self.words)
            and (not self.at or abs(event.at - self.at) <= (SLACK_UP if self.kind == "up" else SLACK))
        )

    def __str__(self) -> str:
        return " ".join([self.kind, *self.who, "|".join(sorted(self.words))]).strip()


def compare(truth: dict[str, Any], events: Iterable[object]) -> list[str]:
    """The differences, each a line; none when the events tell the truth."""
    calls = [event for event in events if isinstance(event, CallEvent)]
    steps = truth["steps"]
    needed, allowed = _Truth(steps).facts()
    said = list(_said(calls))
    differences: list[str] = []
    matched: list[tuple[Fact, Fact]] = []
    for fact in needed:
        event = next((event for event in said if fact.fits(event)), None)
        if event is None:
            differences.append(f"missing: {fact}")
        else:
            said.remove(event)
            matched.append((fact, event))
    for event in said:
        if event.kind == "refused":
            continue  # the truth tells it of a phone only where the caller goes on trying
        excuse = next((fact for fact in allowed if fact.fits(event)), None)
        if excuse is not None:
            allowed.remove(excuse)
        else:
            differences.append(f"extra: {event}")
    return [*differences, *_identities(matched), *_stops(steps, calls), *_targets(steps, calls)]


def person(party: Party | None) -> str:
    """Whose phone that is: its number, `outside` behind the trunk, `pbx` where nobody is."""
    if party is None:
        return "pbx"
    return _name(party.channel.split("/", 1)[-1].rsplit("-", 1)[0])


def _name(name: str) -> str:
    outside = name in ("trunk", "far", "self", "anonymous") or re.fullmatch(r"\+?\d{7,}|[\d.]+:\d+", name)
    return "outside" if outside else name


class _Truth:
    """What the steps of a truth ask of the call events."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self._needed: list[Fact] = []
        self._allowed: list[Fact] = []
        self._answered: set[str] = set()
        self._lost = False
        attached = [step["at"] for step in steps if step["t"] == "ami_attached"]
        self._attached = attached[0] if attached else 0.0
        self._refused = {step["target"] for step in steps if step["t"] == "target_refused"}

    def facts(self) -> tuple[list[Fact], list[Fact]]:
        """What has to be said, and what may be said besides."""
        for order, step in enumerate(self._steps):
            before = len(self._needed)
            handle = _STEPS.get(step["t"])
            if handle is not None:
                handle(self, step)
            for fact in self._needed[before:]:
                fact.order, fact.label = order, step.get("call")
        return self._needed, self._allowed

    def _need(self, step: Step, kind: str, *who: str, words: set[str] | None = None) -> None:
        late = bool(self._attached) and step["at"] < self._attached
        fact = Fact(kind, tuple(map(_name, who)), 0.0 if late else step["at"], words or set())
        # What was over before anybody listened can be concluded, but need not be.
        (self._allowed if late and kind != "up" else self._needed).append(fact)

    def _allow(self, kind: str, *who: str, words: set[str] | None = None) -> None:
        self._allowed.append(Fact(kind, tuple(map(_name, who)), 0.0, words or set()))

    def ringing(self, step: Step) -> None:
        if "consultation" in step.get("call", ""):  # with the PBX's help: it lets the other side wait
            self._allow("hold", step["caller"])
            self._allow("unhold", step["caller"])
        for target in step["targets"]:
            # A phone that refuses at once never rang; that it was called shows where the PBX itself calls.
            if step.get("rang") is False or step["caller"] == "pbx" or target in self._refused:
                self._allow("ringing", UNKNOWN if step["caller"] == "pbx" else step["caller"], target)
            else:
                self._need(step, "ringing", step["caller"], target)

    def answered_by(self, step: Step) -> None:
        self._answered.add(step["caller"])
        if step["target"] != "pbx":
            self._need(step, "up", step["caller"], step["target"])

    def answered_for_a_moment(self, step: Step) -> None:
        self._answered.add(step["caller"])
        self._allow("up", step["caller"], step["target"])  # perhaps Asterisk connected nobody any more

    def transfer(self, step: Step) -> None:
        self._answered.add(step["transferee"])
        kind = step["t"].removesuffix("_transfer")
        self._need(step, "transfer", step["transferer"], step["transferee"], words={kind})
        self._allow("queued", step["transferee"])
        self._allow("left", step["transferer"])
        if step.get("how"):  # the PBX lets the other side wait
            self._allow("hold", step["transferer"])
            self._allow("unhold", step["transferer"])

    def transfer_failed(self, step: Step) -> None:
        self._allow("hold", step["transferer"])
        self._allow("unhold", step["transferer"])

    def pickup(self, step: Step) -> None:
        self._need(step, "pickup", step["by"], step["caller"])

    def forward(self, step: Step) -> None:
        self._need(step, "forward", step["by"])

    def hold(self, step: Step) -> None:
        self._need(step, "hold", step["by"])
        self._allow("unhold", step["by"])  # as a transfer begins

    def unhold(self, step: Step) -> None:
        self._need(step, "unhold", step["by"])

    def parked(self, step: Step) -> None:
        self._need(step, "parked", step["caller"])
        self._allow("transfer", step["by"], step["caller"], words={"blind"})
        self._allow("unparked", step["caller"])

    def unparked(self, step: Step) -> None:
        self._need(step, "unparked", step["caller"])
        self._allow("up", step["caller"], step["by"])
        self._allow("up", step["by"], step["caller"])

    def park_timeout(self, step: Step) -> None:
        self._need(step, "unparked", step["caller"])

    def queued(self, step: Step) -> None:
        self._need(step, "queued", step["caller"])

    def joined(self, step: Step) -> None:
        self._need(step, "joined", step["who"])
        self._allow("hangup", step["who"])

    def left(self, step: Step) -> None:
        self._need(step, "left", step["who"])

    def paged(self, step: Step) -> None:
        for target in step["targets"]:
            self._need(step, "joined", target)
            self._need({**step, "at": 0.0}, "left", target)
            self._allow("ringing", step["caller"], target)
        self._allow("joined", step["caller"])
        self._allow("left", step["caller"])

    def three_way(self, step: Step) -> None:
        one, two = step["people"]
        self._need(step, "joined", two)
        self._allow("up", one, two)

    def left_talk(self, step: Step) -> None:
        self._need(step, "left", step["who"])

    def user_event(self, step: Step) -> None:
        self._need(step, "user_event", step["name"])

    def target_refused(self, step: Step) -> None:
        self._need(step, "refused", step["target"])
        self._allow("ringing", UNKNOWN, step["target"])

    def joined_by_ami(self, step: Step) -> None:
        one, two = step["parties"]
        self._allow("up", one, two)
        self._allow("up", two, one)
        for _ in range(2):
            self._allow("hangup", UNKNOWN)

    def swapped(self, step: Step) -> None:
        self._allow("up", step["stays"], step["by"])
        self._allow("up", step["by"], step["stays"])

    def target_dropped(self, step: Step) -> None:
        self._allow("up", UNKNOWN, step["target"])

    def spy_start(self, step: Step) -> None:
        self._allow("hangup", step["who"])

    def pickup_failed(self, step: Step) -> None:
        self._allow("hangup", step["by"])

    def lost(self, step: Step) -> None:  # noqa: ARG002  # one shape for all
        self._lost = True
        for _ in range(4):
            self._allow("hangup", UNKNOWN, words={"lost", "completed"})

    def hangup(self, step: Step) -> None:
        words = set(REASONS[step["reason"]])
        if step["caller"] in self._answered:
            words.add("completed")  # there was a conversation before
        if step["reason"] == "unknown-number" or (step["caller"] == "pbx" and step["reason"] == "unreachable"):
            self._allow("hangup", UNKNOWN, words=words)  # a number or phone that is not there makes no channel
        elif self._lost and step["caller"] in self._answered:
            self._allow("hangup", step["caller"], words=words)  # perhaps nobody listened
        elif step["caller"] != "pbx":
            self._need(step, "hangup", step["caller"], words=words)
        else:
            self._need(step, "hangup", step.get("to") or UNKNOWN, words=words)


_STEPS: dict[str, Callable[[_Truth, Step], None]] = {
    "answered": _Truth.answered_by,
    "answered_for_a_moment": _Truth.answered_for_a_moment,
    "attended_transfer": _Truth.transfer,
    "blind_transfer": _Truth.transfer,
    "blonde_transfer": _Truth.transfer,
    "connection_lost": _Truth.lost,
    "forward": _Truth.forward,
    "hangup": _Truth.hangup,
    "hold": _Truth.hold,
    "joined": _Truth.joined,
    "joined_by_ami": _Truth.joined_by_ami,
    "left": _Truth.left,
    "left_talk": _Truth.left_talk,
    "paged": _Truth.paged,
    "park_timeout": _Truth.park_timeout,
    "parked": _Truth.parked,
    "pbx_killed": _Truth.lost,
    "pbx_stopped": _Truth.lost,
    "pickup": _Truth.pickup,
    "pickup_failed": _Truth.pickup_failed,
    "queued": _Truth.queued,
    "ringing": _Truth.ringing,
    "spy_start": _Truth.spy_start,
    "swapped": _Truth.swapped,
    "target_dropped": _Truth.target_dropped,
    "target_refused": _Truth.target_refused,
    "three_way": _Truth.three_way,
    "transfer_failed": _Truth.transfer_failed,
    "unhold": _Truth.unhold,
    "unparked": _Truth.unparked,
    "user_event": _Truth.user_event,
}
"""What each step asks for."""


def _said(events: list[CallEvent]) -> Iterator[Fact]:
    for event in events:
        for kind, who, words in _words(event):
            yield Fact(kind, who, event.when.timestamp(), words, event.call_id)


def _words(event: CallEvent) -> Iterator[tuple[str, tuple[str, ...], set[str]]]:
    kind = event.event
    match event:
        case Ringing():
            for target in event.targets:
                yield kind, (person(event.caller), person(target)), set()
        case RingingStopped() if event.reason in ("busy", "rejected", "no-answer", "unreachable"):
            yield "refused", (person(event.target),), set()
        case Up():
            yield kind, (person(event.caller), person(event.callee)), set()
        case Transfer():
            yield kind, (person(event.transferer), person(event.transferee)), {event.kind}
        case Pickup():
            yield kind, (person(event.by), person(event.caller)), set()
        case Forward() | Hold() | Unhold():
            yield kind, (person(event.by),), set()
        case Parked() | Unparked() | Queued():
            yield kind, (person(event.caller),), set()
        case Joined() | Left():
            yield kind, (person(event.party),), set()
        case UserEvent():
            yield kind, (event.name,), set()
        case Hangup() if event.reason != "transferred":
            yield kind, (person(event.caller),), {event.reason}


def _identities(matched: list[tuple[Fact, Fact]]) -> Iterator[str]:
    """One call has one call_id from its first step to its hangup."""
    ids: dict[str | None, str | None] = {}
    for fact, event in sorted(matched, key=lambda pair: pair[0].order):
        if fact.kind not in ("ringing", "up", "transfer", "hangup"):
            continue
        known = ids.setdefault(fact.label, event.label)
        if known != event.label:
            yield f"{fact} is in call {event.label}, what was before it in {known}"
        if fact.kind == "hangup":
            del ids[fact.label]


def _stops(steps: list[Step], events: list[CallEvent]) -> Iterator[str]:
    """Why each phone stopped ringing, as far as phones can tell."""
    if any(step["t"] == "ami_attached" for step in steps):
        return
    reasons: dict[str, list[str]] = defaultdict(list)
    for event in events:
        if isinstance(event, RingingStopped):
            reasons[person(event.target)].append(event.reason)
    pickers = {step["by"] for step in steps if step["t"] == "pickup"}
    expected: list[tuple[str, str]] = []
    for step in steps:
        match step["t"]:
            case "answered" if step["target"] not in pickers | {"pbx"}:
                expected.append((step["target"], "answered"))
                expected += [(other, "answered-elsewhere") for other in step.get("also_rang", [])]
            case "pickup":
                taken = [phone for phone in step["rang"] if "picked-up" in reasons[_name(phone)]]  # of several any
                expected += [(phone, "picked-up") for phone in (taken or step["rang"])[:1]]
            case "forward" if step.get("how") == "302":
                expected.append((step["by"], "forwarded"))
    for phone, reason in expected:
        if reason in reasons[_name(phone)]:
            reasons[_name(phone)].remove(reason)
        else:
            yield f"no ringing_stopped of {phone} says {reason}"


def _targets(steps: list[Step], events: list[CallEvent]) -> Iterator[str]:
    """Who was consulted is who gets the call."""
    named = [{person(target) for target in event.targets} for event in events if isinstance(event, Transfer)]
    for step in steps:
        if step["t"] in ("attended_transfer", "blonde_transfer"):
            target = _name(step["target"])
            if re.fullmatch(r"2\d\d|outside", target) and not any(target in people for people in named):
                yield f"no transfer names {target}, to whom {step['transferer']} transfers"
