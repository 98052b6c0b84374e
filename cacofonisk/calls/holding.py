"""Hold: a person lets the other wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.events import Hold, Unhold

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.calls.call import Call
    from cacofonisk.calls.ledger import Ledger
    from cacofonisk.channels import Channel


class Holds:
    """Pairs each Unhold with its Hold; one without is how a transfer begins, and nothing."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def hold(self, event: AmiEvent) -> None:
        """Hold: somebody puts the other on hold."""
        person = _person(event.channel)
        call = next((call for call in self._calls(person) if call.started), None)
        if person is not None and call is not None and person.uniqueid not in call.holding:
            call.holding[person.uniqueid] = None
            self._ledger.emit(Hold(**self._ledger.head(call), by=person.party))

    def unhold(self, event: AmiEvent) -> None:
        """Unhold: somebody takes the other back."""
        person = _person(event.channel)
        for call in self._calls(person):
            if person is not None and person.uniqueid in call.holding:
                del call.holding[person.uniqueid]
                self._ledger.emit(Unhold(**self._ledger.head(call), by=person.party))
                return

    def _calls(self, channel: Channel | None) -> list[Call]:
        """The call of whom it talks with, then its own: who consults inside one channel is in two."""
        bridge = channel.bridge if channel is not None else None
        others = [other for other in bridge.channels if other is not channel] if bridge is not None else []
        calls = (self._ledger.call_of(other) for other in (*others, channel))
        return [call for call in calls if call is not None]


def _person(channel: Channel | None) -> Channel | None:
    """Who holds: the person on the channel, or the one behind the Local half that its feature codes work on."""
    people = channel.people() if channel is not None else []
    return people[0] if people else None
