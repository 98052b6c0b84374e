"""What is remembered of a server that speaks AMI 1.x, and how it is said what happens there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cacofonisk.ami_event import AmiEvent

if TYPE_CHECKING:
    from cacofonisk.machine import Emit


class Bridge(NamedTuple):
    """Where channels meet; Asterisk 12 and newer tell of it, AMI 1.x does not."""

    uniqueid: str
    kind: str = "basic"
    room: str | None = None
    """Of a conference room its name."""


class Server:
    """What has to be remembered of one server between two packets, by Uniqueid; a Hangup frees it."""

    def __init__(self) -> None:
        self.pairs: dict[str, str] = {}
        """The other half of a Local channel."""
        self.diallers: dict[str, str] = {}
        """Who is calling a leg that has not answered yet; empty: the PBX itself."""
        self.elsewhere: dict[str, str] = {}
        """Where a dialler has just begun to call by a Local channel, beside others: one of them may have sent it."""
        self.known_as: dict[str, tuple[str | None, str | None]] = {}
        """The number and name of a phone that has rung: whoever takes its place answers for it."""
        self.answered: dict[str, None] = {}
        """Diallers who have got an answer."""
        self.bridges: dict[str, Bridge] = {}
        """The bridge that a channel is in."""

    def __len__(self) -> int:
        return len(self.pairs) + sum(map(len, vars(self).values()))


def say(emit: Emit, event: AmiEvent, name: str, **headers: str | None) -> None:
    """Say it in the words of Asterisk 12 and newer; a header that is None is left out."""
    said = {"Event": name}
    stamp = event.stamp
    if stamp is not None:
        said["Timestamp"] = stamp
    said.update((header, text) for header, text in headers.items() if text is not None)
    emit(AmiEvent(said, server=event.server, received=event.received))


def enter(
    server: Server, event: AmiEvent, emit: Emit, channel: str, bridge: Bridge, instead_of: str | None = None
) -> None:
    """The channel is in this bridge from now on, perhaps in the place of another one."""
    leave(server, event, emit, channel)
    server.bridges[channel] = bridge
    say(
        emit, event, "BridgeEnter", BridgeUniqueid=bridge.uniqueid, BridgeType=bridge.kind,
        BridgeTechnology="simple_bridge" if bridge.room is None else "softmix",
        BridgeCreator=None if bridge.room is None else "ConfBridge", BridgeName=bridge.room,
        Uniqueid=channel, SwapUniqueid=instead_of,
    )  # fmt: skip


def leave(server: Server, event: AmiEvent, emit: Emit, channel: str) -> None:
    """The channel is in no bridge any longer."""
    bridge = server.bridges.pop(channel, None)
    if bridge is not None:
        say(emit, event, "BridgeLeave", BridgeUniqueid=bridge.uniqueid, BridgeType=bridge.kind, Uniqueid=channel)
