"""Reads Asterisk's transfer packets and says who transferred whom to whom, in persons."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cacofonisk.ami_event import AmiEvent
from cacofonisk.channels import CALLED, RING, UP, Channel
from cacofonisk.errors import BadPacketError, PipelineError
from cacofonisk.events import Anomaly
from cacofonisk.transfer_fact import TransferFact

if TYPE_CHECKING:
    from cacofonisk.events import Event
    from cacofonisk.machine import Emit


class Roles(NamedTuple):
    """Which headers of an AttendedTransfer tell of whom."""

    transferer: str
    second: str
    transferee: str
    target: str


STRAIGHT = Roles("OrigTransferer", "SecondTransferer", "Transferee", "TransferTarget")
CROSSED = Roles("SecondTransferer", "OrigTransferer", "TransferTarget", "Transferee")
"""The phone asked on the leg on which it is with an application, or parked: who goes there was on its other leg."""


class TransferDetector:
    """Emits a `TransferFact` before each packet that tells of a transfer."""

    reads = frozenset({"AttendedTransfer", "BlindTransfer"})

    def feed(self, event: Event, emit: Emit) -> Event:
        """Take one event; say who is behind it when it is about a transfer."""
        if type(event) is AmiEvent and event.name in self.reads and not event.is_nonsense:
            if not event.tracked:
                raise PipelineError("detect_transfer needs track_channels before it in the pipe")
            try:
                emit(_blind(event) if event.name == "BlindTransfer" else _consulted(event))
            except BadPacketError as error:
                emit(Anomaly.of(event, str(error)))
        return event

    def finish(self, emit: Emit) -> None:
        """Nothing stays open."""


def _blind(event: AmiEvent) -> TransferFact:
    transferer = _role(event, "Transferer")
    transferee = _person(event, "Transferee", transferer)
    if event["Result"] == "Success" and not event.get("TransfereeUniqueid"):
        raise BadPacketError("BlindTransfer says of nobody that it is transferred, as it does where three or more talk")
    return TransferFact(
        kind="blind",
        server=event.server,
        timestamp=event.timestamp,
        transferer=transferer,
        second=None,
        transferee=transferee,
        targets=[],
        exten=event.get("Extension") or "",
        result=event["Result"],
    )


def _consulted(event: AmiEvent) -> TransferFact:
    roles = _roles(event)
    transferer = _role(event, roles.transferer)
    second = _second(event, roles)
    transferee = _person(event, roles.transferee, transferer)
    half = (event.roles or {}).get(roles.transferee)
    bridge = half.bridge if half is not None else None
    others = [channel for channel in bridge.channels if channel is not half] if bridge is not None else []
    link = (event.roles or {}).get("LocalOne")  # by which those who were with the transferer reach the others
    others = others if link is None else [link]
    targets = _targets(event, roles, others, (transferer, second, transferee))
    rings = bool(targets) and not any(map(_has_answered, targets))
    return TransferFact(
        kind="blonde" if rings else "attended",
        server=event.server,
        timestamp=event.timestamp,
        transferer=transferer,
        second=second,
        transferee=transferee,
        targets=targets,
        exten=_dialled(event, roles, others, second),
        result=event["Result"],
        bridge=bridge,
        stays=event.get("DestType") == "Threeway",
    )


def _roles(event: AmiEvent) -> Roles:
    """Who is where: nobody is with the transferer who asks on its leg to an application, or on the one that waits."""
    is_alone = event.get("DestType") == "App" or event.get("OrigBridgeTechnology") == "holding_bridge"
    is_crossed = is_alone and not event.get("TransfereeUniqueid") and event.get("TransferTargetUniqueid")
    return CROSSED if is_crossed else STRAIGHT


def _has_answered(target: Channel) -> bool:
    """Who talks already or called itself, or whose dial says so: with a macro to accept it that is later than Up."""
    if target.bridge is not None:
        return True
    return target.state in (RING, UP) if target.dial is None else target.dial == "ANSWER"


def _dialled(event: AmiEvent, roles: Roles, others: list[Channel], second: Channel | None) -> str:
    """The number of the consultation; inside one channel, that of the Local half by which the PBX called it."""
    if second is None:
        return event.get(f"{roles.second}Exten") or ""
    if roles is CROSSED and event.get("DestType") != "App":
        return ""  # into the place where somebody is parked, who has dialled for somebody else
    inside = event.get("OrigTransfererUniqueid") == event.get("SecondTransfererUniqueid")
    by_the_pbx = next((half.exten for half in others if half.is_local), "")
    return (by_the_pbx or second.exten) if inside else (second.exten or by_the_pbx)


def _second(event: AmiEvent, roles: Roles) -> Channel | None:
    """The transferer's channel of the consultation; None where that was over before the transfer was told."""
    if (event.roles or {}).get(roles.second) is None and event.get(f"{roles.second}Uniqueid"):
        return None
    return _role(event, roles.second)


def _role(event: AmiEvent, prefix: str) -> Channel:
    """The transferer: the person itself, or the only one behind a Local half, even if that is gone by now."""
    channel = (event.roles or {}).get(prefix)
    if channel is None:
        raise BadPacketError(f"{event.name} names no {prefix}")
    if channel.is_person:
        return channel
    people = channel.people()
    person = people[0] if people else channel.stood_for
    if person is None:
        raise BadPacketError(f"{event.name} names as {prefix} {channel.name}, behind which nobody is")
    return person


def _in_front_of(second: Channel | None) -> list[Channel]:
    """Who called the transferer, who has answered but does not talk with them yet: or hardly, and has hung up."""
    if second is None:
        return []
    bridge = second.bridge or second.place
    people = bridge.people(without=second) if bridge is not None and bridge.is_talk else []
    return people or [dialler for dialler in second.diallers() if dialler.is_person]


def _person(event: AmiEvent, prefix: str, transferer: Channel) -> Channel | None:
    channel = (event.roles or {}).get(prefix)
    if channel is None:
        return None
    return next((person for person in channel.people() if person is not transferer), None)


def _targets(event: AmiEvent, roles: Roles, others: list[Channel], known: tuple[Channel | None, ...]) -> list[Channel]:
    """Whom the transferer consulted: who is named, whose phone still rings, or who is with the transferee now."""
    named = (event.roles or {}).get(roles.target)
    if named is not None:
        people = named.people() or named.rung_people()
    elif event.get("DestType") == "App":
        transferee = (event.roles or {}).get(roles.transferee)
        people = [person for leg in (transferee.dialled if transferee else ()) for person in leg.called_people()]
        if (event.get("DestApp") or "") in CALLED:
            people += _in_front_of(known[1])
    else:
        people = [person for channel in others for person in channel.people() or channel.rung_people()]
    return [person for person in people if person not in known]
