"""What one server has now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.errors import MissingHeaderError, UnknownChannelError
from cacofonisk.parted import Parted
from cacofonisk.stock import Stock

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.bridges import Bridge
    from cacofonisk.channels import Channel


class Pbx:
    """What a server has: its channels and bridges by Uniqueid."""

    __slots__ = ("bridges", "channels", "linked", "parted", "stock")

    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self.linked: dict[str, int] = {}
        """How many of the channels were born with each Linkedid."""
        self.parted = Parted()
        """Who has hung up while others of its Linkedid are there; who has given its place in a conference room away:
        by that room, until somebody leaves such a place."""
        self.stock = Stock()

    def __len__(self) -> int:
        """How many channels and bridges are kept."""
        return len(self.channels) + len(self.bridges) + len(self.parted) + len(self.stock)

    def known(self, event: AmiEvent, uniqueid: str | None, header: str = "Uniqueid") -> Channel:
        """The channel that this header of the event names; one that is not known makes no sense."""
        channel = self.channels.get(uniqueid)  # type: ignore[arg-type]  # None is no key, and that is told below
        if channel is None:
            if uniqueid is None:
                raise MissingHeaderError(event.name, header)
            raise UnknownChannelError(f"{event.name} is about {uniqueid}, a channel that is not there")
        return channel

    def perhaps(self, event: AmiEvent, uniqueid: str | None, header: str = "Uniqueid") -> Channel | None:
        """The same, None when the packet names none."""
        return self.known(event, uniqueid, header) if uniqueid else None

    def even_parted(self, uniqueid: str) -> Channel | None:
        """The channel of this Uniqueid, also if it has hung up meanwhile."""
        return self.channels.get(uniqueid) or self.parted.find(uniqueid)

    def enrol(self, channel: Channel) -> None:
        """The channel is born."""
        self.channels[channel.uniqueid] = channel
        channel.parted_before = self.parted.count
        self.linked[channel.linkedid] = self.linked.get(channel.linkedid, 0) + 1

    def dismiss(self, channel: Channel) -> None:
        """The channel has hung up."""
        bridge = channel.bridge
        if bridge is not None and not bridge.has_ended and channel.is_person and self.stock.is_taken:
            channel.place = bridge
            if bridge.room:
                self.parted.keep(bridge.uniqueid, channel)
        self.take_out(channel)
        born = channel.linkedid
        self.linked[born] -= 1
        if not self.linked[born]:
            del self.linked[born]
            self.parted.release(born)
        kin = born if born in self.linked else channel.kin
        if channel.may_be_named and kin in self.linked:
            if channel.has_lived:
                self.parted.outlive(kin, channel.parted_before)
            self.parted.keep(kin, channel)
        if not self.channels:  # so nobody has a place that another gave away
            self.forget_places()

    def leave_room(self, bridge: Bridge, channel: Channel) -> Channel | None:
        """Somebody leaves it; answers who gave a place away before that one was born, if nobody has left it since.

        By now a transfer would have told who has it.
        """
        self.take_out(channel)
        return self.parted.take_first(bridge.uniqueid, channel.parted_before) if bridge.room else None

    def end_room(self, room: str) -> None:
        """The conference is over: nobody has a place there."""
        bridge = self.bridges.get(room)
        if bridge is not None:
            bridge.has_ended = True
        self.parted.release(room)

    def leave_place(self, room: str) -> Channel | None:
        """Somebody leaves this room who never entered it; answers who has hung up and gave a place in it away."""
        return self.parted.take_first(room)

    def forget_places(self) -> None:
        """Packets were missed: nobody can tell who has whose place."""
        self.parted.release_all_but(self.linked)

    def put_into(self, bridge: Bridge, channel: Channel) -> None:
        """The channel is in this bridge from now on."""
        channel.bridge = bridge
        for other in bridge.channels if bridge.is_talk else ():  # in a waiting place nobody transfers another
            other.meet(channel)
        bridge.channels[channel] = None

    def bequeath(self, channel: Channel, heir: Channel) -> None:
        """This one is where its heir is transferred to: the heir gets its place, at once if it has hung up by now."""
        after: Channel | None = heir
        while after is not None and after is not channel:
            after = after.heir
        if after is None and channel.uniqueid in self.channels:
            channel.heir = heir
        elif channel.place is not None and channel.place.is_talk:
            self.put_into(channel.place, heir)

    def inherit(self, channel: Channel) -> None:
        """The channel hangs up: who was transferred to where it was has its place now."""
        heir = channel.heir
        if heir is None:
            return
        channel.heir = None
        bridge = channel.bridge
        if bridge is not None:
            self.take_out(channel)
            self.take_out(heir)
            self.put_into(bridge, heir)

    def take_out(self, channel: Channel) -> None:
        """The channel is in no bridge any longer; an empty bridge is forgotten."""
        bridge = channel.bridge
        if bridge is not None:
            channel.bridge = None
            bridge.channels.pop(channel, None)
            if not bridge.channels:  # a parking bridge is never destroyed, but an empty one holds nobody
                self.bridges.pop(bridge.uniqueid, None)
