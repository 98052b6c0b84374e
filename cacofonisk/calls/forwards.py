"""Forwards: a called phone sends the call elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.events import Forward

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.calls.call import Call
    from cacofonisk.calls.ledger import Ledger
    from cacofonisk.calls.ringing import Ringer
    from cacofonisk.channels import Channel


class Forwards:
    """Tells of forwards, and finds the call by which the PBX goes on for a phone that it called itself."""

    def __init__(self, ledger: Ledger, ringer: Ringer) -> None:
        self._ledger = ledger
        self._ringer = ringer

    def dial_end(self, event: AmiEvent) -> None:
        """DialEnd: the phone has answered with a number where to go (302)."""
        to = event.get("Forward")
        call = self._ledger.call_of(event.other) or self._ledger.call_of(event.channel)
        if not to or call is None or event["DialStatus"] == "ANSWER":
            return
        attempt = call.attempts.get(event["DestUniqueid"] if event.other is None else event.other.uniqueid)
        if attempt is None or attempt.status:
            return
        attempt.forward = to
        if not call.started:
            return
        exten = to.rpartition("/")[2].partition("@")[0]
        # Where it names no technology, the number is one in the context of the phone.
        destination = to.partition("/")[2] or f"{to}@{event.get('DestContext') or ''}"
        self._ledger.emit(Forward(**self._ledger.head(call), by=attempt.leg.party, exten=exten, how="302"))
        if attempt.dialler is None:
            self._follow(call, exten, destination)

    def _follow(self, call: Call, exten: str, destination: str) -> None:
        """For a phone that the PBX called itself it calls elsewhere: by a Local channel that founds a call just before.

        Nothing that Asterisk says ties that channel to the phone: it inherits nothing, and its DialString tells only
        where to. But one thread says both, one right after the other. So of several that were begun to call this
        number it is one in the phone's context, else in any (FORWARD_CONTEXT); rather one that has called nobody yet;
        and the one begun first, for threads that do the same take about the same time.
        """
        begun = [
            (other.begun.destination != destination, any(map(_is_person, other.members)), other.begun.rank, other)
            for other in self._ledger.live()
            if other.server == call.server and other.begun is not None and other.begun.exten == exten
        ]
        if not begun:
            return
        other = min(begun)[-1]
        legs = [attempt.leg for attempt in other.attempts.values()]
        refused = [attempt for attempt in other.attempts.values() if attempt.cause is not None]
        self._ledger.merge(call, other)
        self._ringer.ring(call, legs)
        for attempt in refused:
            self._ringer.settle(call, attempt)


def _is_person(channel: Channel) -> bool:
    return channel.is_person
