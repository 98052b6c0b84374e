"""Attempts to reach somebody: who rings for whom, and how each attempt ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.calls.call import Attempt, Begun, Call
from cacofonisk.calls.diallers import caller_of, is_accepted, is_called_by_pbx
from cacofonisk.calls.ledger import party_of
from cacofonisk.calls.reasons import OF_NOBODY, REFUSED, stop_reason
from cacofonisk.channels import RING, RINGING, UP, Channel
from cacofonisk.events import Ringing, RingingStopped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.calls.ledger import Ledger


ASKED = 0.1
"""Seconds: a dial ends at once when the phone is answered, but where its person is asked whether to take the call."""


class Ringer:
    """Follows every leg that is called until its attempt is settled."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._begun = 0

    def new_channel(self, event: AmiEvent) -> None:
        """Newchannel: it founds a call, or is in the one of its Linkedid until its dialler is known."""
        channel = event.channel
        if channel is None or not (channel.is_person or channel.is_local):
            return
        call = self._ledger.calls.get((channel.server, channel.linkedid))
        if call is None:
            if channel.linkedid != channel.uniqueid and not event.inferred:
                return  # its call began before we did
            call = self._ledger.found(channel)
        self._ledger.enrol(channel, call)
        if channel.state == RING or (channel.state == UP and event.inferred):
            self._calls_out(channel, call)

    def new_state(self, event: AmiEvent) -> None:
        """Newstate: a person calls out, or a phone rings."""
        channel = event.channel
        call = self._ledger.call_of(channel)
        if channel is None or call is None:
            return
        if channel.state == RING:
            self._calls_out(channel, call)
        elif channel.state == RINGING:
            attempt = call.attempts.get(channel.uniqueid)
            if attempt is None and channel.is_person and channel.dial == "" and channel.dialler is None:
                attempt = call.attempts[channel.uniqueid] = Attempt(channel, None)  # the PBX calls, by no dial
            if attempt is not None:
                attempt.heard = True
                self.ring(call, [channel])
        elif channel.state == UP:
            attempt = call.attempts.get(channel.uniqueid)
            if attempt is not None:
                attempt.up_since = event.timestamp
                if channel.uniqueid == call.call_id:
                    self.answered(call, attempt)  # of which no DialEnd may tell either

    def local_bridge(self, event: AmiEvent) -> None:
        """LocalBridge: the halves of a Local channel are in one call."""
        call = self._ledger.call_of(event.other)
        if event.channel is not None and call is not None:
            self._ledger.enrol(event.channel, call)

    def dial_begin(self, event: AmiEvent) -> None:
        """DialBegin: an attempt to reach a person, or a step towards one."""
        leg, dialler = event.other, event.channel
        call = self._ledger.call_of(leg if dialler is None else dialler)
        if leg is None or call is None:
            return
        if dialler is not None and self._ledger.calls_out(leg):
            return  # it is not called, but takes the place of who is
        if dialler is not None:
            self.go_on_without_gone(call, dialler)
        else:
            self._begun_by_pbx(call, leg, event.get("DialString") or "")
        legs = leg.legs()
        for channel in legs:
            self._ledger.enrol(channel, call)
            behind = call.attempts.get(channel.uniqueid)
            if behind is not None and behind.status == "NOANSWER" and channel.dial == "":
                behind.status = ""  # it is handed on: its own dial goes on
        if leg.is_person and self._ledger.of[leg] is call:  # else it rings for another already, and stops there
            attempt = call.attempts.setdefault(leg.uniqueid, Attempt(leg, dialler))
            attempt.dialler = dialler
            attempt.heard = attempt.heard or leg.state == RINGING
            call.reached = False
            self._start_for(call, leg)
        for attempt in call.attempts.values():
            if attempt.caller is None and not attempt.rang and (leg.is_local or attempt.leg is leg):
                attempt.caller = caller_of(attempt.leg)[1]  # when it refuses, those in between may be gone
        self.ring(call, legs)

    def dial_state(self, event: AmiEvent) -> None:
        """DialState: a phone rings, or plays early media; of a Local leg, that its people do."""
        leg = event.other
        call = self._ledger.call_of(leg)
        if leg is None or call is None:
            return
        attempt = call.attempts.get(leg.uniqueid)
        if attempt is not None and not attempt.heard:
            attempt.heard = event["DialStatus"] in ("RINGING", "PROGRESS")
        self._begin(call, leg)
        self.ring(call, leg.called_people())

    def dial_end(self, event: AmiEvent) -> None:
        """DialEnd: how a leg answered; its Hangup tells the rest."""
        leg, status = event.other, event["DialStatus"]
        call = self._ledger.call_of(leg) or self._ledger.call_of(event.channel)
        if call is None:
            return
        if status == "ANSWER" and leg is not None and leg.hangs_up:
            attempt = call.attempts.get(leg.uniqueid)
            if attempt is not None and attempt.up_since and event.timestamp - attempt.up_since > ASKED:
                status = "NOANSWER"  # asked whether it takes the call, it hung up
        if leg is not None:
            self._begin(call, leg)
            if event.inferred and event.channel is not None:  # as a list has it, it may be in another's call by now
                for channel in leg.legs():
                    self._ledger.enrol(channel, self._ledger.of.get(event.channel, call))
        attempt = call.attempts.get(event["DestUniqueid"] if leg is None else leg.uniqueid)
        if attempt is not None and not attempt.status:  # a queue cancels once more what is over already
            attempt.status = status
            if attempt.cause is not None:
                self.settle(call, attempt)
        if leg is not None and leg.is_local and leg.state == RINGING and call.outcome is None and not call.attempts:
            call.outcome = OF_NOBODY.get(status)
        if status == "NOANSWER" and leg is not None and leg.is_local:
            for person in leg.called_people():  # their time is over, too: what cancels them now is not the caller
                attempt = call.attempts.get(person.uniqueid)
                if attempt is not None and not attempt.status:
                    attempt.status = status
        if status == "ANSWER" and leg is not None:
            for person in leg.called_people():
                attempt = call.attempts.get(person.uniqueid)
                if attempt is not None and attempt.status == "ANSWER" and is_accepted(person):
                    self.answered(call, attempt)

    def lent(self, call: Call, agent: Channel) -> None:
        """An agent who is logged in comes to who has asked for it: it has answered, and nothing told that it rang."""
        attempt = call.attempts[agent.uniqueid] = Attempt(agent, agent.dialler)
        attempt.status = "ANSWER"
        call.reached = False
        self._start_for(call, agent)
        if is_accepted(agent):
            self.answered(call, attempt)

    def given_back(self, call: Call, agent: Channel) -> None:
        """The agent has left; if it was not accepted by then, it never will be."""
        attempt = call.attempts.get(agent.uniqueid)
        if attempt is not None:
            self.settle(call, attempt)

    def gone(self, call: Call, channel: Channel, cause: int) -> None:
        """Hangup: the end of its attempt, and of those it still explains by not explaining them."""
        attempt = call.attempts.get(channel.uniqueid)
        if attempt is not None:
            attempt.cause = cause
            if attempt.status or attempt.picked or not attempt.rang or attempt.dialler not in self._ledger.of:
                self.settle(call, attempt)
        self._begin(call, channel)
        self.go_on_without_gone(call, channel)

    def go_on_without_gone(self, call: Call, dialler: Channel) -> None:
        """The dialler goes on without the legs that are gone and whose end nobody explained."""
        for attempt in list(call.attempts.values()):
            if attempt.dialler is dialler and attempt.cause is not None:
                self.settle(call, attempt)

    def _begun_by_pbx(self, call: Call, leg: Channel, destination: str) -> None:
        """The PBX calls by itself: by a Local channel without a caller perhaps for a phone that sent it there."""
        is_origin = leg.is_local and leg.uniqueid == call.call_id and not call.started
        if is_origin and not leg.number and destination and not destination.endswith("/n"):
            self._begun += 1
            call.begun = Begun(self._begun, destination)

    def _begin(self, call: Call, half: Channel) -> None:
        """The PBX says how its call by this Local half goes on: it makes it for no phone that sent it elsewhere."""
        if call.started or half.dial is None or half.uniqueid != call.call_id or not half.is_local:
            return
        call.begun = None
        for attempt in list(call.attempts.values()):
            self._start_for(call, attempt.leg)
            if attempt.cause is not None:
                self.settle(call, attempt)

    def settle_all(self, call: Call) -> None:
        """The call ends with whatever attempts are open."""
        for attempt in list(call.attempts.values()):
            self.settle(call, attempt)

    def ring(self, call: Call, legs: Iterable[Channel]) -> None:
        """Say which of these phones ring, once it is known for whom."""
        by_caller: dict[Channel | None, list[Attempt]] = {}
        for leg in legs:
            attempt = call.attempts.get(leg.uniqueid)
            if attempt is not None and attempt.heard and not attempt.rang:
                known, caller = self._caller_of(call, leg)
                if known and call.begun is None:
                    self._start_for(call, leg)
                    by_caller.setdefault(caller, []).append(attempt)
        for caller, attempts in by_caller.items():
            self._say_ringing(call, caller, attempts)

    def rings(self, call: Call, attempts: list[Attempt]) -> None:
        """These phones ring, though perhaps Asterisk has not said so: of early media a queue tells nothing."""
        for attempt in attempts:
            attempt.heard = True
        self.ring(call, [attempt.leg for attempt in attempts])

    def answered(self, call: Call, attempt: Attempt) -> None:
        """Somebody has taken the call, with or without having rung."""
        if call.begun is not None:
            return  # in whose call may have to be told first
        if not attempt.rang:
            self._say_ringing(call, self._caller_of(call, attempt.leg)[1], [attempt])
        attempt.answered = True
        call.agent = attempt.leg
        self.settle(call, attempt)
        first = call.caller
        if attempt.caller is None and first is not None and first.dial is not None and first.state != UP:
            call.caller = attempt.leg  # of several phones that the PBX rang, this one is the caller's

    def settle(self, call: Call, attempt: Attempt) -> None:
        """The attempt is over: say so if anybody has heard of it; whose call it was in may have to be told first."""
        if call.begun is not None:
            return
        if call.misses and not attempt.status and attempt.leg.state == UP:
            attempt.answered = True  # which was missed
        reason = stop_reason(attempt)
        if attempt.rang:
            call.ringing.stop(self._ledger.now)
        if reason != "forwarded" and reason != "picked-up":
            call.outcome = reason
        if call.started and (attempt.rang or reason in REFUSED):
            caller = attempt.caller
            if caller is None and not attempt.rang and attempt.dialler is not None:
                caller = call.caller
            head = self._ledger.head(call)
            target = attempt.leg.party
            self._ledger.emit(RingingStopped(**head, caller=party_of(caller), target=target, reason=reason))
        del call.attempts[attempt.leg.uniqueid]

    def _calls_out(self, channel: Channel, call: Call) -> None:
        """A channel is in state Ring: when a person founds a call by it, the call starts."""
        if not call.started and channel.is_person and channel.uniqueid == call.call_id:
            self._ledger.start(call, channel)

    def _caller_of(self, call: Call, leg: Channel) -> tuple[bool, Channel | None]:
        """Whether it is known who has this leg called, and who; what the PBX calls for a person is that person's."""
        known, caller = caller_of(leg)
        person = call.caller
        if known and caller is None and call.started and person is not None and person.dial is None:
            caller = person if is_called_by_pbx(leg) else None
        return known, caller

    def _start_for(self, call: Call, leg: Channel) -> None:
        """A call that nobody called out for: its caller is whoever has the leg called, or the leg, if the PBX has."""
        if not call.started:
            known, caller = caller_of(leg)
            if known and call.begun is None:
                self._ledger.start(call, caller or leg)

    def _say_ringing(self, call: Call, caller: Channel | None, attempts: list[Attempt]) -> None:
        for attempt in attempts:
            attempt.caller = caller
            attempt.by_pbx = caller is None and is_called_by_pbx(attempt.leg)
            attempt.rang = True
            call.ringing.start(self._ledger.now)
        if call.started:
            targets = [attempt.leg.party for attempt in attempts]
            self._ledger.emit(Ringing(**self._ledger.head(call), caller=party_of(caller), targets=targets))
