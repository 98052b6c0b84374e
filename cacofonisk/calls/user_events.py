"""The dialplan's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.events import UserEvent
from cacofonisk.times import rfc3339

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent, Headers
    from cacofonisk.calls.ledger import Ledger

_OF_ANY_EVENT = frozenset({"Event", "Privilege", "Timestamp", "SystemName", "UserEvent", "Uniqueid", "ActionID"})
_OFTEN_OWN = frozenset({"Timestamp", "SystemName"})
"""Of these, what a dialplan likes to write, too."""
_OF_ITS_CHANNEL = frozenset({
    "Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
    "ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Linkedid",
})  # fmt: skip
"""What Asterisk 12 and newer adds to what the dialplan said."""


class UserEvents:
    """Passes UserEvents on, with the call and the person they were said in."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def user_event(self, event: AmiEvent) -> None:
        """UserEvent: from the dialplan of a channel, or from an AMI action, which has none."""
        call = self._ledger.call_of(event.channel)
        people = event.channel.people() if event.channel is not None else []
        self._ledger.emit(
            UserEvent(
                call_id=call.call_id if call is not None and call.started else None,
                server=event.server,
                time=rfc3339(self._ledger.now),
                name=event["UserEvent"],
                fields=_own_fields(event),
                party=people[0].party if people else None,
            )
        )


def _own_fields(event: AmiEvent) -> Headers:
    """What the dialplan, or who did the action, has said; Asterisk writes it behind the name of the event."""
    headers = event.headers
    of_asterisk = _OF_ANY_EVENT | _OF_ITS_CHANNEL if event.get("Channel") is not None else _OF_ANY_EVENT
    fields: Headers = {}
    is_behind = False
    for name, text in headers.items():
        is_behind = is_behind or name == "UserEvent"
        if name not in of_asterisk:
            fields[name] = text
        elif name in _OFTEN_OWN:
            # Where there are several the first is Asterisk's, unless it has none of its own.
            values = [text] if isinstance(text, str) else text
            own = values if is_behind else values[1:]
            if own:
                fields[name] = own[0] if len(own) == 1 else own
    return fields
