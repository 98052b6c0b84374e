"""What each packet does to the registry, and which channels and bridge it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.bridges import Bridge
from cacofonisk.channels import DIALLING, DOWN, RINGING, UP, Channel, number
from cacofonisk.errors import BadPacketError, UnknownChannelError
from cacofonisk.text import clean

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
    channel = pbx.known(event)
    channel.state = number(event, "ChannelState")
    if channel.state == RINGING and channel.name.startswith("IAX2/") and event.get("Linkedid") is not None:
        channel.state = DIALLING  # chan_iax2 says so of every leg that it calls; that it rings, DialState tells
    elif channel.state == RINGING and channel.dial is None and channel.linkedid == channel.uniqueid:
        channel.dial = ""  # the PBX itself calls it, as call completion does: of that no DialBegin tells
    event.channel = channel


def _new_callerid(pbx: Pbx, event: AmiEvent) -> None:
    # After a Hangup it is normal; it changes nobody.
    channel = event.channel = pbx.channels.get(event["Uniqueid"])
    if channel is None:
        return
    presentation = event.get("CID-CallingPres") or ""
    if not channel.is_person:
        if "Prohib" in presentation:
            channel.identify(clean(event.get("CallerIDNum") or ""), "", is_public=False)
        people = channel.called_people() if _calls_for_another(channel) else []
        person = next((person for person in people if person.state == UP or person.dial == "ANSWER"), None)
        if person is None:
            return
        channel = event.channel = person
    if channel.state == DOWN and event.get("Linkedid") == channel.uniqueid:
        return  # a phone about to be rung by an Originate: this is what it is shown, not who it is
    event.previous = channel.identify(
        clean(event.get("CallerIDNum") or ""),
        clean(event.get("CallerIDName") or ""),
        is_public="Prohib" not in presentation,
    )


def _calls_for_another(half: Channel) -> bool:
    """By it an Originate goes through the dialplan for the phone that it has called first, and that has answered."""
    return half.is_local and half.state == UP and half.dial == "ANSWER" and half.linkedid == half.uniqueid


def _new_account_code(pbx: Pbx, event: AmiEvent) -> None:
    channel = event.channel = pbx.channels.get(event["Uniqueid"])
    # A person's own is the first one; later ones say who pays. That of a called leg is its caller's from the start.
    if channel is not None and not channel.code and channel.state != DOWN and channel.dial is None:
        channel.bill(event.get("AccountCode") or "")


def _masquerade(pbx: Pbx, event: AmiEvent) -> None:
    """AMI 1.x only: a person takes another's place, where nobody has called it."""
    person, event.other = pbx.known(event, "CloneUniqueid"), pbx.known(event, "OriginalUniqueid")
    event.channel = person
    person.dial = None


def _dial_begin(pbx: Pbx, event: AmiEvent) -> None:
    leg = pbx.known(event, "DestUniqueid")
    dialler = pbx.perhaps(event)
    leg.dial = ""
    if dialler is None and leg.is_local and not leg.number:  # so a 302 is followed
        leg.may_be_forward = not (event.get("DialString") or "/n").endswith("/n")
    _dialled_by(leg, dialler)
    half = leg.pair
    if half is not None and not half.is_public and dialler is not None and half.number == dialler.number:
        # Of who withholds a number, only the Local half that speaks for it says so.
        dialler.identify(dialler.number, dialler.caller_name, is_public=False)
    event.channel, event.other = dialler, leg


def _dial_state(pbx: Pbx, event: AmiEvent) -> None:
    leg = pbx.known(event, "DestUniqueid")
    dialler = pbx.perhaps(event)
    if leg.dial is None:  # the Local leg of the PBX's own consultation has no DialBegin
        leg.dial = ""
    leg.may_be_forward = False
    _dialled_by(leg, dialler or leg.dialler)
    event.channel, event.other = dialler, leg


def _dial_end(pbx: Pbx, event: AmiEvent) -> None:
    dialler = pbx.perhaps(event)
    # A leg that is gone already is normal: its Hangup and its DialEnd race.
    leg = pbx.channels.get(event["DestUniqueid"])
    if leg is not None:
        leg.dial = leg.dial or event["DialStatus"]
        leg.may_be_forward = False
        _dialled_by(leg, dialler or leg.dialler)
        if leg.dial != "ANSWER" and leg.dialler is not None:
            leg.dialler.dialled.pop(leg, None)
    event.channel, event.other = dialler, leg


def _dialled_by(leg: Channel, dialler: Channel | None) -> None:
    if leg.dialler is not dialler and leg.dialler is not None:  # a blonde transfer gives it to somebody else
        leg.dialler.dialled.pop(leg, None)
    leg.dialler = dialler
    if dialler is not None:
        dialler.dialled[leg] = None


def _local_bridge(pbx: Pbx, event: AmiEvent) -> None:
    one = pbx.known(event, "LocalOneUniqueid")
    two = pbx.known(event, "LocalTwoUniqueid")
    event.channel, event.other = one, two
    one.pair = two
    two.pair = one


def _bridge_enter(pbx: Pbx, event: AmiEvent) -> str | None:
    channel = event.channel = pbx.known(event)
    pbx.stock.has_moved(channel.uniqueid)
    uniqueid = event["BridgeUniqueid"]
    bridge = pbx.bridges.get(uniqueid)
    if bridge is None:
        bridge = pbx.bridges[uniqueid] = _bridge(event, uniqueid)
    before = channel.bridge
    if before is not None:
        pbx.take_out(channel)
    channel.bridge = event.bridge = bridge
    for other in bridge.channels:
        if other.linkedid != channel.linkedid:
            channel.kin, other.kin = other.linkedid, channel.linkedid
    bridge.channels[channel] = None
    swapped = event.get("SwapUniqueid")
    if swapped:
        event.other = pbx.even_parted(swapped)
        if event.other is None:
            return f"BridgeEnter takes the place of {swapped}, a channel that is not there"
    if before is not None and before is not bridge:
        return f"{channel.name} enters bridge {uniqueid} without leaving {before.uniqueid}"
    return None


def _bridge(event: AmiEvent, uniqueid: str) -> Bridge:
    kind, technology = event.get("BridgeType") or "", event.get("BridgeTechnology") or ""
    room = kind == "base" and event.get("BridgeCreator") == "ConfBridge"
    return Bridge(event.server, uniqueid, kind, technology, event["BridgeName"] if room else "")


def _bridge_leave(pbx: Pbx, event: AmiEvent) -> None:
    channel = event.channel = pbx.known(event)
    pbx.stock.has_moved(channel.uniqueid)
    bridge = event.bridge = pbx.bridges.get(event["BridgeUniqueid"])
    if bridge is not None and channel.bridge is bridge:
        for half in bridge.channels:
            if half.is_local:
                half.remember_person()
        pbx.take_out(channel)
    elif event.get("BridgeType") == "base":  # who is transferred into a room takes a place there without a word
        event.other = pbx.leave_place(event["BridgeUniqueid"])
    else:
        raise BadPacketError(f"{channel.name} leaves bridge {event['BridgeUniqueid']}, where it is not")


def _hangup(pbx: Pbx, event: AmiEvent) -> None:
    channel = pbx.channels.pop(event["Uniqueid"], None)
    pbx.stock.hung_up(event["Uniqueid"])
    if channel is None:
        raise UnknownChannelError(f"Hangup is about {event['Uniqueid']}, a channel that is not there")
    pbx.stock.stale.pop(channel, None)
    event.channel = channel
    channel.may_be_forward = False
    pbx.dismiss(channel)
    if channel.pair is not None:
        channel.pair.pair = None
        channel.pair = None
    if channel.dialler is not None:
        channel.dialler.dialled.pop(channel, None)
        channel.dialler = None
    for leg in channel.dialled:
        leg.dialler = None


def _hangup_request(pbx: Pbx, event: AmiEvent) -> None:
    channel = event.channel = pbx.known(event)
    channel.hangs_up = True


def _about_one_perhaps_gone(pbx: Pbx, event: AmiEvent) -> None:
    event.channel = pbx.channels.get(event["Uniqueid"])


def _about_one(pbx: Pbx, event: AmiEvent) -> None:
    event.channel = pbx.known(event)


def _about_one_or_none(pbx: Pbx, event: AmiEvent) -> None:
    event.channel = pbx.perhaps(event)


def _about_two(first: str, other: str) -> Callable[[Pbx, AmiEvent], None]:
    def bind(pbx: Pbx, event: AmiEvent) -> None:
        event.channel, event.other = pbx.known(event, first), pbx.known(event, other)

    return bind


def _about_other(pbx: Pbx, event: AmiEvent) -> None:
    event.other = pbx.known(event, "ParkeeUniqueid")


def _about_other_perhaps_gone(pbx: Pbx, event: AmiEvent) -> None:
    event.other = pbx.channels.get(event["ParkeeUniqueid"])


def _pickup(pbx: Pbx, event: AmiEvent) -> None:
    event.channel = pbx.known(event)
    # It is told when it is done: the phone that rang may be gone.
    event.other = pbx.even_parted(event["TargetUniqueid"]) or pbx.known(event, "TargetUniqueid")


def _unparked(pbx: Pbx, event: AmiEvent) -> None:
    event.channel = pbx.channels.get(event["RetrieverUniqueid"])  # who fetches it may be told of later, or be gone
    event.other = pbx.known(event, "ParkeeUniqueid")


def _attended_transfer(pbx: Pbx, event: AmiEvent) -> str | None:
    roles = event.roles = _roles(pbx, event, "OrigTransferer", "Transferee", "TransferTarget")
    uniqueid = event.get("SecondTransfererUniqueid")
    second = pbx.even_parted(uniqueid or "")
    if second is not None:
        roles["SecondTransferer"] = second
    for role in ("OrigTransferer", "SecondTransferer"):
        channel = roles.get(role)
        if channel is not None and channel.bridge is not None and channel.bridge.room:
            pbx.take_out(channel)  # its place in the room is another's, and no BridgeLeave says so
    if uniqueid and second is None and pbx.stock.is_taken:
        return f"AttendedTransfer comes after the end of its consultation by {uniqueid}, a channel that is not there"
    return None


def _blind_transfer(pbx: Pbx, event: AmiEvent) -> None:
    event.roles = _roles(pbx, event, "Transferer", "Transferee")


def _roles(pbx: Pbx, event: AmiEvent, *prefixes: str) -> dict[str, Channel]:
    roles = {}
    for prefix in prefixes:
        header = f"{prefix}Uniqueid"
        # Asterisk tells of a transfer when it is done: those concerned may have gone on, or hung up.
        channel = pbx.even_parted(event.get(header) or "") or pbx.perhaps(event, header)
        if channel is not None:
            roles[prefix] = channel
    return roles


HANDLERS: dict[str, Callable[[Pbx, AmiEvent], str | None]] = {
    "AgentConnect": _about_two("Uniqueid", "DestUniqueid"),
    "AttendedTransfer": _attended_transfer,
    "BlindTransfer": _blind_transfer,
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
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
    "Masquerade": _masquerade,
    "NewAccountCode": _new_account_code,
    "NewCallerid": _new_callerid,
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
    "UserEvent": _about_one_or_none,
}
"""What each packet does to the registry; the answer is what is odd about it, if it makes sense nevertheless."""
