"""One event of the Asterisk Manager Interface, as Asterisk spells it."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from cacofonisk.errors import BadPacketError, MissingHeaderError, RepeatedHeaderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cacofonisk.bridges import Bridge
    from cacofonisk.channels import Channel
    from cacofonisk.events import Party

Headers = dict[str, "str | list[str]"]
"""Headers by name, in the order of the packet; a header that occurs more than once is a list."""


WANTED = frozenset({
    "AgentConnect", "AttendedTransfer", "BlindTransfer", "BridgeEnter", "BridgeLeave", "BridgeMerge",
    "ConfbridgeJoin", "ConfbridgeLeave", "DialBegin", "DialEnd", "DialState", "FullyBooted", "Hangup",
    "HangupRequest", "Hold", "LocalBridge", "NewAccountCode", "NewCallerid", "Newchannel", "Newstate", "ParkedCall",
    "ParkedCallGiveUp", "ParkedCallTimeOut", "Pickup", "QueueCallerAbandon", "QueueCallerJoin", "QueueCallerLeave",
    "Shutdown", "UnParkedCall", "Unhold", "UserEvent",
    # the lists that a source asks for after a login
    "BridgeInfoChannel", "BridgeInfoComplete", "BridgeListComplete", "BridgeListItem", "CoreShowChannel",
    "CoreShowChannelsComplete", "Status", "StatusComplete",
    # AMI 1.x
    "AgentCalled", "Bridge", "Dial", "Join", "Leave", "Link", "Masquerade", "Rename", "Transfer", "Unlink",
})  # fmt: skip
"""The packets that the operators read; a source may skip all others before it reads their headers."""


# What precedes a header's value, for the headers that the operators read. Those of the second row stand at the end
# of a packet and are searched from there: quicker, and behind whatever a caller's name or number may have smuggled in.
_EARLY = {
    header: f"\r\n{header}: "
    for header in (
        "AccountCode", "BridgeTechnology", "BridgeType", "BridgeUniqueid", "CallerIDName", "CallerIDNum", "Channel",
        "ChannelState", "Exten", "Timestamp",
    )
}  # fmt: skip
_LATE = {
    header: f"\r\n{header}: "
    for header in (
        "CID-CallingPres", "Cause", "DestUniqueid", "DialStatus", "Forward", "Linkedid", "SwapUniqueid", "Uniqueid",
    )
}  # fmt: skip


class AmiEvent:
    """An AMI event: its name, its headers as Asterisk spells them, the server it came from, when it came.

    Made from a mapping of headers, or with `from_bytes` from a raw packet, whose headers are read when
    somebody asks for them. Never changed after it was made, but that `track_channels` binds it to the objects it
    is about: `channel` (headers without a prefix), `other` (the second one of a dial, Local pair, swap, pickup,
    transfer), `bridge`, and `roles` (all channels of a transfer, by the prefix of their headers).
    """

    __slots__ = (
        "_headers", "_text", "bridge", "call_id", "channel", "inferred", "is_nonsense", "name", "other", "previous",
        "received", "roles", "server", "tracked",
    )  # fmt: skip

    def __init__(self, headers: Mapping[str, str | list[str]], *, server: str = "", received: float = 0.0) -> None:
        """`received` is the time of receipt in seconds since 1970, used where the packet has no Timestamp."""
        name = headers.get("Event")
        if name is None:
            raise MissingHeaderError("packet", "Event")
        # Whatever a caller's name smuggled in behind it: the first Event header is the true one.
        self.name: str = name if isinstance(name, str) else name[0]
        self.server = server
        self.received = received
        self._text: str | None = None
        self._headers: Headers | None = headers if isinstance(headers, dict) else dict(headers)
        self._unbind()

    def _unbind(self) -> None:
        self.tracked = False  # True once a track_channels has seen it
        self.is_nonsense = False  # True where that could make nothing of it: nobody behind it heeds it
        self.inferred = False  # True where nobody sent it: concluded by taking stock
        self.previous: Party | None = None  # as whom its channel was known before, where it tells of a change
        self.call_id: str | None = None  # the call that track_calls knows its person to be in, likewise
        self.channel: Channel | None = None
        self.other: Channel | None = None
        self.bridge: Bridge | None = None
        self.roles: dict[str, Channel] | None = None

    @classmethod
    def from_bytes(cls, name: str, raw: bytes, *, server: str = "", received: float = 0.0) -> AmiEvent:
        """Make one from a packet's bytes, which begin with its Event line, or with an empty line before any other."""
        event = cls.__new__(cls)
        event.name = name
        event.server = server
        event.received = received
        event._text = raw.decode("utf-8", "surrogateescape")
        event._headers = None
        event.tracked = event.is_nonsense = event.inferred = False
        event.channel = event.other = event.bridge = event.roles = event.previous = event.call_id = None
        return event

    def __getitem__(self, header: str) -> str:
        """The header's value; raises MissingHeaderError or RepeatedHeaderError."""
        value = self.get(header)
        if value is None:
            raise MissingHeaderError(self.name, header)
        return value

    def get(self, header: str) -> str | None:
        """The header's value, None where the packet lacks it; raises RepeatedHeaderError."""
        text = self._text
        if text is not None:
            needle = _LATE.get(header)
            if needle is not None:
                _, found, rest = text.rpartition(needle)
            else:
                _, found, rest = text.partition(_EARLY.get(header) or f"\r\n{header}: ")
            return rest.partition("\r\n")[0] if found else None
        value = self._headers.get(header)  # type: ignore[union-attr]  # one of the two is always there
        if value is None or isinstance(value, str):
            return value
        raise RepeatedHeaderError(f"{self.name} has {header} {len(value)} times")

    @property
    def headers(self) -> Headers:
        """All headers, in the order of the packet."""
        if self._headers is not None:
            return self._headers
        headers: Headers = {}
        for line in (self._text or "").strip("\r\n").split("\r\n"):
            key, _, text = line.partition(":")
            value = text.removeprefix(" ")
            before = headers.get(key)
            if before is None:
                headers[key] = value
            elif isinstance(before, list):
                before.append(value)
            else:
                headers[key] = [before, value]
        return headers

    @property
    def timestamp(self) -> float:
        """When it happened, in seconds since 1970: the Timestamp header, else the time of receipt."""
        try:
            seconds = float(self["Timestamp"])
        except (ValueError, BadPacketError):  # none, two, or no number: when it was received is near enough
            return self.received
        return seconds if isfinite(seconds) else self.received

    def copy(self) -> AmiEvent:
        """The same packet, not yet bound to channels."""
        event = AmiEvent.__new__(AmiEvent)
        event.name = self.name
        event.server = self.server
        event.received = self.received
        event._text = self._text
        event._headers = self._headers
        event._unbind()
        event.inferred = self.inferred
        return event

    def __repr__(self) -> str:
        return f"<{self.name} {self.headers.get('Uniqueid', '')}>"
