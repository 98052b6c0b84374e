"""Which channel is in which call: kept, never derived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from cacofonisk.calls.call import Call
from cacofonisk.calls.reasons import hangup_reason
from cacofonisk.events import Hangup, Started
from cacofonisk.times import TimeWriter

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.channels import Channel
    from cacofonisk.events import Direction, Event, HangupReason, Party
    from cacofonisk.machine import Emit
    from cacofonisk.transfer_fact import TransferFact
    from cacofonisk.trunks import Trunks


class Head(TypedDict):
    """What every event of a call begins with."""

    call_id: str
    server: str
    time: str
    inferred: bool


@dataclass(slots=True)
class Conclusion:
    """In place of an event, where something is said without one: when that is, in seconds since 1970."""

    timestamp: float
    inferred: bool = True


def _nobody(event: Event) -> None:
    """Where the ledger speaks to before it was ever fed."""


class Ledger:
    """The live calls and their members; every part of the tracker reads it and speaks through it.

    A call is born with its origin, the channel whose Uniqueid is its Linkedid. A leg belongs to the call of its
    dialler. Only a merge moves it; an agent who is lent to another call comes back.
    """

    def __init__(self, trunks: Trunks | None = None) -> None:
        self.calls: dict[tuple[str, str], Call] = {}
        """By server and Linkedid; a merged call has several."""
        self.of: dict[Channel, Call] = {}
        """The call that each person and Local half is in."""
        self._own: dict[Channel, Call] = {}
        """The call that each agent who is lent to another one goes back to."""
        self.emit: Emit = _nobody
        """Where the words of the moment go."""
        self.event: AmiEvent | TransferFact | Conclusion = Conclusion(0.0)
        """What is at hand: it gives the time to all that is said."""
        self._trunks = trunks
        self._timed: AmiEvent | TransferFact | Conclusion | None = None
        self._now = 0.0
        self._time = ""
        self._write = TimeWriter().write
        self._born = 0

    def __getstate__(self) -> dict[str, object]:
        # Who listens, and to what, is not part of what we know.
        return {**self.__dict__, "emit": _nobody, "event": Conclusion(0.0), "_timed": None}

    def __len__(self) -> int:
        """How many names of calls and channels in them are kept."""
        return len(self.calls) + len(self.of) + len(self._own)

    @property
    def now(self) -> float:
        """The time of the event at hand, in seconds since 1970; read only when somebody asks."""
        if self.event is not self._timed:
            self._read_time()
        return self._now

    def _read_time(self) -> None:
        self._timed = self.event
        self._now = self.event.timestamp
        self._time = self._write(self._now)

    def head(self, call: Call) -> Head:
        """What an event of this call begins with; something happens in it now."""
        if self.event is not self._timed:
            self._read_time()
        call.last = self._now
        return {
            "call_id": call.call_id,
            "server": call.server,
            "time": self._time,
            "inferred": self.event.inferred,
        }

    def live(self) -> list[Call]:
        """The calls, each once, the oldest first."""
        return list(dict.fromkeys(self.calls.values()))

    def call_of(self, channel: Channel | None) -> Call | None:
        """The call of a channel, None where it has none or is none."""
        return None if channel is None else self.of.get(channel)

    def calls_out(self, channel: Channel) -> bool:
        """Whether this channel is the one that a call began with, because its person called."""
        call = self.of.get(channel)
        return call is not None and call.started and call.caller is channel and call.call_id == channel.uniqueid

    def found(self, origin: Channel) -> Call:
        """A new call, named after its origin."""
        self._born += 1
        call = Call(origin.server, origin.uniqueid, self._born, misses=self.event.inferred)
        self.calls[origin.server, origin.uniqueid] = call
        if call.misses and origin.linkedid != origin.uniqueid:  # its founder is gone, and the others name that one
            self.calls[origin.server, origin.linkedid] = call
            call.linkedids.append(origin.linkedid)
        return call

    def start(self, call: Call, caller: Channel) -> None:
        """Somebody calls: from now on people hear of this call."""
        call.started = True
        call.caller = caller
        direction = self._direction(call, caller)
        self.emit(Started(**self.head(call), caller=caller.party, direction=direction, linkedid=caller.linkedid))

    def _direction(self, call: Call, caller: Channel) -> Direction | None:
        """Which way it goes, if its caller dialled it: neither the PBX itself, nor who consults, nor before we came."""
        dialled = caller.dial is None and caller.uniqueid == call.call_id and not call.misses
        return self._trunks.direction(caller.party) if self._trunks is not None and dialled else None

    def enrol(self, channel: Channel, call: Call) -> None:
        """From now on the channel is in this call and in no other; only a merge moves whom people have heard of."""
        before = self.of.get(channel)
        if before is call or (before is not None and before.has_told_of(channel)):
            return
        self.of[channel] = call
        call.members[channel] = None
        if before is not None:
            del before.members[channel]
            attempt = before.attempts.pop(channel.uniqueid, None)
            if attempt is not None:
                call.attempts[channel.uniqueid] = attempt
            if not before.members:
                self.end(before, None)

    def dismiss(self, channel: Channel) -> Call | None:
        """The channel is gone; answers the call that nobody is left in, if there is one."""
        call = self.of.pop(channel, None)
        if call is None:
            return None
        del call.members[channel]
        return None if call.members or call.guests else call

    def lend(self, agent: Channel, call: Call) -> None:
        """Until it is taken back the agent is in this call, as a guest, who keeps its own alive."""
        own = self.of.get(agent)
        if own is not None and own is not call:
            self.take_back(agent)
            self._own[agent] = self.of[agent]
            self.of[agent] = call
            call.guests += (agent,)

    def take_back(self, agent: Channel | None) -> Call | None:
        """The agent is in its own call again; answers the one it was lent to."""
        own = self._own.pop(agent, None) if agent is not None else None
        if agent is None or own is None:
            return None
        call = self.of[agent]
        call.guests = tuple(guest for guest in call.guests if guest is not agent)
        self.of[agent] = own
        return call

    def merge(self, survivor: Call, other: Call) -> str | None:
        """The other call ends in the survivor, with all who are in it; answers its call_id if anybody knew it."""
        merged = other.call_id if other.started else None
        for agent in other.guests:
            self.of[agent] = survivor
        survivor.guests += other.guests
        other.guests = ()
        self.end(other, "transferred")
        for channel in other.members:
            (self._own if channel in self._own else self.of)[channel] = survivor
        survivor.members.update(other.members)
        survivor.attempts.update(other.attempts)
        survivor.talked.update(other.talked)
        survivor.holding.update(other.holding)
        if survivor.queued is None and other.queued is not None:
            survivor.queued, survivor.left_queue, survivor.agent = other.queued, other.left_queue, other.agent
        for attempt in other.attempts.values():
            if attempt.rang:
                survivor.ringing.start(self.now)
        for talk in other.talks:
            if talk not in survivor.talks:
                survivor.talks[talk] = None
                survivor.talking.start(self.now)
        for linkedid in other.linkedids:
            self.calls[survivor.server, linkedid] = survivor
        survivor.linkedids += other.linkedids
        return merged

    def merge_into_older(self, one: Call, two: Call) -> tuple[Call, str | None]:
        """Joined without a transfer the older call survives, or the only one that anybody has heard of."""
        if one.started != two.started:
            survivor, other = (one, two) if one.started else (two, one)
        else:
            survivor, other = (one, two) if one.born < two.born else (two, one)
        other.joins = True
        return survivor, self.merge(survivor, other)

    def end(self, call: Call, reason: HangupReason | None) -> None:
        """Say how the call ended, unless nobody ever heard of it, and free its names."""
        if call.started and call.caller is not None:
            self.emit(
                Hangup(
                    **self.head(call),
                    caller=call.caller.party,
                    callee=party_of(call.callee),
                    reason=reason or hangup_reason(call),
                    answered="person" if call.talked else "pbx" if call.answered_by_pbx else None,
                    ring_s=call.ringing.read(self.now),
                    talk_s=call.talking.read(self.now),
                )
            )
        for agent in call.guests:
            self.take_back(agent)
        for linkedid in call.linkedids:
            self.calls.pop((call.server, linkedid), None)
        call.started = False


def party_of(channel: Channel | None) -> Party | None:
    """The party of a channel that may be nobody."""
    return None if channel is None else channel.party
