"""What each packet does to the registry, and which channels and bridge it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.bridges import Bridge
from cacofonisk.channels import DIALLING, RINGING, UP, Channel, to_int
from cacofonisk.duty import agent_login, agent_logoff, agent_moved
from cacofonisk.errors import BadPacketError, UnknownChannelError
from cacofonisk.identity import masquerade, new_account_code, new_callerid
from cacofonisk.roles import attended_transfer, blind_transfer
from cacofonisk.user_event import user_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.pbx import Pbx


def _newchannel(pbx: Pbx, event: AmiEvent) -> None:
    channel = Channel(event)
    if event.inferred:
        pbx.stock.listed[channel.uniqueid] = None
    elif pbx.stock.listed.pop(channel.uniqueid, channel) is None:
        event.is_nonsense = True  # a list was quicker: we know it already
        return
    if channel.uniqueid in pbx.channels:
        raise BadPacketError(f"Newchannel for {channel.uniqueid}, a channel that is already there")
    event.channel = channel
    pbx.enrol(channel)


def _newstate(pbx: Pbx, event: AmiEvent) -> None:
    _, state, uniqueid = event.read()
    channel = event.channel = pbx.known(event, uniqueid)
    channel.state = to_int(event, "ChannelState", state)
    if channel.state != RINGING:
        return
    if channel.name.startswith("IAX2/") and event.get("Linkedid") is not None:
        channel.state = DIALLING  # chan_iax2 says so of every leg that it calls; that it rings, DialState tells
    elif channel.dial is None and channel.linkedid == channel.uniqueid:
        channel.dial = ""  # the PBX itself calls it, as call completion does: of that no DialBegin tells
        channel.by_pbx = True


def _dial_begin(pbx: Pbx, event: AmiEvent) -> None:
    _, dialling, called = event.read()
    leg = pbx.known(event, called, "DestUniqueid")
    dialler = pbx.perhaps(event, dialling)
    leg.dial = ""
    leg.by_pbx = dialler is None
    leg.be_dialled_by(dialler)
    half = leg.pair
    if half is not None and not half.is_public and dialler is not None and half.number == dialler.number:
        # Of who withholds a number, only the Local half that speaks for it says so.
        dialler.identify(dialler.number, dialler.caller_name, is_public=False)
    event.channel, event.other = dialler, leg


def _dial_state(pbx: Pbx, event: AmiEvent) -> None:
    _, dialling, called, _ = event.read()
    leg = pbx.known(event, called, "DestUniqueid")
    dialler = pbx.perhaps(event, dialling)
    if leg.dial is None:  # the Local leg of the PBX's own consultation has no DialBegin
        leg.dial = ""
        leg.by_pbx = dialler is None
    leg.be_dialled_by(dialler or leg.dialler)
    event.channel, event.other = dialler, leg


def _dial_end(pbx: Pbx, event: AmiEvent) -> None:
    _, dialling, called, status, _ = event.read()
    dialler = pbx.perhaps(event, dialling)
    called = called or event["DestUniqueid"]
    leg = pbx.channels.get(called)
    if leg is None:  # that is normal: its Hangup and its DialEnd race
        pbx.parted.dial_end(called, status or event["DialStatus"])
    else:
        leg.dial = leg.dial or status or event["DialStatus"]
        leg.be_dialled_by(dialler or leg.dialler)
        if leg.dial != "ANSWER" and leg.dialler is not None:
            leg.dialler.dialled.pop(leg, None)
    event.channel, event.other = dialler, leg


def _local_bridge(pbx: Pbx, event: AmiEvent) -> None:
    one = _named(pbx, event, "LocalOneUniqueid")
    two = _named(pbx, event, "LocalTwoUniqueid")
    event.channel, event.other = one, two
    one.pair = two
    two.pair = one


def _bridge_enter(pbx: Pbx, event: AmiEvent) -> str | None:
    _, named, kind, technology, uniqueid, swapped = event.read()
    channel = event.channel = pbx.known(event, uniqueid)
    if not pbx.stock.is_taken:
        pbx.stock.has_moved(channel.uniqueid)
    bridge = pbx.bridges.get(named or event["BridgeUniqueid"])
    if bridge is None:
        bridge = _bridge(event, kind or "", technology or "")
        pbx.bridges[bridge.uniqueid] = bridge
    before = channel.bridge
    if before is not None:
        pbx.take_out(channel)
    event.bridge = bridge
    pbx.put_into(bridge, channel)
    agent_moved(event, channel, bridge)
    if swapped:
        event.other = pbx.even_parted(swapped)
        if event.other is None:
            return f"BridgeEnter takes the place of {swapped}, a channel that is not there"
    if before is not None and before is not bridge:
        return f"{channel.name} enters bridge {bridge.uniqueid} without leaving {before.uniqueid}"
    return None


def _bridge(event: AmiEvent, kind: str, technology: str) -> Bridge:
    room = kind == "base" and event.get("BridgeCreator") == "ConfBridge"
    return Bridge(event.server, event["BridgeUniqueid"], kind, technology, event["BridgeName"] if room else "")


def _bridge_leave(pbx: Pbx, event: AmiEvent) -> None:
    _, named, kind, uniqueid = event.read()
    channel = event.channel = pbx.known(event, uniqueid)
    if not pbx.stock.is_taken:
        pbx.stock.has_moved(channel.uniqueid)
    bridge = event.bridge = pbx.bridges.get(named or event["BridgeUniqueid"])
    if bridge is not None and channel.bridge is bridge:
        for half in bridge.channels if bridge.is_talk else ():  # nobody is behind who waits
            if half.is_local:
                half.remember_person()
        event.other = pbx.leave_room(bridge, channel)
    elif kind == "base":  # who is transferred into a room takes a place there without a word
        event.other = pbx.leave_place(event["BridgeUniqueid"])
    else:
        raise BadPacketError(f"{channel.name} leaves bridge {named}, where it is not")


def _confbridge_end(pbx: Pbx, event: AmiEvent) -> None:
    room = event.get("BridgeUniqueid")
    if room is not None:  # Asterisk 11 and older name none
        pbx.end_room(room)


def _hangup(pbx: Pbx, event: AmiEvent) -> None:
    uniqueid = event["Uniqueid"]
    channel = pbx.channels.pop(uniqueid, None)
    pbx.stock.hung_up(uniqueid)
    if channel is None:
        raise UnknownChannelError(f"Hangup is about {uniqueid}, a channel that is not there")
    if pbx.stock.stale.pop(channel, channel) is None:  # it has lived on while nobody listened
        channel.state = {"5": RINGING, "6": UP}.get(event.get("ChannelState") or "", channel.state)
    event.channel = channel
    pbx.inherit(channel)
    pbx.dismiss(channel)
    if channel.pair is not None:
        channel.pair.pair = None
        channel.pair = None
    if channel.dialler is not None:
        channel.dialler.dialled.pop(channel, None)
        channel.dialler = None
    for leg in channel.dialled:
        leg.dialler = None


def _named(pbx: Pbx, event: AmiEvent, header: str) -> Channel:
    return pbx.known(event, event.get(header), header)


def _hangup_request(pbx: Pbx, event: AmiEvent) -> None:
    channel = event.channel = _named(pbx, event, "Uniqueid")
    channel.hangs_up = True


def _about_one_perhaps_gone(pbx: Pbx, event: AmiEvent) -> None:
    event.channel = pbx.channels.get(event["Uniqueid"])


def _about_one(pbx: Pbx, event: AmiEvent) -> None:
    event.channel = _named(pbx, event, "Uniqueid")


def _about_two(first: str, other: str) -> Callable[[Pbx, AmiEvent], None]:
    def bind(pbx: Pbx, event: AmiEvent) -> None:
        event.channel, event.other = _named(pbx, event, first), _named(pbx, event, other)

    return bind


def _about_other(pbx: Pbx, event: AmiEvent) -> None:
    event.other = _named(pbx, event, "ParkeeUniqueid")


def _about_other_perhaps_gone(pbx: Pbx, event: AmiEvent) -> None:
    event.other = pbx.channels.get(event["ParkeeUniqueid"])


def _pickup(pbx: Pbx, event: AmiEvent) -> None:
    channel = event.channel = _named(pbx, event, "Uniqueid")
    # It is told when it is done: the phone that rang may be gone.
    target = event.other = pbx.even_parted(event["TargetUniqueid"]) or _named(pbx, event, "TargetUniqueid")
    if target.bridge is not None:  # it was answered at the same moment, and has to give its place in the talk
        event.bridge = target.bridge
        pbx.put_into(event.bridge, channel)
        pbx.take_out(target)


def _unparked(pbx: Pbx, event: AmiEvent) -> None:
    event.channel = pbx.channels.get(event["RetrieverUniqueid"])  # who fetches it may be told of later, or be gone
    event.other = _named(pbx, event, "ParkeeUniqueid")


HANDLERS: dict[str, Callable[[Pbx, AmiEvent], str | None]] = {
    "AgentConnect": _about_two("Uniqueid", "DestUniqueid"),
    "AgentLogin": agent_login,
    "AgentLogoff": agent_logoff,
    "AttendedTransfer": attended_transfer,
    "BlindTransfer": blind_transfer,
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
    "ConfbridgeEnd": _confbridge_end,
    "ConfbridgeJoin": _about_one_perhaps_gone,
    "ConfbridgeLeave": _about_one_perhaps_gone,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "DialState": _dial_state,
    "Hangup": _hangup,
    "HangupRequest": _hangup_request,
    "Hold": _about_one,
    "LocalBridge": _local_bridge,
    "LocalOptimizationBegin": _about_two("SourceUniqueid", "LocalOneUniqueid"),
    "Masquerade": masquerade,
    "NewAccountCode": new_account_code,
    "NewCallerid": new_callerid,
    "Newchannel": _newchannel,
    "Newstate": _newstate,
    "ParkedCall": _about_other,
    "ParkedCallGiveUp": _about_other_perhaps_gone,
    "ParkedCallTimeOut": _about_other,
    "Pickup": _pickup,
    "QueueCallerAbandon": _about_one,
    "QueueCallerJoin": _about_one,
    "QueueCallerLeave": _about_one,
    "UnParkedCall": _unparked,
    "Unhold": _about_one,
    "UserEvent": user_event,
}
"""What each packet does to the registry; the answer is what is odd about it, if it makes sense nevertheless."""
