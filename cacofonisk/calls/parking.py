"""Parking: a caller waits on a space until somebody fetches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cacofonisk.calls.ledger import party_of
from cacofonisk.events import Parked, Unparked

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.calls.ledger import Ledger
    from cacofonisk.channels import Channel

_REASONS: dict[str, Literal["retrieved", "timeout", "abandoned"]] = {
    "UnParkedCall": "retrieved",
    "ParkedCallTimeOut": "timeout",
    "ParkedCallGiveUp": "abandoned",
}


class Parking:
    """Says who is parked by whom and how that ends."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def parked(self, event: AmiEvent) -> None:
        """ParkedCall: the one who transferred it there, if anybody did, has parked it."""
        parkee = _person(event.other)
        call = self._ledger.call_of(parkee)
        if parkee is None or call is None or not call.started:
            return
        by, call.transferer = call.transferer, None
        head = self._ledger.head(call)
        self._ledger.emit(Parked(**head, caller=parkee.party, by=party_of(by), space=event["ParkingSpace"]))

    def unparked(self, event: AmiEvent) -> None:
        """UnParkedCall, ParkedCallTimeOut, ParkedCallGiveUp: fetched, timed out or given up."""
        parkee = _person(event.other)
        call = self._ledger.call_of(parkee)
        if parkee is None or call is None or not call.started:
            return
        by = _person(event.channel)
        own = self._ledger.call_of(by)
        merged = None
        if own is not None and own is not call:
            call, merged = self._ledger.merge_into_older(call, own)
            call.caller = parkee
            call.reached = False
        self._ledger.emit(
            Unparked(
                **self._ledger.head(call),
                caller=parkee.party,
                by=party_of(by),
                space=event["ParkingSpace"],
                reason=_REASONS[event.name],
                merged_call_id=merged,
            )
        )


def _person(channel: Channel | None) -> Channel | None:
    """The person on a channel or behind a Local half."""
    if channel is None or channel.is_person:
        return channel
    people = channel.people()
    return people[0] if people else None
