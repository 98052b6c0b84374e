"""What one server has now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.errors import UnknownChannelError
from cacofonisk.stock import Stock

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.bridges import Bridge
    from cacofonisk.channels import Channel


class Pbx:
    """What one server has: its channels and bridges by Uniqueid."""

    __slots__ = ("bridges", "channels", "stock")

    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self.stock = Stock()

    def known(self, event: AmiEvent, header: str = "Uniqueid") -> Channel:
        """The channel that this header names; one that is not known makes no sense."""
        channel = self.channels.get(event.get(header) or "")
        if channel is None:
            raise UnknownChannelError(f"{event.name} is about {event[header]}, a channel that is not there")
        return channel

    def perhaps(self, event: AmiEvent, header: str = "Uniqueid") -> Channel | None:
        """The same, None when the packet names none."""
        uniqueid = event.get(header)
        return self.known(event, header) if uniqueid else None

    def take_out(self, channel: Channel) -> None:
        """The channel is in no bridge any longer; an empty bridge is forgotten."""
        bridge = channel.bridge
        if bridge is not None:
            channel.bridge = None
            bridge.channels.pop(channel, None)
            if not bridge.channels:  # a parking bridge is never destroyed, but an empty one holds nobody
                self.bridges.pop(bridge.uniqueid, None)
