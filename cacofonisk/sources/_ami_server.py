"""Keeps one AMI server connected, for ever."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING, Literal

from cacofonisk.events import SourceEvent
from cacofonisk.sources._ami_buffer import Buffer
from cacofonisk.sources._ami_connection import Connection
from cacofonisk.sources._ami_protocol import AmiProtocol, ConnectionLostError
from cacofonisk.sources._ami_stock import Stock
from cacofonisk.sources._backoff import Backoff
from cacofonisk.sources._framing import Framer
from cacofonisk.sources._login import LoginRefusedError
from cacofonisk.times import rfc3339

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Container

    from cacofonisk.events import Event
    from cacofonisk.sources._ami_names import Names
    from cacofonisk.sources._ami_url import Address

_log = logging.getLogger("cacofonisk.sources")


@dataclass(slots=True, frozen=True, kw_only=True)
class Settings:
    """How to deal with a server; times in seconds, the buffer in bytes."""

    wanted: Container[str] | None
    tls: ssl.SSLContext | None
    ping: float
    timeout: float
    retry_first: float
    retry_most: float
    buffer: int
    resync: bool
    random: Callable[[], float]
    tap: Callable[[], Callable[[bytes], None]] | None
    """Gives what sees all bytes of a new connection."""


class Server:
    """One AMI server: connects, logs in, takes stock, hands on its events, and begins anew when it was lost.

    `push` takes the events. `names` has, or chooses, the name that stands in them; `index` is its place there.
    """

    def __init__(
        self, address: Address, settings: Settings, push: Callable[[Event], None], names: Names, index: int
    ) -> None:
        self.name = names.given(index)
        self._address = address
        self._settings = settings
        self._names = names
        self._index = index
        self._stock = Stock()
        self._again = asyncio.Event()  # something is missing: take stock anew
        self._backoff = Backoff(settings.retry_first, settings.retry_most, settings.random)
        self._connection: Connection | None = None
        self._protocol: AmiProtocol | None = None
        self._buffer = Buffer(asyncio.get_running_loop(), push, self._gap, settings.buffer)
        self._said = ""
        self._was_let_in = False

    async def run(self) -> None:
        """Stay connected until it is cancelled; raises SourceError when trying again is no use."""
        try:
            while True:
                try:
                    await self._connected()
                except ConnectionLostError as error:
                    self._complain(str(error))
                except LoginRefusedError as error:
                    if not self._was_let_in:
                        raise
                    self._complain(str(error))  # somebody changes its manager.conf; its calls are not over
                self._names.settle(self._index)
                await asyncio.sleep(self._backoff.wait())
        finally:
            self._names.settle(self._index)
            self._drop()
            self._buffer.flush()

    def stop(self) -> None:
        """Hand on no more and close the connection."""
        self._buffer.close()
        self._drop()

    def _drop(self) -> None:
        if self._protocol is not None:
            self._protocol.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _connected(self) -> None:
        """One connection, from its beginning to its loss, which it raises."""
        settings = self._settings
        connection = await Connection.open(
            self._address,
            self._make_protocol,
            tls=settings.tls if self._address.tls else None,
            timeout=settings.timeout,
            ping=settings.ping,
        )
        self._connection = connection
        self._was_let_in = True
        try:
            if not self.name:
                self.name = await self._names.choose(self._index, await _system_name(connection))
            self._begin(connection)
            await self._listen(connection)
        finally:
            self._drop()

    async def _listen(self, connection: Connection) -> None:
        """Take stock now, and whenever something is missing; until the connection is lost, which it raises."""
        why = "the connection was closed"
        try:
            while True:
                self._again.clear()
                detail = "no lists were asked for"
                if self._settings.resync:
                    detail = await self._stock.take(connection, self.name)
                self._backoff.reset()
                self._buffer.tell_gap()  # packets that are missing may be of the lists
                if not self._again.is_set():
                    self._buffer.put_surely(self._event("resynced", detail))
                await connection.lasts_until(self._again)
        except ConnectionLostError as error:
            why = str(error)
            raise
        finally:
            self._buffer.put_surely(self._event("lost", why))

    def _make_protocol(self) -> AmiProtocol:
        settings = self._settings
        framer = Framer(settings.wanted, server=self.name, live=True)
        self._buffer.hold()
        tap = settings.tap() if settings.tap is not None else None
        self._protocol = AmiProtocol(framer, self._buffer.put, tap)
        return self._protocol

    def _begin(self, connection: Connection) -> None:
        """All that came since the login follows on `connected`."""
        connection.protocol.name_server(self.name)
        self._said = ""
        _log.info("%s: connected to %s", self.name, self._address)
        self._buffer.release(self._event("connected", f"Asterisk Call Manager/{connection.version}"))

    def _event(self, kind: Literal["connected", "lost", "resynced", "gap"], detail: str) -> SourceEvent:
        now = rfc3339(round(time(), 6))
        stock = kind in ("connected", "gap") and self._settings.resync
        return SourceEvent(server=self.name, time=now, kind=kind, detail=detail, takes_stock=stock)

    def _gap(self, missing: int) -> SourceEvent:
        """The event that stands for packets which were dropped; stock is taken anew behind it."""
        _log.error("%s: %d packets were dropped: they came faster than they were taken", self.name, missing)
        self._again.set()
        return self._event("gap", f"{missing} packets were dropped")

    def _complain(self, what: str) -> None:
        """Say why there is no connection, once for each reason."""
        if what != self._said:
            self._said = what
            _log.warning("%s: not connected: %s; trying again", self.name or self._address, what)


async def _system_name(connection: Connection) -> str:
    """What Asterisk calls itself, empty where it has no name or does not tell."""
    reply = await connection.ask("CoreSettings")
    return reply.headers.get("CoreSystemName", "") if reply.done else ""
