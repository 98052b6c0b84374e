"""What a packet about a transfer does to the registry, and which channel has which role in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.channels import CALLED

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.channels import Channel
    from cacofonisk.pbx import Pbx


def attended_transfer(pbx: Pbx, event: AmiEvent) -> str | None:
    """AttendedTransfer: who is who, and who has whose place and whose legs now; answers what is odd."""
    roles = event.roles = _roles(pbx, event, "OrigTransferer", "Transferee", "TransferTarget")
    uniqueid = event.get("SecondTransfererUniqueid")
    second = pbx.even_parted(uniqueid or "")
    if second is not None:
        roles["SecondTransferer"] = second
    for role in ("OrigTransferer", "SecondTransferer"):
        channel = roles.get(role)
        if channel is not None and channel.bridge is not None and channel.bridge.room:
            pbx.take_out(channel)  # its place in the room is another's, and no BridgeLeave says so
    if event.get("DestType") == "App":
        if "Transferee" in roles:
            _hand_on(pbx, event, second, roles["Transferee"])
        else:
            _hand_on(pbx, event, roles.get("OrigTransferer"), roles.get("TransferTarget"))
    elif event.get("DestType") == "Link":
        _link(pbx, event, roles)
    if uniqueid and second is None and pbx.stock.is_taken:
        return f"AttendedTransfer comes after the end of its consultation by {uniqueid}, a channel that is not there"
    return None


def _link(pbx: Pbx, event: AmiEvent, roles: dict[str, Channel]) -> None:
    """A Local channel links the two bridges; where several were with the transferer, the first there is who goes on."""
    half = pbx.channels.get(event.get("LocalOneUniqueid") or "")
    if half is not None and half.bridge is not None:
        roles["LocalOne"] = half
        for channel in [channel for channel in half.bridge.channels if channel is not half]:
            roles.setdefault("Transferee", channel)


def _hand_on(pbx: Pbx, event: AmiEvent, channel: Channel | None, transferee: Channel | None) -> None:
    """What the transferer has with the PBX the transferee has now: whom it calls or who called it, and its place."""
    if channel is not None and transferee is not None:
        for leg in [leg for leg in channel.dialled if leg.uniqueid in pbx.channels]:
            leg.be_dialled_by(transferee)
            leg.meet(transferee)
        if channel.dialler is not None and event.get("DestApp") in CALLED:
            transferee.dial = channel.dial
            transferee.be_dialled_by(channel.dialler)
        pbx.bequeath(channel, transferee)


def blind_transfer(pbx: Pbx, event: AmiEvent) -> None:
    """BlindTransfer: who is who."""
    event.roles = _roles(pbx, event, "Transferer", "Transferee")


def _roles(pbx: Pbx, event: AmiEvent, *prefixes: str) -> dict[str, Channel]:
    roles = {}
    for prefix in prefixes:
        header = f"{prefix}Uniqueid"
        # Asterisk tells of a transfer when it is done: those concerned may have gone on, or hung up.
        channel = pbx.even_parted(event.get(header) or "") or pbx.perhaps(event, event.get(header), header)
        if channel is not None:
            roles[prefix] = channel
    return roles
