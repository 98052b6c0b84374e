"""The call events: the public contract of cacofonisk, and the other values that flow through a pipe.

Every field and its meaning is told in docs/events.md. A field is never renamed or dropped. The classes have no slots:
orjson writes them several times faster so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cacofonisk.ami_event import AmiEvent, Headers
from cacofonisk.times import rfc3339
from cacofonisk.transfer_fact import TransferFact

StopReason = Literal[
    "answered", "answered-elsewhere", "busy", "cancelled", "forwarded", "no-answer", "picked-up", "rejected",
    "unreachable",
]  # fmt: skip
HangupReason = Literal[
    "answered-elsewhere", "busy", "cancelled", "completed", "failed", "lost", "no-answer", "rejected", "transferred",
    "unreachable",
]  # fmt: skip
Direction = Literal["inbound", "outbound", "internal"]


@dataclass(frozen=True)
class Party:
    """One person on one channel, as it was known when the event happened."""

    channel: str
    uniqueid: str
    number: str
    name: str
    code: str
    is_public: bool
    exten: str


@dataclass(kw_only=True)
class CallEvent:
    """What every call event has. `call_id` is None only for a `user_event` that belongs to no call."""

    event: str = ""
    call_id: str | None
    server: str
    time: str
    sequence: int = 0
    inferred: bool = False

    @property
    def when(self) -> datetime:
        """`time` as an aware datetime in UTC."""
        return datetime.fromisoformat(self.time)


@dataclass(kw_only=True)
class Started(CallEvent):
    """A person starts a call; always the first event of a call. `direction` is told by `Trunks` alone."""

    event: Literal["started"] = "started"
    caller: Party
    direction: Direction | None = None
    linkedid: str


@dataclass(kw_only=True)
class Queued(CallEvent):
    """The caller joins a queue, at a position (1 is next)."""

    event: Literal["queued"] = "queued"
    caller: Party
    queue: str
    position: int


@dataclass(kw_only=True)
class QueueLeft(CallEvent):
    """The caller leaves a queue after `waited_s` seconds."""

    event: Literal["queue_left"] = "queue_left"
    caller: Party
    queue: str
    reason: str
    agent: Party | None
    waited_s: float


@dataclass(kw_only=True)
class Ringing(CallEvent):
    """Phones start to ring; `caller` is None while the PBX itself rings the first phone of a click-to-dial."""

    event: Literal["ringing"] = "ringing"
    caller: Party | None
    targets: list[Party]


@dataclass(kw_only=True)
class RingingStopped(CallEvent):
    """A phone stops ringing, or refuses before it rang."""

    event: Literal["ringing_stopped"] = "ringing_stopped"
    caller: Party | None
    target: Party
    reason: StopReason


@dataclass(kw_only=True)
class Up(CallEvent):
    """Two people start to talk."""

    event: Literal["up"] = "up"
    caller: Party
    callee: Party
    merged_call_id: str | None = None


@dataclass(kw_only=True)
class Transfer(CallEvent):
    """The transferer hands the transferee over to the targets."""

    event: Literal["transfer"] = "transfer"
    kind: Literal["blind", "attended", "blonde"]
    transferer: Party
    transferee: Party
    targets: list[Party]
    exten: str
    merged_call_id: str | None = None


@dataclass(kw_only=True)
class TransferFailed(CallEvent):
    """A transfer that did not take effect, with the reason that Asterisk gives."""

    event: Literal["transfer_failed"] = "transfer_failed"
    kind: Literal["blind", "attended", "blonde"]
    transferer: Party
    transferee: Party | None
    targets: list[Party]
    exten: str
    merged_call_id: str | None = None
    reason: str


@dataclass(kw_only=True)
class Forward(CallEvent):
    """A called phone (or the dialplan) sends the call elsewhere."""

    event: Literal["forward"] = "forward"
    by: Party
    exten: str
    how: str


@dataclass(kw_only=True)
class Pickup(CallEvent):
    """Somebody else takes the ringing call."""

    event: Literal["pickup"] = "pickup"
    by: Party
    caller: Party | None
    targets: list[Party]
    merged_call_id: str | None = None


@dataclass(kw_only=True)
class Hold(CallEvent):
    """A person puts the other on hold."""

    event: Literal["hold"] = "hold"
    by: Party


@dataclass(kw_only=True)
class Unhold(CallEvent):
    """A person takes the other back from hold."""

    event: Literal["unhold"] = "unhold"
    by: Party


@dataclass(kw_only=True)
class Parked(CallEvent):
    """The caller is parked on a space."""

    event: Literal["parked"] = "parked"
    caller: Party
    by: Party | None
    space: str


@dataclass(kw_only=True)
class Unparked(CallEvent):
    """The caller leaves its parking space."""

    event: Literal["unparked"] = "unparked"
    caller: Party
    by: Party | None
    space: str
    reason: Literal["retrieved", "timeout", "abandoned"]
    merged_call_id: str | None = None


@dataclass(kw_only=True)
class Joined(CallEvent):
    """A person enters a conference room, or becomes the third or later one in a bridge."""

    event: Literal["joined"] = "joined"
    party: Party
    room: str
    count: int


@dataclass(kw_only=True)
class Left(CallEvent):
    """A person leaves a conference room or a bridge of three."""

    event: Literal["left"] = "left"
    party: Party
    room: str
    count: int


@dataclass(kw_only=True)
class CallerIdChanged(CallEvent):
    """The number or name of a person that has already appeared changes."""

    event: Literal["callerid_changed"] = "callerid_changed"
    party: Party
    previous: Party
    cause: str


@dataclass(kw_only=True)
class UserEvent(CallEvent):
    """A UserEvent from the dialplan or from an AMI action."""

    event: Literal["user_event"] = "user_event"
    name: str
    fields: dict[str, str | list[str]]
    party: Party | None


@dataclass(kw_only=True)
class Hangup(CallEvent):
    """The call ends; always its last event. `ring_s` and `talk_s` are seconds."""

    event: Literal["hangup"] = "hangup"
    caller: Party
    callee: Party | None
    reason: HangupReason
    answered: Literal["person", "pbx"] | None
    ring_s: float
    talk_s: float


@dataclass(kw_only=True)
class Anomaly:
    """Something that Asterisk or a recording says wrongly: what, and the packet it stands in. The stream goes on."""

    event: Literal["anomaly"] = "anomaly"
    server: str
    time: str
    what: str
    packet: Headers

    @classmethod
    def of(cls, event: AmiEvent, what: str) -> Anomaly:
        """The anomaly that this AMI event is."""
        return cls(server=event.server, time=rfc3339(event.timestamp), what=what, packet=event.headers)


@dataclass(kw_only=True)
class SourceEvent:
    """What happened to the source itself: connected, lost, resynced, or a gap in its events.

    `takes_stock` says of `connected` and `gap` that the lists of what is live follow, and `resynced` behind them.
    """

    event: Literal["source"] = "source"
    server: str
    time: str
    kind: Literal["connected", "lost", "resynced", "gap"]
    detail: str = ""
    takes_stock: bool = False


Event = AmiEvent | TransferFact | CallEvent | Anomaly | SourceEvent
"""Everything that may flow through a pipe."""

CALL_EVENTS: tuple[type[CallEvent], ...] = (
    Started, Queued, QueueLeft, Ringing, RingingStopped, Up, Transfer, TransferFailed, Forward, Pickup, Hold, Unhold,
    Parked, Unparked, Joined, Left, CallerIdChanged, UserEvent, Hangup,
)  # fmt: skip
"""Every kind of call event."""
