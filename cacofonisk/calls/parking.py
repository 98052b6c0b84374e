"""Parking: a caller waits on a space until somebody fetches it."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Literal

from cacofonisk.calls.ledger import party_of
from cacofonisk.events import Parked, Unparked

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.calls.ledger import Ledger
    from cacofonisk.channels import Channel
    from cacofonisk.transfer_fact import TransferFact

_REASONS: dict[str, Literal["retrieved", "timeout", "abandoned"]] = {
    "UnParkedCall": "retrieved",
    "ParkedCallTimeOut": "timeout",
    "ParkedCallGiveUp": "abandoned",
}


class Parking:
    """Says who is parked by whom and how that ends."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._arriving: dict[Channel, tuple[str, str]] = {}
        """Who is on the way to which space, and the device that parks it."""
        self._spaces: dict[Channel, tuple[str, Channel]] = {}
        """Who is parked where: the space, and the person on the channel or behind it."""
        self._taking: dict[Channel, str] = {}
        """Who has taken the place of somebody parked, until a transfer says by whom it is parked: the space."""

    def __len__(self) -> int:
        """How many are parked, or on their way."""
        return len(self._arriving) + len(self._spaces) + len(self._taking)

    def parked(self, event: AmiEvent) -> None:
        """ParkedCall: somebody gets a space, and is parked as soon as it has left the one who parks it."""
        parkee = event.other
        if parkee is not None:
            self._arriving[parkee] = (event["ParkingSpace"], event.get("ParkerDialString") or "")
            self._arrived(parkee)

    def enter(self, event: AmiEvent) -> None:
        """BridgeEnter: into the parking lot, or out of it: to somebody who fetches who is parked there."""
        channel, bridge = event.channel, event.bridge
        if channel is None or bridge is None:
            return
        if self._arriving:
            self._arrived(channel)
        if self._spaces and event.other in self._spaces:
            self._take_place(channel, event.other)
        if self._spaces and bridge.is_talk:
            for one, two in permutations(bridge.channels, 2):
                if one in self._spaces:
                    space, person = self._spaces.pop(one)
                    self._left(person, space, two.person(), "retrieved")

    def transfer(self, fact: TransferFact) -> None:
        """A transfer: the transferer gives its space away."""
        for channel in [channel for channel in self._taking if channel.person() is fact.transferee]:
            self._parked(channel, self._taking.pop(channel), fact.transferer)

    def unparked(self, event: AmiEvent) -> None:
        """UnParkedCall, ParkedCallTimeOut, ParkedCallGiveUp: fetched, timed out or given up."""
        space = event["ParkingSpace"]
        parkee = event.other
        self._arrived(parkee, at_once=True)
        if parkee in self._taking:
            self._parked(parkee, self._taking.pop(parkee), None)
        by = event.channel.person() if event.channel is not None else None
        own = self._ledger.call_of(by)
        if event.name == "UnParkedCall" and (own is None or not own.started):
            return  # who fetches it has not called yet, as far as we heard: the bridge tells when they meet
        # Asterisk 16 may tell of who gave up after its Hangup, which said it already.
        parked = self._spaces.pop(parkee, None) if parkee is not None else None
        if parked is not None:
            self._left(parked[1], space, by, _REASONS[event.name])

    def gone(self, channel: Channel) -> None:
        """The channel is hung up; who is parked has given up."""
        self._arrived(channel, at_once=True)
        if channel in self._taking:
            self._parked(channel, self._taking.pop(channel), None)
        for parkee, (space, person) in list(self._spaces.items()):
            if channel in (parkee, person):
                del self._spaces[parkee]
                self._left(person, space, None, "abandoned")

    def forget(self) -> None:
        """The stream has ended."""
        self._arriving.clear()
        self._spaces.clear()
        self._taking.clear()

    def _take_place(self, channel: Channel, parkee: Channel) -> None:
        """A channel takes the place of who is parked: the same person, without a Local channel now, or another."""
        space, person = self._spaces.pop(parkee)
        if channel.person() is person:
            self._spaces[channel] = space, person
        else:
            self._taking[channel] = space

    def _arrived(self, parkee: Channel | None, *, at_once: bool = False) -> None:
        """Say `parked`, by whom it talked with, unless it parked itself; the transfer may be told later."""
        if parkee is None or parkee not in self._arriving:
            return
        if not at_once and (parkee.bridge is None or parkee.bridge.kind != "parking"):
            return
        space, device = self._arriving.pop(parkee)
        person = parkee.person()
        call = self._ledger.call_of(person)
        if person is not None and call is not None:
            talkers = (other for other in (call.callee, call.caller) if other is not None and other is not person)
            behind_local = device.startswith("Local/")  # whose feature codes park for who is behind it
            by = next((other for other in talkers if behind_local or other.name.rpartition("-")[0] == device), None)
            self._parked(parkee, space, by)

    def _parked(self, parkee: Channel, space: str, by: Channel | None) -> None:
        person = parkee.person()
        call = self._ledger.call_of(person)
        if person is not None and call is not None and call.started:
            self._spaces[parkee] = (space, person)
            head = self._ledger.head(call)
            self._ledger.emit(Parked(**head, caller=person.party, by=party_of(by), space=space))

    def _left(
        self, person: Channel, space: str, by: Channel | None, reason: Literal["retrieved", "timeout", "abandoned"]
    ) -> None:
        call = self._ledger.call_of(person)
        if call is None or not call.started:
            return
        own = self._ledger.call_of(by)
        merged = None
        if own is not None and own is not call:
            call, merged = self._ledger.merge_into_older(call, own)
            call.caller = person
            call.reached = False
        self._ledger.emit(
            Unparked(
                **self._ledger.head(call),
                caller=person.party,
                by=party_of(by),
                space=space,
                reason=reason,
                merged_call_id=merged,
            )
        )
