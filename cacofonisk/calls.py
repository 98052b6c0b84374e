"""Rebuilds calls from channels: who is in which call, and all call events that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from cacofonisk import events
from cacofonisk.ami_event import AmiEvent
from cacofonisk.call import Attempt, Call, pair
from cacofonisk.channels import RING, RINGING, UP, Channel
from cacofonisk.errors import BadPacketError, PipelineError
from cacofonisk.reasons import REFUSED, hangup_reason, stop_reason
from cacofonisk.times import rfc3339
from cacofonisk.transfer_fact import TransferFact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cacofonisk.events import Event, HangupReason, Party
    from cacofonisk.machine import Emit


class Head(TypedDict):
    """What every event of a call begins with."""

    call_id: str
    server: str
    time: str
    inferred: bool


class CallTracker:
    """Keeps the calls and says what happens in them.

    A call is born with its origin, the channel whose Uniqueid is its Linkedid. A leg belongs to the call of its
    dialler. Only a merge moves it.
    """

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], Call] = {}
        """By server and Linkedid; a merged call has several."""
        self._of: dict[Channel, Call] = {}
        self._swaps: dict[Channel, tuple[Channel, Channel]] = {}
        """Persons whose place in a bridge somebody took, and the two who talk since: until it is explained."""
        self._born = 0
        self._emit: Emit = _nobody
        self._now = 0.0
        self._inferred = False
        """Is what we say concluded, not seen?"""

    def feed(self, event: Event, emit: Emit) -> None:
        """Take one event; emit the call events that follow from it, then the event itself."""
        if type(event) is AmiEvent:
            handle = _HANDLERS.get(event.name)
            if handle is not None:
                if not event.tracked:
                    raise PipelineError("track_calls needs track_channels before it in the pipe")
                self._emit = emit
                self._now = event.timestamp
                try:
                    handle(self, event)
                except BadPacketError as error:
                    emit(events.Anomaly.of(event, str(error)))
        elif type(event) is TransferFact:
            self._emit = emit
            self._now = event.timestamp
            self._transfer(event)
        emit(event)

    def finish(self, emit: Emit) -> None:
        """The stream has ended: every live call is lost."""
        self._emit = emit
        self._inferred = True
        for call in list(dict.fromkeys(self._calls.values())):
            self._now = call.last
            self._hangup(call, "lost")
            for channel in list(call.members):
                self._forget(channel)
        self._swaps.clear()

    def __len__(self) -> int:
        """How many calls and channels are kept."""
        return len(self._calls) + len(self._of) + len(self._swaps)

    # Membership

    def _newchannel(self, event: AmiEvent) -> None:
        channel = event.channel
        if channel is None or not (channel.is_person or channel.is_local):
            return
        key = (channel.server, channel.linkedid)
        call = self._calls.get(key)
        if call is None:
            if channel.linkedid != channel.uniqueid:
                return  # its call began before we did
            self._born += 1
            call = self._calls[key] = Call(channel.server, channel.uniqueid, self._born)
        self._enrol(channel, call)
        if channel.state == RING:
            self._calls_out(channel, call)

    def _calls_out(self, channel: Channel, call: Call) -> None:
        """A channel is in state Ring: when a person founds a call by it, the call starts."""
        if not call.started and channel.is_person and channel.uniqueid == call.call_id:
            self._start(call, channel)

    def _start(self, call: Call, caller: Channel) -> None:
        call.started = True
        call.caller = caller
        self._emit(events.Started(**self._head(call), caller=caller.party, linkedid=caller.linkedid))

    def _enrol(self, channel: Channel, call: Call) -> None:
        """From now on the channel is in this call and in no other."""
        before = self._of.get(channel)
        if before is call:
            return
        self._of[channel] = call
        call.members[channel] = None
        call.last = self._now
        if before is not None:
            del before.members[channel]
            attempt = before.attempts.pop(channel.uniqueid, None)
            if attempt is not None:
                call.attempts[channel.uniqueid] = attempt
            if not before.members:
                self._end(before)

    def _forget(self, channel: Channel) -> None:
        call = self._of.pop(channel, None)
        if call is not None:
            del call.members[channel]
            if not call.members:
                self._end(call)

    def _merge(self, survivor: Call, other: Call) -> str | None:
        """The other call ends in the survivor, with all who are in it; answers its call_id if it was known."""
        self._hangup(other, "transferred")
        for channel in other.members:
            self._of[channel] = survivor
        survivor.members.update(other.members)
        other.members.clear()
        survivor.attempts.update(other.attempts)
        for attempt in other.attempts.values():
            if attempt.rang:
                survivor.ringing.start(self._now)
        other.attempts.clear()
        for talk in other.talks:
            survivor.talking.start(self._now)
            survivor.talks[talk] = None
        survivor.talked.update(other.talked)
        for linkedid in other.linkedids:
            self._calls[survivor.server, linkedid] = survivor
        survivor.linkedids += other.linkedids
        survivor.last = self._now
        return other.call_id if other.started else None

    def _merge_into_older(self, one: Call, two: Call) -> tuple[Call, str | None]:
        survivor, other = (one, two) if one.born < two.born else (two, one)
        if not survivor.started:  # nobody has heard of it
            survivor, other = other, survivor
        return survivor, self._merge(survivor, other)

    # Ringing

    def _newstate(self, event: AmiEvent) -> None:
        channel = event.channel
        call = self._of.get(channel) if channel is not None else None
        if channel is None or call is None:
            return
        call.last = self._now
        if channel.state == RING:
            self._calls_out(channel, call)
        elif channel.state == RINGING and channel.uniqueid in call.attempts:
            call.attempts[channel.uniqueid].heard = True
            self._ring(call, [channel])

    def _dial_begin(self, event: AmiEvent) -> None:
        leg, dialler = event.other, event.channel
        if leg is None:
            return
        call = self._of.get(leg if dialler is None else dialler)
        if call is None:
            return
        call.last = self._now
        if dialler is not None:
            self._give_up(call, dialler)
        people = leg.called_people()
        for channel in (leg, leg.pair, *people):
            if channel is not None:
                self._enrol(channel, call)
        if leg.is_person:
            attempt = call.attempts[leg.uniqueid] = Attempt(leg, dialler)
            attempt.heard = leg.state == RINGING
            call.reached = False
            if not call.started:
                self._start(call, leg)  # the PBX calls a person, who becomes the caller
        self._ring(call, people)

    def _dial_state(self, event: AmiEvent) -> None:
        leg = event.other
        call = self._of.get(leg) if leg is not None else None
        if leg is None or call is None:
            return
        attempt = call.attempts.get(leg.uniqueid)
        if attempt is not None and event["DialStatus"] in ("RINGING", "PROGRESS"):
            attempt.heard = True
        self._ring(call, leg.called_people())

    def _ring(self, call: Call, legs: Iterable[Channel]) -> None:
        """Say which of these phones ring, once it is known for whom."""
        by_caller: dict[Channel | None, list[Attempt]] = {}
        for leg in legs:
            attempt = call.attempts.get(leg.uniqueid)
            if attempt is not None and attempt.heard and not attempt.rang:
                known, caller = _caller_of(leg)
                if known:
                    by_caller.setdefault(caller, []).append(attempt)
        for caller, attempts in by_caller.items():
            self._say_ringing(call, caller, attempts)

    def _say_ringing(self, call: Call, caller: Channel | None, attempts: list[Attempt]) -> None:
        for attempt in attempts:
            attempt.caller = caller
            attempt.rang = True
            call.ringing.start(self._now)
        targets = [attempt.leg.party for attempt in attempts]
        self._emit(events.Ringing(**self._head(call), caller=_party(caller), targets=targets))

    def _dial_end(self, event: AmiEvent) -> None:
        leg, dialler, status = event.other, event.channel, event["DialStatus"]
        call = self._of.get(leg) if leg is not None else None
        if call is None:
            call = self._of.get(dialler) if dialler is not None else None
            if call is None:
                return
        attempt = call.attempts.get(event["DestUniqueid"])
        if attempt is not None:
            attempt.status = status
            attempt.forward = event.get("Forward") or ""
            if attempt.cause is not None:
                self._settle(call, attempt)
                return
        if status == "ANSWER" and leg is not None:
            if attempt is None and leg.is_person and dialler is not None:
                self._taken(dialler, leg)
            self._answer(call, leg.called_people())

    def _answer(self, call: Call, legs: Iterable[Channel]) -> None:
        """Settle the attempts on these legs that everybody up to the caller has accepted."""
        for leg in legs:
            attempt = call.attempts.get(leg.uniqueid)
            if attempt is not None and attempt.status == "ANSWER" and _is_accepted(leg):
                self._answered(call, attempt)

    def _answered(self, call: Call, attempt: Attempt) -> None:
        if not attempt.rang:
            _, caller = _caller_of(attempt.leg)
            self._say_ringing(call, caller, [attempt])
        attempt.answered = True
        self._settle(call, attempt)
        if attempt.caller is None and call.caller is not None and call.caller.state != UP:
            call.caller = attempt.leg  # of several phones that the PBX rang, this one is the caller's

    def _settle(self, call: Call, attempt: Attempt) -> None:
        """The attempt is over: say so if anybody has heard of it."""
        del call.attempts[attempt.leg.uniqueid]
        reason = stop_reason(attempt)
        if attempt.rang:
            call.ringing.stop(self._now)
        if reason not in ("forwarded", "picked-up"):
            call.outcome = reason
        if attempt.rang or reason in REFUSED:
            caller = attempt.caller if attempt.rang else _caller_of(attempt.leg)[1] or call.caller
            self._emit(
                events.RingingStopped(
                    **self._head(call), caller=_party(caller), target=attempt.leg.party, reason=reason
                )
            )

    def _give_up(self, call: Call, dialler: Channel) -> None:
        """The dialler goes on without the legs that are gone and whose end nobody explained."""
        for attempt in list(call.attempts.values()):
            if attempt.dialler is dialler and attempt.cause is not None:
                self._settle(call, attempt)

    # Pickup

    def _pickup(self, event: AmiEvent) -> None:
        by, target = event.channel, event.other
        call = self._of.get(target) if target is not None else None
        if by is None or target is None or call is None:
            return
        attempt = call.attempts.get(target.uniqueid)
        if attempt is not None:
            self._picked_up(call, by, [attempt])

    def _taken(self, dialler: Channel, by: Channel) -> None:
        """Somebody answers whom the dialler has never called: instead of the legs that are gone unexplained."""
        call = self._of.get(dialler)
        if call is not None and self._of.get(by) is not call:
            gone = [
                a for a in call.attempts.values() if a.dialler is dialler and a.cause is not None and a.rang
            ]
            self._picked_up(call, by, gone)

    def _agent_connect(self, event: AmiEvent) -> None:
        if event.channel is not None and event.other is not None and event.other.is_person:
            self._taken(event.channel, event.other)

    def _picked_up(self, call: Call, by: Channel, attempts: list[Attempt]) -> None:
        own = self._of.get(by)
        merged = None
        if own is not None and own is not call:
            call, merged = self._merge_into_older(call, own)
        elif own is None:
            self._enrol(by, call)
        caller = attempts[0].caller if attempts else call.caller
        targets = [attempt.leg.party for attempt in attempts]
        self._emit(
            events.Pickup(
                **self._head(call), by=by.party, caller=_party(caller), targets=targets, merged_call_id=merged
            )
        )
        call.reached = False
        for attempt in attempts:
            attempt.picked = True
            self._settle(call, attempt)

    # Talking

    def _bridge_enter(self, event: AmiEvent) -> None:
        channel, bridge, swapped = event.channel, event.bridge, event.other
        if channel is None or bridge is None or not bridge.is_talk:
            return
        others = bridge.people(without=channel)
        for one in channel.people():
            for two in others:
                if one is not two:
                    self._talk(one, two, swapped if swapped is not None and swapped.is_person else None)

    def _talk(self, one: Channel, two: Channel, swapped: Channel | None) -> None:
        """Two people can hear each other; `swapped` had the place of one of them."""
        call, other = self._of.get(one), self._of.get(two)
        merged = None
        if call is not None and other is not None and call is not other:
            if swapped is not None:
                self._swaps[swapped] = (one, two)
                return
            call, merged = self._merge_into_older(call, other)
        call = call or other
        if call is None or not call.started:
            return
        self._enrol(one, call)
        self._enrol(two, call)
        call.last = self._now
        for leg in (one, two):
            if leg.uniqueid in call.attempts:
                self._answered(call, call.attempts[leg.uniqueid])
        caller, callee = _by_direction(call, one, two)
        if merged is not None or (swapped is None and pair(one, two) not in call.talked):
            self._emit(
                events.Up(**self._head(call), caller=caller.party, callee=callee.party, merged_call_id=merged)
            )
        self._talks(call, caller, callee)

    def _talks(self, call: Call, caller: Channel, callee: Channel) -> None:
        key = pair(caller, callee)
        call.talked[key] = None
        call.reached = True
        if call.caller in (caller, callee):
            call.callee = callee if caller is call.caller else caller
        if key not in call.talks:
            call.talks[key] = None
            call.talking.start(self._now)

    def _bridge_leave(self, event: AmiEvent) -> None:
        channel, bridge = event.channel, event.bridge
        if channel is None or bridge is None or not bridge.is_talk:
            return
        left = bridge.people()
        for person in channel.people():
            call = self._of.get(person)
            for other in left:
                if call is not None:
                    self._silence(call, pair(person, other))

    def _silence(self, call: Call, talk: tuple[str, str]) -> None:
        if talk in call.talks:
            del call.talks[talk]
            call.talking.stop(self._now)
            call.last = self._now

    # Transfer

    def _transfer(self, fact: TransferFact) -> None:
        transferee = fact.transferee
        call = self._of.get(transferee if transferee is not None else fact.transferer)
        if call is None or not call.started:
            return
        targets = [target.party for target in fact.targets]
        if fact.result != "Success" or transferee is None:
            self._emit(events.TransferFailed(**self._head(call), kind=fact.kind, transferer=fact.transferer.party,
                transferee=_party(transferee), targets=targets, exten=fact.exten, reason=fact.result,
            ))  # fmt: skip
            return
        merged = None
        reached = call.reached
        if fact.second is not None:
            other = self._of.get(fact.second)
            if other is not None and other is not call:
                merged = self._merge(call, other)
            self._swaps.pop(fact.second, None)
            self._swaps.pop(fact.transferer, None)
        call.caller = transferee
        self._emit(events.Transfer(**self._head(call), kind=fact.kind, transferer=fact.transferer.party, transferee=transferee.party,
            targets=targets, exten=fact.exten, merged_call_id=merged,
        ))  # fmt: skip
        call.reached = reached and fact.kind != "blonde"
        for target in fact.targets:
            attempt = call.attempts.get(target.uniqueid)
            if attempt is not None:
                attempt.caller = transferee
                if attempt.dialler is fact.second:
                    attempt.dialler = transferee
            elif fact.kind == "attended":
                self._talks(call, transferee, target)

    # The end

    def _hangup_channel(self, event: AmiEvent) -> None:
        channel = event.channel
        call = self._of.get(channel) if channel is not None else None
        if channel is None or call is None:
            return
        call.last = self._now
        cause = event.get("Cause") or ""
        number = int(cause) if cause.isdecimal() else 0
        if channel in self._swaps:
            self._talk(*self._swaps.pop(channel), None)  # taken over without a transfer
            call = self._of[channel]
        for talk in [talk for talk in call.talks if channel.uniqueid in talk]:
            self._silence(call, talk)
        if channel is call.caller:
            call.cause = number
        attempt = call.attempts.get(channel.uniqueid)
        if attempt is not None:
            attempt.cause = number
            if attempt.status or not attempt.rang or attempt.dialler not in self._of:
                self._settle(call, attempt)
        self._give_up(call, channel)
        self._forget(channel)

    def _end(self, call: Call) -> None:
        """Nobody is left in the call."""
        self._hangup(call, None)

    def _hangup(self, call: Call, reason: HangupReason | None) -> None:
        """Say how the call ended, unless nobody ever heard of it, and free its names."""
        if reason != "transferred":
            for attempt in list(call.attempts.values()):
                self._settle(call, attempt)
        for linkedid in call.linkedids:
            self._calls.pop((call.server, linkedid), None)
        if call.started and call.caller is not None:
            answered = "person" if call.talked else "pbx" if call.answered_by_pbx else None
            self._emit(events.Hangup(**self._head(call), caller=call.caller.party, callee=_party(call.callee),
                reason=reason or hangup_reason(call), answered=answered,
                ring_s=call.ringing.read(self._now), talk_s=call.talking.read(self._now),
            ))  # fmt: skip
        call.started = False

    # The dialplan's own words

    def _user_event(self, event: AmiEvent) -> None:
        channel = event.channel
        call = self._of.get(channel) if channel is not None else None
        if call is not None and not call.started:
            call = None
        people = channel.people() if channel is not None else []
        self._emit(
            events.UserEvent(
                call_id=None if call is None else call.call_id,
                server=event.server,
                time=rfc3339(self._now),
                name=event["UserEvent"],
                fields={name: text for name, text in event.headers.items() if name not in _CHANNEL_HEADERS},
                party=people[0].party if people else None,
            )
        )

    def _head(self, call: Call) -> Head:
        call.last = self._now
        return {
            "call_id": call.call_id, "server": call.server, "time": rfc3339(self._now), "inferred": self._inferred
        }  # fmt: skip


_CHANNEL_HEADERS = frozenset({
    "Event", "Privilege", "Timestamp", "SystemName", "UserEvent", "Channel", "ChannelState", "ChannelStateDesc",
    "CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName", "Language", "AccountCode", "Context",
    "Exten", "Priority", "Uniqueid", "Linkedid", "ActionID",
})  # fmt: skip


def _nobody(event: Event) -> None:
    """Where a machine speaks to before it was ever fed."""


def _party(channel: Channel | None) -> Party | None:
    return None if channel is None else channel.party


def _caller_of(leg: Channel) -> tuple[bool, Channel | None]:
    """Whether it is known who has this leg called, and who: None is the PBX itself."""
    diallers = leg.diallers()
    if not diallers:
        return leg.dial is not None, None
    top = diallers[-1]
    if top.is_person:
        return True, top
    if top.pair is None:
        return False, None
    if top.pair.bridge is not None:  # the Local call was answered: who is there has it called
        people = top.people()
        return bool(people), people[0] if people else None
    return top.pair.dial is not None, None


def _is_accepted(leg: Channel) -> bool:
    """Every dial up to the caller has ended with an answer: a group may still drop a phone that answered."""
    if leg.dial != "ANSWER":
        return False
    for dialler in leg.diallers():
        pair = None if dialler.is_person else dialler.pair
        if pair is not None and pair.bridge is None and pair.dial not in (None, "ANSWER"):
            return False
    return True


def _by_direction(call: Call, one: Channel, two: Channel) -> tuple[Channel, Channel]:
    """The two in the order caller, callee: who dialled the other, else who is the call's caller."""
    if one in two.diallers():
        return one, two
    if two in one.diallers():
        return two, one
    return (two, one) if two is call.caller else (one, two)


_HANDLERS: dict[str, Callable[[CallTracker, AmiEvent], None]] = {
    "AgentConnect": CallTracker._agent_connect,
    "BridgeEnter": CallTracker._bridge_enter,
    "BridgeLeave": CallTracker._bridge_leave,
    "DialBegin": CallTracker._dial_begin,
    "DialEnd": CallTracker._dial_end,
    "DialState": CallTracker._dial_state,
    "Hangup": CallTracker._hangup_channel,
    "Newchannel": CallTracker._newchannel,
    "Newstate": CallTracker._newstate,
    "Pickup": CallTracker._pickup,
    "UserEvent": CallTracker._user_event,
}
"""What each packet means for the calls."""
