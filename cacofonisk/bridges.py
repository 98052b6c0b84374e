"""A bridge: where channels meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacofonisk.channels import Channel


class Bridge:
    """The channels that Asterisk mixes together; `track_channels` is its only writer."""

    __slots__ = ("channels", "has_ended", "kind", "room", "server", "technology", "uniqueid")

    def __init__(self, server: str, uniqueid: str, kind: str, technology: str, room: str = "") -> None:
        self.server = server
        self.uniqueid = uniqueid
        self.kind = kind
        self.technology = technology
        self.room = room
        """Of a conference room its name, else empty."""
        self.has_ended = False
        """The conference is over: who is in it yet goes now, and nobody takes a place there."""
        self.channels: dict[Channel, None] = {}
        """Who is in it, in the order of entering."""

    @property
    def is_talk(self) -> bool:
        """People in it talk with each other: it is no conference room, parking lot or other waiting place."""
        return self.kind not in ("base", "parking") and self.technology != "holding_bridge"

    def people(self, without: Channel | None = None) -> list[Channel]:
        """The persons in it and those behind the Local halves in it, except for `without` and who is behind it."""
        return [person for channel in self.channels if channel is not without for person in channel.people()]

    def __repr__(self) -> str:
        return f"<Bridge {self.uniqueid} {list(self.channels)}>"
