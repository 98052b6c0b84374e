"""Taking stock: what Asterisk lists after a login is compared with what we know, and what we missed is concluded.

The conclusions are AMI events such as Asterisk would have sent, marked `inferred`: nothing behind the registry
knows of lists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cacofonisk.ami_event import LISTS, AmiEvent
from cacofonisk.channels import to_int
from cacofonisk.errors import BadPacketError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cacofonisk.channels import Channel
    from cacofonisk.pbx import Pbx

_CALLED = ("AppDial", "AppQueue")
"""Applications of channels that were called and run no dialplan of their own."""

_UP = "6"
_DIGITS = 10  # of an Uptime that somebody can have


class Stock:
    """What a server has listed since its last login, and what happened meanwhile."""

    __slots__ = ("bridges", "channels", "gone", "is_taken", "items", "listed", "lost", "moved", "stale", "uptime")

    def __init__(self) -> None:
        self.is_taken = True
        """False from a login until the lists have come, if any will."""
        self.stale: dict[Channel, None] = {}
        """Channels known from before the connection was lost, which may be gone."""
        self.items: dict[str, AmiEvent] = {}
        """What the list of channels that is coming in has named so far, by Uniqueid."""
        self.channels: dict[str, AmiEvent] = {}
        """The last list of channels that came whole, by Uniqueid."""
        self.listed: dict[str, None] = {}
        """Uniqueids that we have from a list; their Newchannel may come after it."""
        self.bridges: dict[str, AmiEvent] = {}
        """What BridgeList lists."""
        self.gone: dict[str, None] = {}
        """Uniqueids that were hung up since the login, or that a list names: another one may be older than that."""
        self.moved: dict[str, None] = {}
        """Uniqueids that entered or left a bridge since the login, likewise."""
        self.uptime: int | None = None
        """For how long the server had been up at the last login, in seconds."""
        self.lost: float | None = None
        """When the connection was lost that was there before, in seconds since 1970."""

    def hung_up(self, uniqueid: str) -> None:
        """A channel is gone; a list that is on its way may still name it."""
        self.moved.pop(uniqueid, None)
        self.listed.pop(uniqueid, None)
        if not self.is_taken or uniqueid in self.items or uniqueid in self.channels:
            self.gone[uniqueid] = None

    def has_moved(self, uniqueid: str) -> None:
        """A channel has entered or left a bridge; a list that is on its way may not know."""
        if not self.is_taken:
            self.moved[uniqueid] = None

    def begin(self, pbx: Pbx, *, lists_follow: bool) -> None:
        """The connection was lost or is new, or packets are missing: nobody knows whether what we know still is."""
        self.end()
        self.is_taken = not lists_follow
        self.stale.update(dict.fromkeys(pbx.channels.values()))
        pbx.forget_places()

    def end(self) -> None:
        """All lists have come."""
        self.is_taken = True
        self.stale.clear()
        self.items.clear()
        self.channels.clear()
        self.bridges.clear()
        self.gone.clear()
        self.moved.clear()

    def __len__(self) -> int:
        return (
            len(self.stale)
            + len(self.items)
            + len(self.channels)
            + len(self.bridges)
            + len(self.gone)
            + len(self.moved)
            + len(self.listed)
        )


def conclude(pbx: Pbx, event: AmiEvent) -> Iterator[AmiEvent]:
    """What follows from one packet of the lists; raises BadPacketError."""
    conclusion = TAKES[event.name](pbx, event)
    return iter(()) if conclusion is None else conclusion


def vanished(pbx: Pbx, at: AmiEvent) -> Iterator[AmiEvent]:
    """Hangups of the channels that are gone without a word."""
    for channel in list(pbx.stock.stale):
        if channel.uniqueid not in pbx.stock.channels and pbx.channels.get(channel.uniqueid) is channel:
            pbx.stock.gone[channel.uniqueid] = None  # it comes to life by no list
            yield _said(at, "Hangup", Channel=channel.name, Uniqueid=channel.uniqueid, Cause="0")
    pbx.stock.stale.clear()


def bridged(pbx: Pbx, at: AmiEvent) -> Iterator[AmiEvent]:
    """Who is in another bridge than we thought."""
    stock = pbx.stock
    moves = []
    for uniqueid, item in stock.channels.items():
        channel = pbx.channels.get(uniqueid)
        if channel is None or uniqueid in stock.moved:
            continue
        there = item.get("BridgeId") or item.get("BridgeID") or ""
        here = channel.bridge.uniqueid if channel.bridge is not None else ""
        if there != here:
            moves.append((uniqueid, here, there))
    kinds = {there: _kind(pbx, there) for _, _, there in moves}
    stock.end()
    for uniqueid, here, _ in moves:
        if here:
            yield _said(at, "BridgeLeave", Uniqueid=uniqueid, BridgeUniqueid=here)
    for uniqueid, _, there in moves:
        if there:
            yield _said(at, "BridgeEnter", Uniqueid=uniqueid, BridgeUniqueid=there, **kinds[there])


def _fully_booted(pbx: Pbx, event: AmiEvent) -> Iterator[AmiEvent] | None:
    """It comes after every login; its Uptime tells whether the server was started anew meanwhile."""
    text = event.get("Uptime")
    if text is None or not text.isdecimal() or len(text) > _DIGITS:
        return None
    stock, uptime = pbx.stock, int(text)
    before, stock.uptime = stock.uptime, uptime
    # Without a Timestamp it is as late as it came: only what such a delay cannot explain is a new start.
    is_new = before is not None and uptime < before
    is_new = is_new or (stock.lost is not None and event.timestamp - uptime > stock.lost)
    return vanished(pbx, event) if is_new else None


def _channel(pbx: Pbx, event: AmiEvent) -> None:
    pbx.stock.items[event["Uniqueid"]] = event


def _channels(pbx: Pbx, event: AmiEvent) -> Iterator[AmiEvent]:
    stock = pbx.stock
    items, stock.items = stock.items, {}
    if event.get("ListItems") not in (None, str(len(items))):
        # What is not in a list that has lost some of its items may be there nevertheless.
        counted = event.get("ListItems")
        raise BadPacketError(f"{event.name} ends a list of {counted} channels, of which {len(items)} came")
    stock.channels = items
    yield from vanished(pbx, event)
    new = {uid: item for uid, item in stock.channels.items() if uid not in pbx.channels and uid not in stock.gone}
    # The founder of a call comes first: it is the one after which its Linkedid is named.
    for item in sorted(new.values(), key=lambda item: item["Uniqueid"] != item.get("Linkedid")):
        yield _newchannel(item)
    for uniqueid, item in stock.channels.items():
        channel = pbx.channels.get(uniqueid)
        if channel is None or uniqueid in new:
            continue
        if channel.state != to_int(item, "ChannelState", item["ChannelState"]):
            yield _said(item, "Newstate", Uniqueid=uniqueid, ChannelState=item["ChannelState"])
    yield from _local_pairs(pbx, event, new)
    yield from _on_duty(pbx)
    for item in new.values():
        yield from _dialled(pbx, item)


def _newchannel(item: AmiEvent) -> AmiEvent:
    # The account code of a called leg is its caller's by now, so nobody knows its own.
    code = "" if item.get("Application") in _CALLED else item.get("AccountCode")
    return _said(
        item, "Newchannel", Uniqueid=item["Uniqueid"], Linkedid=item.get("Linkedid"), Channel=item["Channel"],
        ChannelState=item["ChannelState"], CallerIDNum=item.get("CallerIDNum"),
        CallerIDName=item.get("CallerIDName"), AccountCode=code, Exten=item.get("Exten"),
    )  # fmt: skip


def _local_pairs(pbx: Pbx, at: AmiEvent, new: dict[str, AmiEvent]) -> Iterator[AmiEvent]:
    halves = {channel.name: channel for channel in pbx.channels.values() if channel.is_local}
    for name, one in halves.items():
        if name.endswith(";1") and one.uniqueid in new:
            two = halves.get(name[:-1] + "2")
            if two is not None:
                yield _said(at, "LocalBridge", LocalOneUniqueid=one.uniqueid, LocalTwoUniqueid=two.uniqueid)


def _on_duty(pbx: Pbx) -> Iterator[AmiEvent]:
    """The agents who have logged in, or logged off, while nobody listened."""
    for uniqueid, item in pbx.stock.channels.items():
        channel = pbx.channels.get(uniqueid)
        on_duty = item.get("Application") == "AgentLogin"
        if channel is not None and channel.on_duty != on_duty and "Application" in item.headers:
            yield _said(item, "AgentLogin" if on_duty else "AgentLogoff", Uniqueid=uniqueid)


def _dialled(pbx: Pbx, item: AmiEvent) -> Iterator[AmiEvent]:
    """The dial by which a leg was called: no list says whose it is, but what the others are dialling does."""
    if item.get("Application") not in _CALLED:
        return
    dialler = _dialler(pbx, item)
    leg = item["Uniqueid"]
    if item["ChannelState"] == _UP:
        yield _said(item, "DialEnd", Uniqueid=dialler, DestUniqueid=leg, DialStatus="ANSWER")
    else:
        yield _said(item, "DialBegin", Uniqueid=dialler, DestUniqueid=leg)


def _dialler(pbx: Pbx, leg: AmiEvent) -> str | None:
    called = leg["Channel"].rpartition("-")[0]
    others = [
        item
        for uniqueid, item in pbx.stock.channels.items()
        if item.get("Linkedid") == leg.get("Linkedid")
        and item.get("Application") not in _CALLED
        and uniqueid in pbx.channels
    ]
    for item in others:
        if called and called in (item.get("ApplicationData") or item.get("Data") or ""):
            return item["Uniqueid"]
    for item in others:
        if item.get("Application") == "Queue" or item["Uniqueid"] == leg.get("Linkedid"):
            return item["Uniqueid"]
    return None


def _bridge(pbx: Pbx, event: AmiEvent) -> None:
    pbx.stock.bridges[event["BridgeUniqueid"]] = event


def _kind(pbx: Pbx, uniqueid: str) -> dict[str, str | None]:
    item = pbx.stock.bridges.get(uniqueid)
    if item is None:  # not permitted to list bridges: people in them talk, most probably
        return {"BridgeType": "basic", "BridgeTechnology": "simple_bridge"}
    return {header: item.get(header) for header in ("BridgeType", "BridgeTechnology", "BridgeCreator", "BridgeName")}


def _said(at: AmiEvent, name: str, **headers: str | None) -> AmiEvent:
    """The event that Asterisk would have sent, had we been there."""
    said: dict[str, str | list[str]] = {"Event": name}
    said.update((header, text) for header, text in headers.items() if text is not None)
    event = AmiEvent(said, server=at.server, received=at.timestamp)
    event.inferred = True
    return event


_Take = Callable[["Pbx", AmiEvent], "Iterator[AmiEvent] | None"]
_OF_LIST: dict[str, tuple[_Take, _Take]] = {
    "CoreShowChannels": (_channel, _channels), "Status": (_channel, _channels), "BridgeList": (_bridge, bridged),
}  # fmt: skip
TAKES: dict[str, _Take] = {"FullyBooted": _fully_booted} | {
    name: take for action, names in LISTS.items() for name, take in zip(names, _OF_LIST[action], strict=True)
}
"""The packets from which stock is taken."""
