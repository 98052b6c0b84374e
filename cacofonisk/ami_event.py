"""One event of the Asterisk Manager Interface, as Asterisk spells it."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from cacofonisk.errors import MissingHeaderError, RepeatedHeaderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cacofonisk.bridges import Bridge
    from cacofonisk.channels import Channel
    from cacofonisk.events import Party

Headers = dict[str, "str | list[str]"]
"""Headers by name, in the order of the packet; a header that occurs more than once is a list."""

LISTS: Mapping[str, tuple[str, str]] = {
    "CoreShowChannels": ("CoreShowChannel", "CoreShowChannelsComplete"),
    "Status": ("Status", "StatusComplete"),
    "BridgeList": ("BridgeListItem", "BridgeListComplete"),
}
"""The actions that list what is live, in the order in which a source asks: the packets of their items and ends."""
OF_LISTS = frozenset(name for names in LISTS.values() for name in names)
"""All packets of those lists; they have no Privilege, and the ActionID of who has asked."""

WANTED: Mapping[str, tuple[str, ...]] = {
    # those that come by the dozen in every call, with the headers that the operators read in them
    "AgentConnect": ("Timestamp", "Uniqueid", "DestUniqueid"),
    "AgentLogin": ("Timestamp", "Uniqueid"),
    "AgentLogoff": ("Timestamp", "Uniqueid"),
    "AttendedTransfer": (
        "Timestamp", "Result", "OrigTransfererUniqueid", "OrigBridgeTechnology", "SecondTransfererUniqueid",
        "TransfereeUniqueid", "TransferTargetUniqueid", "DestType",
    ),
    "BlindTransfer": ("Timestamp", "Result", "TransfererUniqueid", "TransfereeUniqueid", "Extension"),
    "BridgeEnter": ("Timestamp", "BridgeUniqueid", "BridgeType", "BridgeTechnology", "Uniqueid", "SwapUniqueid"),
    "BridgeLeave": ("Timestamp", "BridgeUniqueid", "BridgeType", "Uniqueid"),
    "DialBegin": ("Timestamp", "Uniqueid", "DestUniqueid"),
    "DialEnd": ("Timestamp", "Uniqueid", "DestUniqueid", "DialStatus", "Forward"),
    "DialState": ("Timestamp", "Uniqueid", "DestUniqueid", "DialStatus"),
    "Hangup": ("Timestamp", "Uniqueid", "Cause"),
    "HangupRequest": ("Timestamp", "Uniqueid"),
    "LocalBridge": ("Timestamp", "LocalOneUniqueid", "LocalTwoUniqueid"),
    "LocalOptimizationBegin": ("Timestamp", "LocalOneUniqueid", "SourceUniqueid"),
    "NewAccountCode": ("Timestamp", "AccountCode", "Uniqueid"),
    "NewCallerid": ("Timestamp", "CallerIDNum", "CallerIDName", "Uniqueid", "Linkedid", "CID-CallingPres"),
    "Newchannel": (
        "Timestamp", "Channel", "ChannelState", "CallerIDNum", "CallerIDName", "AccountCode", "Exten", "Uniqueid",
        "Linkedid",
    ),
    "Newstate": ("Timestamp", "ChannelState", "Uniqueid"),
    "QueueCallerJoin": ("Timestamp", "Uniqueid", "Queue", "Position"),
    **dict.fromkeys((
        "BridgeMerge", "ConfbridgeEnd", "ConfbridgeJoin", "ConfbridgeLeave", "FullyBooted", "Hold", "ParkedCall",
        "ParkedCallGiveUp", "ParkedCallTimeOut", "Pickup", "QueueCallerAbandon", "QueueCallerLeave", "Shutdown",
        "UnParkedCall", "Unhold", "UserEvent",
        *sorted(OF_LISTS),
        # AMI 1.x
        "AgentCalled", "Bridge", "Dial", "Join", "Leave", "Link", "Masquerade", "Rename", "Transfer", "Unlink",
    ), ("Timestamp", "Uniqueid")),
}  # fmt: skip
"""The packets that the operators read, and the headers they mostly read in each, in the order of the packet.

A source may skip all other packets before it reads their headers; any header can still be read of those it gives.
The first one is always the Timestamp.
"""
OF_OTHERS = ("Timestamp",)
"""The same of all other packets."""

_AT: Mapping[str, Mapping[str, int]] = {
    name: {header: at for at, header in enumerate(headers)} for name, headers in WANTED.items()
}
_NOWHERE: Mapping[str, int] = {}


class AmiEvent:
    """An AMI event: its name, its headers as Asterisk spells them, the server it came from, when it came.

    Never changed after it was made, but that `track_channels` binds it to the objects it is
    about: `channel` (headers without a prefix), `other` (the second one of a dial, Local pair, swap, pickup,
    transfer), `bridge`, and `roles` (all channels of a transfer, by the prefix of their headers; the agent whom a
    BridgeEnter lends to a customer).
    """

    __slots__ = (
        "_at", "_headers", "_text", "_wanted", "bridge", "call_id", "channel", "inferred", "is_nonsense", "name",
        "other", "previous", "received", "roles", "server", "tracked",
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
        self._text = ""
        self._headers: Headers | None = headers if isinstance(headers, dict) else dict(headers)
        self._wanted: tuple[str | None, ...] = ()
        self._at = _NOWHERE  # where in these each header is
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
    def of(cls, name: str, text: str, wanted: tuple[str | None, ...], server: str, received: float) -> AmiEvent:
        """One whose packet is this `text`, of which what is `wanted` was read."""
        event = cls.__new__(cls)
        event.name = name
        event.server = server
        event.received = received
        event._wanted = wanted
        event._text = text
        event._headers = None
        event._at = _AT.get(name, _NOWHERE)
        event.tracked = event.is_nonsense = event.inferred = False
        event.channel = event.other = event.bridge = event.roles = event.previous = event.call_id = None
        return event

    @classmethod
    def from_recorded(cls, headers: Headers, *, server: str = "") -> AmiEvent:
        """Make one from headers as `recorded` gives them; raises ValueError for a Received that is no number."""
        headers = dict(headers)
        received = headers.pop("Received", 0.0)
        return cls(headers, server=server, received=float(received))  # type: ignore[arg-type]  # a list is no number

    def read(self) -> tuple[str | None, ...]:
        """The headers that `WANTED` names, in that order, None for one that it lacks; raises RepeatedHeaderError."""
        if not self._wanted:  # it was made from a mapping
            names = WANTED.get(self.name, OF_OTHERS)
            values = tuple(map(self.headers.get, names))
            if list in map(type, values):
                stamp = self.headers.get("Timestamp")
                values = (stamp if isinstance(stamp, str) else None, *map(self.get, names[1:]))
            self._wanted = values  # type: ignore[assignment]  # a list is not among them, as said above
        return self._wanted

    def __getitem__(self, header: str) -> str:
        """The header's value; raises MissingHeaderError or RepeatedHeaderError."""
        value = self.get(header)
        if value is None:
            raise MissingHeaderError(self.name, header)
        return value

    def get(self, header: str) -> str | None:
        """The header's value, None where the packet lacks it; raises RepeatedHeaderError."""
        at = self._at.get(header)
        if at is not None:
            return self._wanted[at]
        value = self.headers.get(header)
        if value is None or isinstance(value, str):
            return value
        if self.name == "UserEvent":  # its dialplan may write any header once more: the first is Asterisk's
            return value[0]
        raise RepeatedHeaderError(f"{self.name} has {header} {len(value)} times")

    @property
    def headers(self) -> Headers:
        """All headers, in the order of the packet; read when somebody first asks for one that is not among `WANTED`."""
        if self._headers is None:
            self._headers = to_headers(read_lines(self._text))
        return self._headers

    @property
    def recorded(self) -> Headers:
        """All headers as a recording keeps them: when it was received, too, where Asterisk gives no Timestamp."""
        headers = self.headers
        return headers if self.stamp is not None else {**headers, "Received": f"{self.received:.6f}"}

    @property
    def stamp(self) -> str | None:
        """Asterisk's Timestamp, None without one."""
        return self._wanted[0] if self._at and self.name != "UserEvent" else stamp_in(self.headers)

    @property
    def timestamp(self) -> float:
        """When it happened, in seconds since 1970: the Timestamp header, else the time of receipt."""
        stamp = self._wanted[0] if self._at and self.name != "UserEvent" else self.stamp
        try:
            seconds = float(stamp)  # type: ignore[arg-type]  # a packet may have none
        except (TypeError, ValueError):  # none, or no number: when it was received is near enough
            return self.received
        return seconds if isfinite(seconds) else self.received

    def copy(self) -> AmiEvent:
        """The same packet, not yet bound to channels."""
        event = AmiEvent.of(self.name, self._text, self._wanted, self.server, self.received)
        event._headers = self._headers
        event._at = self._at
        event.inferred = self.inferred
        return event

    def __repr__(self) -> str:
        return f"<{self.name} {self.headers.get('Uniqueid', '')}>"


def read_lines(text: str) -> list[tuple[str, str]]:
    """The lines in the text of a packet, each as header and value; a header that comes twice is there twice."""
    lines = []
    for line in text.split("\r\n"):
        header, _, value = line.partition(":")
        lines.append((header, value.removeprefix(" ")))
    return lines


def lines_of(headers: Mapping[str, object]) -> list[tuple[str, str]]:
    """The lines of a packet that is a mapping: what comes twice stands together, but in a UserEvent at its end.

    There the first is Asterisk's, and the others were said by its dialplan, behind all that is Asterisk's.
    """
    lines: list[tuple[str, str]] = []
    said: list[tuple[str, str]] = []
    behind = said if headers.get("Event") == "UserEvent" else lines
    for header, value in headers.items():
        first, *others = map(str, value if isinstance(value, list) else [value])
        lines.append((header, first))
        behind += [(header, other) for other in others]
    return lines + said


def to_headers(lines: Iterable[tuple[str, str]]) -> Headers:
    """The lines of a packet as a mapping."""
    headers: Headers = {}
    for header, value in lines:
        before = headers.get(header)
        if before is None:
            headers[header] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            headers[header] = [before, value]
    return headers


def stamp_in(headers: Headers) -> str | None:
    """Asterisk's Timestamp in a packet, None without one; behind the name of a UserEvent it is the dialplan's."""
    stamp = headers.get("Timestamp")
    if stamp is not None and "UserEvent" in headers:
        names = list(headers)
        if names.index("UserEvent") < names.index("Timestamp"):
            return None
    return stamp[0] if isinstance(stamp, list) else stamp
