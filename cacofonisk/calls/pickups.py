"""Pickup: somebody takes a call that rings at others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.calls.ledger import party_of
from cacofonisk.events import Pickup

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.calls.call import Attempt, Call
    from cacofonisk.calls.ledger import Ledger
    from cacofonisk.calls.ringing import Ringer
    from cacofonisk.channels import Channel


class Pickups:
    """Finds pickups, those that Asterisk names and those that only show by who answers."""

    def __init__(self, ledger: Ledger, ringer: Ringer) -> None:
        self._ledger = ledger
        self._ringer = ringer

    def pickup(self, event: AmiEvent) -> None:
        """Pickup: Asterisk says who takes whose place."""
        by, target = event.channel.person() if event.channel is not None else None, event.other
        call = self._ledger.call_of(target)
        attempt = call.attempts.get(target.uniqueid) if call is not None and target is not None else None
        # It may come after the DialEnd by which it already showed.
        if by is not None and call is not None and attempt is not None and not attempt.picked:
            self._picked_up(call, by, [attempt])

    def take_place(self, event: AmiEvent) -> None:
        """DialBegin: who called out itself takes the place of a phone that has not said it rings, just given up."""
        call, by = self._ledger.call_of(event.channel), event.other
        if call is None or by is None or not self._ledger.calls_out(by) or self._ledger.call_of(by) is call:
            return
        attempts = [attempt for attempt in call.attempts.values() if attempt.dialler is event.channel]
        given_up = [attempt for attempt in attempts if attempt.status == "CANCEL"][-1:]
        for attempt in given_up:
            attempt.status = ""
        self._picked_up(call, by, given_up)

    def answer(self, event: AmiEvent) -> None:
        """DialEnd, AgentConnect: somebody answers whom the dialler never called, instead of the legs that are gone."""
        dialler, by = event.channel, event.other
        call = self._ledger.call_of(dialler)
        if dialler is None or by is None or not by.is_person or call is None or self._ledger.call_of(by) is call:
            return
        if event.name == "DialEnd" and event["DialStatus"] != "ANSWER":
            return
        open_ = [attempt for attempt in call.attempts.values() if attempt.dialler is dialler and not attempt.status]
        gone = [attempt for attempt in open_ if attempt.cause is not None]
        self._picked_up(call, by, gone or open_)

    def _picked_up(self, call: Call, by: Channel, attempts: list[Attempt]) -> None:
        if not call.started:
            return  # nobody has heard of what is picked up
        self._ringer.rings(call, attempts)  # else nobody could pick it up
        caller = attempts[0].caller if attempts else call.caller
        own = self._ledger.call_of(by)
        merged = None
        if own is None:
            self._ledger.enrol(by, call)
        elif own is not call:
            call, merged = self._ledger.merge_into_older(call, own)
            call.caller = caller or call.caller
        self._ledger.emit(
            Pickup(
                **self._ledger.head(call),
                by=by.party,
                caller=party_of(caller),
                targets=[attempt.leg.party for attempt in attempts],
                merged_call_id=merged,
            )
        )
        if any(attempt.leg is call.caller for attempt in attempts):
            call.caller = by  # the PBX called that phone to be the caller
        call.reached = False
        call.agent = by
        for attempt in attempts:
            attempt.picked = True
            if attempt.cause is not None:
                self._ringer.settle(call, attempt)
