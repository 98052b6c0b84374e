"""The registry: which channels and bridges each server has now; `binding.py` tells which of them a packet is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.binding import HANDLERS
from cacofonisk.errors import BadPacketError, UnknownChannelError
from cacofonisk.events import Anomaly, SourceEvent
from cacofonisk.pbx import Pbx
from cacofonisk.stock import TAKES, bridged, conclude, vanished
from cacofonisk.times import seconds_since_1970

if TYPE_CHECKING:
    from collections.abc import Container

    from cacofonisk.channels import Channel
    from cacofonisk.events import Event
    from cacofonisk.machine import Emit


class ChannelTracker:
    """Keeps the registry and binds every packet to the channels it is about."""

    def __init__(self) -> None:
        self._servers: dict[str, Pbx] = {}

    @property
    def reads(self) -> Container[str]:
        """The packets that tell of channels and bridges, and the lists of them."""
        return HANDLERS.keys() | TAKES.keys()

    def feed(self, event: Event, emit: Emit) -> Event:
        """Take one event; what makes no sense becomes an `Anomaly` before the event passes."""
        if type(event) is AmiEvent:
            handle = HANDLERS.get(event.name)
            if handle is not None:
                if event.tracked:  # another pipe on the same source has its own objects
                    event = event.copy()
                event.tracked = True
                pbx = self._servers.get(event.server)
                if pbx is None:
                    pbx = self._pbx(event.server)
                try:
                    odd = handle(pbx, event)
                except UnknownChannelError as error:
                    event.is_nonsense = True
                    if pbx.stock.is_taken:  # else the lists, which are on their way, tell what it is about
                        emit(Anomaly.of(event, str(error)))
                except BadPacketError as error:
                    event.is_nonsense = True
                    emit(Anomaly.of(event, str(error)))
                else:
                    if odd is not None:
                        emit(Anomaly.of(event, odd))
            elif event.name in TAKES:
                self._take_stock(event, emit)
        elif type(event) is SourceEvent:
            self._source(event, emit)
        return event

    def finish(self, emit: Emit) -> None:  # noqa: ARG002  # it has nothing left to say
        """Forget everything."""
        self._servers.clear()

    def channel(self, server: str, uniqueid: str) -> Channel | None:
        """The live channel with this Uniqueid, None where there is none."""
        pbx = self._servers.get(server)
        return pbx.channels.get(uniqueid) if pbx is not None else None

    def __len__(self) -> int:
        """How many channels and bridges are kept."""
        return sum(map(len, self._servers.values()))

    def _pbx(self, server: str) -> Pbx:
        pbx = self._servers.get(server)
        if pbx is None:
            pbx = self._servers[server] = Pbx()
        return pbx

    def _take_stock(self, event: AmiEvent, emit: Emit) -> None:
        try:
            for concluded in conclude(self._pbx(event.server), event):
                emit(self.feed(concluded, emit))
        except BadPacketError as error:
            emit(Anomaly.of(event, str(error)))

    def _source(self, event: SourceEvent, emit: Emit) -> None:
        pbx = self._pbx(event.server)
        if event.kind == "resynced":  # whatever was listed, no more will come
            at = AmiEvent({"Event": "Resynced"}, server=event.server, received=seconds_since_1970(event.time))
            for concluded in (*vanished(pbx, at), *bridged(pbx, at)):
                emit(self.feed(concluded, emit))
        else:
            if event.kind == "lost":
                pbx.stock.lost = seconds_since_1970(event.time)
            pbx.stock.begin(pbx, lists_follow=event.takes_stock)
