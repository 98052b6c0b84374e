"""Conversations: who talks with whom, and who brought them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.calls.call import Call, pair
from cacofonisk.events import Up

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.bridges import Bridge
    from cacofonisk.calls.ledger import Ledger
    from cacofonisk.calls.meetings import Meetings
    from cacofonisk.calls.ringing import Ringer
    from cacofonisk.channels import Channel


class Talks:
    """Follows who can hear whom, through bridges and Local channels."""

    def __init__(self, ledger: Ledger, ringer: Ringer, meetings: Meetings) -> None:
        self._ledger = ledger
        self._meetings = meetings
        self._ringer = ringer
        self._swaps: dict[Channel, tuple[Channel, Channel]] = {}
        """Who brought two others of different calls together, a person or the Local half that stood for it: until a
        transfer explains it, or one of the two goes."""

    def __len__(self) -> int:
        """How many meetings wait for their explanation."""
        return len(self._swaps)

    def enter(self, event: AmiEvent) -> None:
        """BridgeEnter, Pickup of who has answered: all on this side of the channel now talk with all on the other."""
        channel, bridge, swapped = event.channel, event.bridge, event.other
        if channel is None or bridge is None or not bridge.is_talk:
            return
        if channel.is_person and len(bridge.channels) == 1:
            self._meetings.moved(channel)
            return  # the first one there talks with nobody
        if swapped is None:  # else it links this bridge with another one
            self._consultation(channel)
        for half in bridge.channels:
            self._ring_behind(half)
        others = bridge.people(without=channel)
        place = swapped if swapped is not None and swapped.is_person else None
        people = [person for person in channel.people() if person not in others]
        self._meetings.moved(channel)
        if len(people) + len(others) > 2:
            self._join(people, others, bridge)
        else:
            for one, two in zip(people, others, strict=False):
                self._meet(one, two, place)

    def local_bridge(self, event: AmiEvent) -> None:
        """LocalBridge: a half that is in a bridge already gets the other one."""
        for half in (event.channel, event.other):
            if half is not None and half.bridge is not None and half.bridge.is_talk:
                self._consultation(half)
                self._ring_behind(half)

    def leave(self, event: AmiEvent) -> None:
        """BridgeLeave: who was on both sides of the channel talk no more."""
        channel, bridge = event.channel, event.bridge
        if channel is None or bridge is None or not bridge.channels or not bridge.is_talk:
            return  # nobody is left there
        left = bridge.people()
        people = channel.people()
        for person in people:
            for call in (self._ledger.call_of(person), *(self._ledger.call_of(other) for other in left)):
                if call is None or person.uniqueid in call.holding:
                    continue  # it lets the others wait, to consult somebody inside its channel
                for other in left:
                    self._silence(call, pair(person, other))
                self._go_on(call)
        self._meetings.part(people, left)

    def gone(self, call: Call, channel: Channel) -> Call:
        """Hangup: its talks are over, and nobody will explain any more whom it met; answers the call it is in now."""
        for brought, met in list(self._swaps.items()):
            if channel in met:
                del self._swaps[brought]
                self._join_calls(*met)
                call = self._ledger.of[channel]
        self._meetings.gone(channel)
        for talk in [talk for talk in call.talks if channel.uniqueid in talk]:
            self._silence(call, talk)
        return call

    def explained(self, *transferers: Channel) -> None:
        """A transfer says why the two met who met in these persons' places."""
        for channel in [channel for channel in self._swaps if channel.stood_for in transferers]:
            del self._swaps[channel]
        for transferer in transferers:
            self._swaps.pop(transferer, None)

    def over(self, call: Call, one: Channel, two: Channel) -> None:
        """These two talk no more, whether or not a bridge has told it."""
        self._silence(call, pair(one, two))

    def three(self, call: Call, caller: Channel, callees: list[Channel], merged: str | None) -> None:
        """Who consulted inside one channel stays in the talk of those it brought together."""
        bridge = caller.bridge
        for callee in callees:
            self._talk(
                call, caller, callee, merged, is_new=merged is not None or pair(caller, callee) not in call.talked
            )
            merged = None
            if bridge is not None:
                self._meetings.come([callee], [person for person in bridge.people() if person is not callee], bridge)

    def answer(self, *legs: Channel) -> bool:
        """Who talks has answered, in the call where it rang; False where one comes into the bridge only to leave it."""
        for leg in legs:
            call = self._ledger.of.get(leg)
            attempt = None if call is None else call.attempts.get(leg.uniqueid)
            if attempt is not None and leg.hangs_up and attempt.status == "NOANSWER":
                return False
            if call is not None and call.started and attempt is not None:
                self._ringer.answered(call, attempt)
        return True

    def forget(self) -> None:
        """The stream has ended."""
        self._swaps.clear()
        self._meetings.forget()

    def begin(self, call: Call, caller: Channel, callee: Channel) -> None:
        """These two talk now, in this call."""
        key = pair(caller, callee)
        is_first = key not in call.talked
        call.talked[key] = None
        call.reached = True
        if is_first and call.caller is not None and call.caller not in self._ledger.of:
            call.caller = caller  # who called first is gone, and the callee went on to call somebody
        if caller is call.caller:
            call.callee = callee
        elif callee is call.caller:
            call.callee = caller
        if key not in call.talks:
            call.talks[key] = None
            call.talking.start(self._ledger.now)

    def _consultation(self, half: Channel) -> None:
        """A Local half that nobody called joins a bridge: by it the PBX calls somebody for a person, in a new call."""
        if not _is_called_by_nobody(half):
            return
        if (half.server, half.uniqueid) in self._ledger.calls or half not in self._ledger.of:
            return  # it is the origin of a call already, or of one that began before we did
        call = self._ledger.found(half)
        for channel in half.legs():
            self._ledger.enrol(channel, call)

    def _ring_behind(self, half: Channel) -> None:
        """Now that this half is where it is, it may be known for whom they ring whom the other one called."""
        call = self._ledger.call_of(half) if half.is_local else None
        if call is not None:
            self._ringer.ring(call, half.called_people())

    def _meet(self, one: Channel, two: Channel, swapped: Channel | None) -> None:
        """Two people can hear each other; `swapped` had the place of one of them."""
        call, other = self._ledger.of.get(one), self._ledger.of.get(two)
        if call is not None and other is not None and call is not other:
            if other.caller is one:  # a guest: its consultation is a call of its own
                call = other
            elif call.caller is not two:
                brought = self._in_both(call, other)
                if swapped is not None and _has_talked(one, call):
                    brought = swapped  # it comes from another talk, as who is transferred does
                elif swapped is not None and other.caller is swapped:
                    other.caller = one  # it takes over the caller's place
                if brought is None:
                    self._join_calls(one, two)
                else:
                    self._swaps[brought] = (one, two)
                return
        call = call or other
        if call is None or not call.started:
            return
        for person in (one, two):
            if person not in self._ledger.of:
                self._ledger.enrol(person, call)
        self._talk(call, one, two, None, is_new=swapped is None and pair(one, two) not in call.talked)

    def _join_calls(self, one: Channel, two: Channel) -> None:
        """Two people of different calls talk, and no transfer says why: the calls become one."""
        if not self.answer(one, two):
            return
        call, other = self._ledger.of.get(one), self._ledger.of.get(two)
        merged = None
        if call is not None and other is not None and call is not other:
            call, merged = self._ledger.merge_into_older(call, other)
        call = call or other
        if call is not None and call.started:
            if call.caller is not one and call.caller is not two:
                call.caller = _by_direction(call, one, two)[0]  # the caller was left out
            self._talk(call, one, two, merged, is_new=True)

    def _talk(self, call: Call, one: Channel, two: Channel, merged: str | None, *, is_new: bool) -> None:
        if merged is None and not self.answer(one, two):
            return
        caller, callee = _by_direction(call, one, two)
        if is_new:
            head = self._ledger.head(call)
            self._ledger.emit(Up(**head, caller=caller.party, callee=callee.party, merged_call_id=merged))
        if merged is not None:
            self.answer(one, two)  # what rang in the call that has become this one
        self.begin(call, caller, callee)

    def _in_both(self, one: Call, two: Call) -> Channel | None:
        """The person who consults in one of these calls and is in the other, or the half that stood for it."""
        for call, other in ((one, two), (two, one)):
            host = call.caller
            if host is None:
                continue
            half = next((half for half in other.members if half.stood_for is host), None)
            if half is not None or self._ledger.of.get(host) is other or _has_talked(host, other):
                return half or host
        return None

    def _join(self, people: list[Channel], others: list[Channel], bridge: Bridge) -> None:
        """A third or later person comes in; those who were talking go on."""
        if len(people) > len(others):
            people, others = others, people
        hosts = [channel.stood_for or channel for channel in self._swaps]
        if people and not any(person in hosts for person in people):  # else a transfer will tell who is new
            self._meetings.come(people, others, bridge)
        for person in people:
            call = self._ledger.call_of(person)
            if call is not None and call.started:
                for other in others:
                    self.begin(call, person, other)

    def _silence(self, call: Call, talk: tuple[str, str]) -> None:
        if talk in call.talks:
            del call.talks[talk]
            call.talking.stop(self._ledger.now)

    def _go_on(self, call: Call) -> None:
        """Of three who talked one has gone: the call goes on with who is left."""
        caller, callee = call.caller, call.callee
        if not call.talks or caller is None or callee is None or pair(caller, callee) in call.talks:
            return
        call.callee = next((other for other in call.members if pair(caller, other) in call.talks), callee)


def _is_called_by_nobody(half: Channel) -> bool:
    return half.is_local and half.dial is None and half.pair is not None and half.pair.dial is None


def _has_talked(person: Channel, call: Call) -> bool:
    return any(person.uniqueid in talk for talk in call.talked)


def _by_direction(call: Call, one: Channel, two: Channel) -> tuple[Channel, Channel]:
    """The two in the order caller, callee: who dialled the other, else who is the call's caller, else who called."""
    if one in two.diallers():
        return one, two
    if two in one.diallers():
        return two, one
    if one is call.caller or two is call.caller:
        return (one, two) if one is call.caller else (two, one)
    return (two, one) if one.dial is not None and two.dial is None else (one, two)
