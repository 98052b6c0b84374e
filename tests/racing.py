"""Which packets may come in another order, because Asterisk itself says them in any order.

How Asterisk 16 and 22 say what happens (16 fills its caches in the thread that publishes: no more queues than 22):

- **One queue for nearly all.** Whoever does something publishes it, in its own thread, into the one queue of the
  manager. What one thread says keeps its order. So does what is said under one lock: who enters and leaves one bridge.
- **Threads.** A caller's thread runs its dialplan: it creates and hangs up the legs that it calls, says how each dial
  goes (DialBegin, DialState, DialEnd), and what happens in queues. The SIP stack's threads say that a phone rings or
  answers (Newstate) and that a person hangs up (HangupRequest). In a bridge everybody has a thread. So packets about
  different channels race; about the same channel only a Newstate or a HangupRequest does, with what the caller's
  thread and the bridge say of it.
- **Queues of their own** have conference rooms (ConfbridgeJoin and its kin) and parking (ParkedCall and its kin):
  they may be behind all others, or ahead of them.
- **Told when it is done.** BlindTransfer, AttendedTransfer and Pickup are published after all locks are released, by a
  thread that has to wait for a processor perhaps, while those concerned go on, or hang up.

Nothing comes before its cause: no leg before the channel by which its call began, no BridgeEnter of a transfer after
the transfer, nothing of a dialplan before its channel is in state Ring, or before the phone that it is for has
answered, no end of a dial that asks whether to accept the call before the phone has hung up, nor of one behind a Local
channel whose own was given up, no answer of an agent on duty before it has come to who asked for it.

Two things cannot be told as they were when they are late, for a `hangup` is the last word on a call and nothing showed
that more would come: a transfer that is told after the Hangup of its transferee, when that was the last channel of its
call (it is an anomaly); and that the consultation of an attended transfer ended `transferred`, when that was to an
application other than a room, to the space where the transferer is parked, or to where nobody is yet (Link), and the
transferer's channel has hung up before it is told (it ended `completed`, and the transfer names no merged call). Who
hangs up in a room is still in it, where a transfer is to come: its call waits.

So it is with the pickup of a phone that the PBX itself calls, when that is told after the phone's Hangup.

And who parks itself is not told to be parked when the ParkedCall comes ahead of its Newchannel: it is an anomaly, for
nothing would free a packet that waits for a channel which may never come.

Not tried is a phone that the PBX calls and that sends it elsewhere (302), where the next phone refuses before even the
DialBegin of the PBX's own Local channel is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import OF_LISTS, WANTED, AmiEvent
from cacofonisk.calls.ringing import ASKED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cacofonisk.events import Event

WINDOW = 0.02
"""Seconds by which a packet may be late or early: a thread that waits for its turn on a busy machine."""

ROOMS = frozenset({"ConfbridgeEnd", "ConfbridgeJoin", "ConfbridgeLeave"})
PARKING = frozenset({"ParkedCall", "ParkedCallGiveUp", "ParkedCallTimeOut", "UnParkedCall"})
TRANSFERS = frozenset({"AttendedTransfer", "BlindTransfer"})
DIALS = frozenset({"DialBegin", "DialState", "DialEnd"})
BRIDGES = frozenset({"BridgeEnter", "BridgeLeave"})
OF_THE_PICKER = frozenset({"NewAccountCode", "NewCallerid", "Newchannel", "Newstate"})
BESIDE_A_HANGUP_REQUEST = DIALS | {"AgentConnect", "BridgeEnter", "NewAccountCode", "NewCallerid", "Newstate"}
NEVER = OF_LISTS | {"FullyBooted", "Shutdown"}


def may_race(first: Event, then: Event, asked: frozenset[str] = frozenset()) -> bool:
    """Whether `then`, which came after `first`, could have come before it; `asked` are the phones of `who_is_asked`."""
    if not isinstance(first, AmiEvent) or not isinstance(then, AmiEvent) or first.server != then.server:
        return False
    names = {first.name, then.name}
    if not names <= WANTED.keys() or names & NEVER or abs(first.timestamp - then.timestamp) > WINDOW:
        return False
    if (first.name, then.name) == ("Newchannel", "ParkedCall") and first["Uniqueid"] == then["ParkeeUniqueid"]:
        return False
    if any((first.name in queue) != (then.name in queue) for queue in (ROOMS, PARKING)):
        return not (first.name in TRANSFERS and _is_lost_after(first, then))
    if _of_the_pbx(first) and _of_the_pbx(then):
        return False
    if _founds(first, then) or _founds(then, first) or _causes(first, then, asked):
        return False
    if names & TRANSFERS:
        return _transfer_may_race(first, then)
    shared = _about(first) & _about(then)
    if "Pickup" in names:
        lost = then.name == "Hangup" and then.get("Uniqueid") == then.get("Linkedid") == first.get("TargetUniqueid")
        return not shared or not (lost or names & OF_THE_PICKER)
    if names <= BRIDGES and first["BridgeUniqueid"] == then["BridgeUniqueid"]:
        return False
    return not shared or _threads_differ(first, then)


def who_is_asked(packets: list[Event]) -> frozenset[str]:
    """The phones that were answered a while before their dial ended: they were asked whether to take the call."""
    up: dict[str, float] = {}
    asked = set()
    for event in packets:
        if isinstance(event, AmiEvent) and event.name == "Newstate" and event.get("ChannelStateDesc") == "Up":
            up[event["Uniqueid"]] = event.timestamp
        elif isinstance(event, AmiEvent) and event.get("DialStatus") == "ANSWER":
            leg = event["DestUniqueid"]
            if event.timestamp - up.get(leg, event.timestamp) > ASKED:
                asked.add(leg)
    return frozenset(asked)


def late(packets: list[Event]) -> Iterator[tuple[Event, Event, list[Event]]]:
    """Every order in which one packet is late: the packet, the last one that overtook it, and all in that order."""
    asked = who_is_asked(packets)
    for at, event in enumerate(packets):
        for to in range(at + 1, len(packets)):
            if not may_race(event, packets[to], asked):
                break
            yield event, packets[to], [*packets[:at], *packets[at + 1 : to + 1], event, *packets[to + 1 :]]


def early(packets: list[Event]) -> Iterator[tuple[Event, Event, list[Event]]]:
    """Every order in which one packet is early: the first one that it overtook, the packet, and all in that order."""
    asked = who_is_asked(packets)
    for at, event in enumerate(packets):
        for to in range(at - 1, -1, -1):
            if not may_race(packets[to], event, asked):
                break
            yield packets[to], event, [*packets[:to], event, *packets[to:at], *packets[at + 1 :]]


def _about(event: AmiEvent) -> set[str]:
    """The channels that a packet names."""
    named = [header for header in event.headers if header.lower().endswith("uniqueid") and header != "BridgeUniqueid"]
    return {value for value in map(event.get, named) if value}


def _of_the_pbx(event: AmiEvent) -> bool:
    """A dial without a caller is the PBX's own, and said by one thread."""
    return event.name in DIALS and not event.get("Uniqueid")


def _founds(one: AmiEvent, other: AmiEvent) -> bool:
    """The channel by which a call began is there before all others of it."""
    return one.name == "Newchannel" and one.get("Uniqueid") == one.get("Linkedid") == other.get("Linkedid")


def _transfer_may_race(first: AmiEvent, then: AmiEvent) -> bool:
    if then.name in TRANSFERS:
        cause = {"BridgeEnter", "Hold", "Unhold"}  # by these it comes about
        return first.name not in cause or (first.name != "BridgeEnter" and not _about(first) & _about(then))
    if then.name in ("Hold", "Unhold"):
        return not _about(first) & _about(then)
    return not _is_lost_after(first, then)


def _is_lost_after(transfer: AmiEvent, then: AmiEvent) -> bool:
    """A call that the transfer is about may have ended by then."""
    last = {transfer.get("TransfereeUniqueid")}
    to_nobody = transfer.get("DestType") == "Link" and not transfer.get("TransferTargetUniqueid")
    if to_nobody or (transfer.get("DestType") == "App" and transfer.get("DestApp") not in ("ConfBridge", "Dial")):
        last.add(transfer.get("SecondTransfererUniqueid"))
    for leg in ("Orig", "Second"):
        if transfer.get(f"{leg}BridgeType") == "parking":
            last.add(transfer.get(f"{leg}TransfererUniqueid"))
    return then.name == "Hangup" and then["Uniqueid"] in last


def _causes(first: AmiEvent, then: AmiEvent, asked: frozenset[str]) -> bool:
    """One thread does something, and therefore another one what comes then."""
    if then.name == "DialEnd" and first.name == "HangupRequest":  # asked whether to take the call, a phone hangs up
        return then["DialStatus"] == "ANSWER" and then["DestUniqueid"] == first["Uniqueid"] in asked
    if then.name == "DialEnd" and first.name == "DialEnd":  # the time of those behind a Local channel is over
        return then["DialStatus"] == "CANCEL" and _same_local(first, "DestChannel", then)
    if first.name == "BridgeEnter" and then.get("DialStatus") == "ANSWER":  # an agent on duty answers by coming
        return bool(first.get("Uniqueid") == first.get("Linkedid") and not first.get("SwapUniqueid"))
    if then.name == "NewCallerid" and first.get("DialStatus") == "ANSWER":  # a half's dialplan follows an answer
        return _same_local(first, "Channel", then)
    return False


def _same_local(first: AmiEvent, header: str, then: AmiEvent) -> bool:
    """The channel that the first names under this header, and that of the other, are halves of one."""
    local = (first.get(header) or "").rpartition(";")[0]
    return bool(local) and local == (then.get("Channel") or "").rpartition(";")[0]


def _threads_differ(first: AmiEvent, then: AmiEvent) -> bool:
    """Packets about the same channel of which one is the SIP stack's word."""
    one, other = sorted((first, then), key=lambda event: event.name not in ("HangupRequest", "Newstate"))
    if one.name == "HangupRequest":
        return other.name in BESIDE_A_HANGUP_REQUEST
    if one.name != "Newstate" or one.get("ChannelStateDesc") == "Ring":
        return False
    # What its own thread does with a channel comes behind its state; what others do with it need not.
    return other.name in ("AgentConnect", "BridgeEnter") or (
        other.name in DIALS and other.get("Uniqueid") != one["Uniqueid"]
    )
