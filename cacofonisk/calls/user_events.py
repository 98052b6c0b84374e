"""The dialplan's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.events import UserEvent
from cacofonisk.times import rfc3339
from cacofonisk.user_event import split

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.calls.ledger import Ledger


class UserEvents:
    """Passes UserEvents on, with the call and the person they were said in."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def user_event(self, event: AmiEvent) -> None:
        """UserEvent: from the dialplan of a channel, or from an AMI action, which has none."""
        call = self._ledger.call_of(event.channel)
        people = event.channel.people() if event.channel is not None else []
        _, said = split(event.headers)
        self._ledger.emit(
            UserEvent(
                call_id=call.call_id if call is not None and call.started else None,
                server=event.server,
                time=rfc3339(self._ledger.now),
                name=event["UserEvent"],
                fields=said,
                party=people[0].party if people else None,
            )
        )
