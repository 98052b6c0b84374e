"""What is known of one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from cacofonisk.channels import UP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cacofonisk.channels import Channel

Outcome = Literal["answered", "answered-elsewhere", "busy", "cancelled", "no-answer", "rejected", "unreachable"]


class Stopwatch:
    """Measures for how long at least one of several things went on, in seconds."""

    __slots__ = ("running", "since", "total")

    def __init__(self) -> None:
        self.running = 0
        self.since = 0.0
        self.total = 0.0

    def start(self, now: float) -> None:
        """One more goes on."""
        if not self.running:
            self.since = now
        self.running += 1

    def stop(self, now: float) -> None:
        """One of them is over."""
        self.running -= 1
        if not self.running:
            self.total += max(0.0, now - self.since)

    def read(self, now: float) -> float:
        """The seconds until now."""
        return round(self.total + (max(0.0, now - self.since) if self.running else 0.0), 6)


class Attempt:
    """One try to reach a person on `leg`: from being called until it has answered, refused or been given up."""

    __slots__ = (
        "answered",
        "by_pbx",
        "caller",
        "cause",
        "dialler",
        "forward",
        "heard",
        "leg",
        "picked",
        "rang",
        "status",
        "up_since",
    )

    def __init__(self, leg: Channel, dialler: Channel | None) -> None:
        self.leg = leg
        self.dialler = dialler
        self.caller: Channel | None = None
        """The person who calls, None when nobody does, as far as it is known; right once it rang."""
        self.by_pbx = False
        """It rings because the PBX itself calls: nobody can give up."""
        self.heard = False
        """The phone rings, but perhaps nobody knows yet for whom."""
        self.rang = False
        """The phone rings and `ringing` said so."""
        self.answered = False
        self.picked = False
        """Somebody else took the call, probably this very one: unless a DialStatus says otherwise."""
        self.status = ""
        """The DialStatus it ended with."""
        self.up_since = 0.0
        """When the phone was answered, in seconds since 1970; 0 where nothing has told it yet."""
        self.forward = ""
        """Where the phone sent the call."""
        self.cause: int | None = None
        """The cause of its Hangup, None while it lives."""


class Begun(NamedTuple):
    """A call that the PBX has begun by a Local channel, to an extension in a context."""

    rank: int
    """By when: of two the one with the lower number was begun first."""
    destination: str
    """Where to: `exten@context`."""

    @property
    def exten(self) -> str:
        """The number that is called."""
        return self.destination.partition("@")[0]


class Call:
    """One call: who is in it, whom it tries to reach, who talks."""

    __slots__ = (
        "agent", "attempts", "begun", "born", "call_id", "callee", "caller", "cause", "guests", "holding", "joins",
        "last", "left_queue", "linkedids", "members", "misses", "outcome", "queued", "reached", "ringing", "server",
        "started", "talked", "talking", "talks", "transferer",
    )  # fmt: skip

    def __init__(self, server: str, call_id: str, born: int, *, misses: bool = False) -> None:
        self.server = server
        self.call_id = call_id
        self.born = born
        """Rank by age: of two calls the one with the lower number is older."""
        self.misses = misses
        """Something of it was not seen: it was there before us, or the connection was away while it lived."""
        self.started = False
        self.begun: Begun | None = None
        """Set while the PBX that began it may yet say that it did so for a phone that sent it there."""
        self.caller: Channel | None = None
        self.callee: Channel | None = None
        """Who talked with the caller last."""
        self.members: dict[Channel, None] = {}
        """The channels that keep the call alive: persons and Local halves."""
        self.guests: tuple[Channel, ...] = ()
        """The agents who are lent to it, and have a call of their own, to which they go back."""
        self.linkedids: list[str] = [call_id]
        self.attempts: dict[str, Attempt] = {}
        """The attempts not yet settled, by the Uniqueid of their leg."""
        self.talks: dict[tuple[str, str], None] = {}
        """The conversations going on: pairs of Uniqueids."""
        self.talked: dict[tuple[str, str], None] = {}
        """All conversations there were."""
        self.outcome: Outcome | None = None
        """How the last attempt ended."""
        self.reached = False
        """Two people talked after the last attempt."""
        self.cause: int | None = None
        """The cause of its caller's Hangup."""
        self.joins = False
        """Its caller was let into another call, and so was answered."""
        self.holding: dict[str, None] = {}
        """The Uniqueids of those who hold the other."""
        self.transferer: Channel | None = None
        """Who transferred the call last."""
        self.queued: tuple[str, float] | None = None
        """The queue it waits in, and since when."""
        self.left_queue = ""
        """Why it leaves that queue, if no agent is the reason."""
        self.agent: Channel | None = None
        """Who answered it since it was queued."""
        self.ringing = Stopwatch()
        self.talking = Stopwatch()
        self.last = 0.0
        """When something was last said of it, in seconds since 1970."""

    @property
    def is_alive(self) -> bool:
        """Somebody is in it yet."""
        return bool(self.members or self.guests)

    @property
    def answered_by_pbx(self) -> bool:
        """Asterisk answered the caller, be it itself or for somebody."""
        return self.joins or (self.caller is not None and self.caller.state == UP)

    def has_told_of(self, channel: Channel) -> bool:
        """Whether people have heard that this channel calls, rings or talks in this call."""
        attempt = self.attempts.get(channel.uniqueid)
        return self.started and (
            channel is self.caller
            or (attempt is not None and attempt.rang)
            or any(channel.uniqueid in talk for talk in self.talked)
        )

    def known(self) -> Iterator[Channel]:
        """All of whom something can still be said: who is in it, and who was and is remembered."""
        yield from self.members
        yield from self.guests
        for attempt in self.attempts.values():
            yield attempt.leg
            if attempt.caller is not None:
                yield attempt.caller
        for channel in (self.caller, self.callee, self.transferer, self.agent):
            if channel is not None:
                yield channel

    def __repr__(self) -> str:
        return f"<Call {self.call_id} {list(self.members)}>"


def pair(one: Channel, two: Channel) -> tuple[str, str]:
    """The key of the conversation of two people, the same from both sides."""
    a, b = one.uniqueid, two.uniqueid
    return (a, b) if a < b else (b, a)
