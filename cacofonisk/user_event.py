"""A UserEvent: what Asterisk says in it, and what its dialplan, or who did the action, said; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.errors import BadPacketError

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent, Headers
    from cacofonisk.pbx import Pbx

_OF_ASTERISK = frozenset({"ActionID", "Event", "Privilege", "UserEvent"})
_BEFORE = frozenset({"SystemName", "Timestamp"})
_OF_ITS_CHANNEL = frozenset({
    "AccountCode", "CallerIDName", "CallerIDNum", "Channel", "ChannelState", "ChannelStateDesc", "ConnectedLineName",
    "ConnectedLineNum", "Context", "Exten", "Language", "Linkedid", "Priority", "Uniqueid",
})  # fmt: skip
"""What Asterisk 12 and newer tells of the channel, before the name of the event; nothing where an action made it."""


def split(headers: Headers) -> tuple[dict[str, str], Headers]:
    """What Asterisk says, and what was said to it: that stands behind the name of the event and may be any header.

    So of a header that comes twice the first is Asterisk's. Where a recording has lost the order, one that has all
    headers of a channel has them from Asterisk.
    """
    names = list(headers)
    before = frozenset(names[: names.index("UserEvent")] if "UserEvent" in headers else names)
    of_asterisk = _OF_ASTERISK | (_BEFORE & before)
    if "Channel" in before or headers.keys() >= _OF_ITS_CHANNEL:
        of_asterisk |= _OF_ITS_CHANNEL if headers.keys() >= _OF_ITS_CHANNEL else _OF_ITS_CHANNEL & before
    elif "Uniqueid" in before:
        of_asterisk |= {"Uniqueid"}
    own: dict[str, str] = {}
    said: Headers = {}
    for name, text in headers.items():
        values = [text] if isinstance(text, str) else text
        if name in of_asterisk:
            own[name] = values[0]
            values = values[1:]
        if values:
            said[name] = values[0] if len(values) == 1 else values
    return own, said


def user_event(pbx: Pbx, event: AmiEvent) -> None:
    """UserEvent: Asterisk names the channel whose dialplan says it, by name and by Uniqueid."""
    own, _ = split(event.headers)
    channel = event.channel = pbx.perhaps(event, own.get("Uniqueid"))
    if channel is not None and own.get("Channel", channel.name) != channel.name:
        raise BadPacketError(f"UserEvent is of {own['Channel']} by its name, of {channel.name} by its Uniqueid")
