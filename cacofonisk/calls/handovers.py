"""Transfers: calls change hands, and two of them may become one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cacofonisk.calls.ledger import party_of
from cacofonisk.events import Transfer, TransferFailed, Unhold

if TYPE_CHECKING:
    from cacofonisk.calls.call import Call
    from cacofonisk.calls.ledger import Ledger
    from cacofonisk.calls.rooms import Rooms
    from cacofonisk.calls.talking import Talks
    from cacofonisk.channels import Channel
    from cacofonisk.events import Party
    from cacofonisk.transfer_fact import TransferFact


class Handovers:
    """Carries out what `detect_transfer` found."""

    def __init__(self, ledger: Ledger, talks: Talks, rooms: Rooms) -> None:
        self._ledger = ledger
        self._rooms = rooms
        self._talks = talks

    def transfer(self, fact: TransferFact) -> None:
        """The transferee's call goes on, with the transferee as its caller; a consultation ends in it."""
        transferee = fact.transferee
        # It is told when it is done: the transferee may have hung up, while the transferer is there yet.
        call = self._ledger.call_of(transferee) or self._ledger.call_of(fact.transferer)
        if call is None or not call.started:
            return
        if fact.result != "Success":
            self._failed(fact, call)
            return
        if transferee is None:
            return  # nobody was there
        if fact.stays:
            self._three(fact, call, transferee)
            return
        merged = None
        reached = call.reached
        room = None
        if fact.second is not None:
            self._talks.answer(fact.second)  # perhaps in this moment, and its dial does not say so yet
            room = self._rooms.give_up(fact.second)  # still in the consultation
            merged = self._end_consultation(fact, call)
            self._talks.explained(fact.transferer, fact.second)
        if call.callee is transferee:
            call.callee = fact.transferer
        call.caller = transferee
        call.transferer = fact.transferer
        if fact.transferer.uniqueid in call.holding:  # so the talk went on, though it was elsewhere to consult
            self._talks.over(call, transferee, fact.transferer)
        self._ledger.emit(
            Transfer(
                **self._ledger.head(call),
                kind=fact.kind,
                transferer=_transferer(fact),
                transferee=transferee.party,
                targets=[target.party for target in fact.targets],
                exten=fact.exten,
                merged_call_id=merged,
            )
        )
        if room is not None:
            self._rooms.take_place(transferee, room)
        call.reached = reached and fact.kind != "blonde"
        for target in fact.targets:
            attempt = call.attempts.get(target.uniqueid)
            if attempt is not None:
                attempt.caller = transferee
                if attempt.dialler is fact.second:
                    attempt.dialler = transferee
            elif fact.kind == "attended" and transferee in self._ledger.of:
                self._talks.begin(call, transferee, target)

    def _three(self, fact: TransferFact, call: Call, transferee: Channel) -> None:
        """The transferer stays with those it brings together; a third that still rings comes in its own call."""
        if not fact.targets:
            return  # nobody knows who the third is
        rings = fact.kind == "blonde"
        merged = None if rings else self._end_consultation(fact, call)
        self._talks.explained(fact.transferer)
        if call.holding.pop(fact.transferer.uniqueid, "") is None:
            self._ledger.emit(Unhold(**self._ledger.head(call), by=fact.transferer.party))
        if not rings:
            self._talks.three(call, transferee, fact.targets, merged)

    def _end_consultation(self, fact: TransferFact, call: Call) -> str | None:
        """The consultation ends in this call; answers the call_id it had if anybody knew it."""
        consultation = self._consultation(fact, call)
        return None if consultation is None else self._ledger.merge(call, consultation)

    def _failed(self, fact: TransferFact, call: Call) -> None:
        self._ledger.emit(
            TransferFailed(
                **self._ledger.head(call),
                kind=fact.kind,
                transferer=_transferer(fact),
                transferee=party_of(fact.transferee),
                targets=[target.party for target in fact.targets],
                exten=fact.exten,
                reason=fact.result,
            )
        )

    def _consultation(self, fact: TransferFact, call: Call) -> Call | None:
        """The other call of the transfer: that of the second leg, or, inside one channel, that of whom it reached."""
        for channel in (fact.second, *fact.targets, *(fact.bridge.channels if fact.bridge is not None else ())):
            other = self._ledger.call_of(channel)
            if other is not None and other is not call:
                return other
        return None


def _transferer(fact: TransferFact) -> Party:
    """Who transfers: on the leg to the transferee, but known as on the one by which it called to consult.

    A leg that was called may have no other number than the one that was dialled: that of a queue, say.
    """
    party, second = fact.transferer.party, fact.second
    if second is None or second is fact.transferer or second.dial is not None:
        return party
    return replace(party, number=second.number, name=second.caller_name, is_public=second.is_public)
