"""The bytes of one AMI connection: panoramisk's protocol with framing of our own."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
from time import time
from typing import TYPE_CHECKING, Any

from panoramisk.actions import Action  # type: ignore[import-untyped]  # panoramisk has no types
from panoramisk.ami_protocol import AMIProtocol  # type: ignore[import-untyped]  # as above
from panoramisk.message import Message  # type: ignore[import-untyped]  # as above

from cacofonisk.ami_event import LISTS, OF_LISTS, AmiEvent
from cacofonisk.events import Anomaly
from cacofonisk.sources._ami_tls import why_no_tls
from cacofonisk.sources._framing import Answer, BadPacket, Framer, Greeting
from cacofonisk.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.ami_event import Headers
    from cacofonisk.events import Event

_GREETING = b"Asterisk Call Manager/"
_ENDS = frozenset(end for _, end in LISTS.values())

_log = logging.getLogger("cacofonisk.sources")


class ConnectionLostError(Exception):
    """The connection is gone, or is of no use; says why."""


class AmiProtocol(AMIProtocol):  # type: ignore[misc]  # as above
    """Takes the bytes of one connection; never lets an exception through into the transport.

    `take(events, size)` gets the events and anomalies of `size` bytes, `tap(data)` sees all
    bytes. panoramisk matches answers to actions.
    """

    def __init__(
        self,
        framer: Framer,
        take: Callable[[list[Event], int], None],
        tap: Callable[[bytes], None] | None = None,
    ) -> None:
        self.server = ""
        self.silent = False  # nothing was heard since somebody set it
        self.listed = 0
        """How many packets of lists have come."""
        self.responses: dict[str, Any] = {}
        self.closed = False
        self.transport: asyncio.Transport | None = None
        loop = asyncio.get_running_loop()
        self.greeting: asyncio.Future[str] = loop.create_future()
        self.lost: asyncio.Future[str] = loop.create_future()
        """Why the connection is gone, as soon as it is."""
        self._framer = framer
        self._take = take
        self._tap = tap
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes as they come, cut anywhere."""
        self.silent = False
        try:
            if not self.greeting.done() and not self._is_asterisk(data):
                return
            self._packets(data)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is logged whole
            # Our own bug: it may cost this connection, but neither those of other servers nor the program.
            _log.exception("%s: a bug of cacofonisk, please report it; the connection is made anew", self.server)
            self.fail(f"a bug of cacofonisk ({type(error).__name__})")

    def eof_received(self) -> None:
        """The server ends the connection."""
        self.fail("the server closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.fail(why_lost(exc) if exc is not None else "the connection was closed")

    def name_server(self, server: str) -> None:
        """Events from now on are of this server."""
        self.server = server
        self._framer.server = server

    def fail(self, why: str) -> None:
        """Give the connection up."""
        if not self.lost.done():
            self.lost.set_result(why)
        self.close()

    def close(self) -> None:
        """Close it now; nothing is resent later, and nobody is waited for."""
        self.closed = True
        self.responses.clear()
        if self.transport is not None:
            self.transport.abort()

    def send(self, data: Action | dict[str, str], as_list: bool | None = None) -> asyncio.Future[Any]:
        """Send an action; the future of its answer, which stays open for ever if the connection is lost."""
        action = data if isinstance(data, Action) else Action(data, as_list=as_list)
        if not self.closed and self.transport is not None:
            self.responses[action.id] = action
            self._framer.believe_answers_to(self.responses)  # panoramisk may have made another one
            try:
                self.transport.write(str(action).encode("utf-8", "surrogateescape"))
            except (OSError, RuntimeError):
                # Not in the words of the error: those may hold what was to be written, which may be the secret.
                self.fail("it could not be written to")
        return action.future  # type: ignore[no-any-return]  # panoramisk has no types

    def _is_asterisk(self, data: bytes) -> bool:
        self._head = (self._head + data)[:200]
        known = min(len(self._head), len(_GREETING))
        if self._head[:known] == _GREETING[:known]:
            return True
        found = ascii(self._head.split(b"\n")[0][:60].decode("ascii", "replace").strip())
        self.fail(f"what answers there is not Asterisk's AMI: it says {found}")
        return False

    def _packets(self, data: bytes) -> None:
        now = round(time(), 6)  # no finer than a recording tells it
        packets = self._framer.feed(data, now)
        if self._tap is not None:
            self._tap(data)
        events: list[Event] = []
        for packet in packets:
            if packet.__class__ is AmiEvent:
                events.append(packet)
                if self.responses and packet.name in OF_LISTS:
                    self.listed += 1
                    if packet.name in _ENDS:
                        self._answer(packet.headers)
            elif isinstance(packet, Answer):
                self._answer(packet.headers)
            elif isinstance(packet, Greeting):
                if not self.greeting.done():
                    self.greeting.set_result(packet.version)
            elif isinstance(packet, BadPacket):
                what = f"{packet.what}, at byte {packet.at} of the connection"
                events.append(Anomaly(server=self.server, time=rfc3339(now), what=what, packet=packet.headers))
        if events:
            self._take(events, len(data))

    def _answer(self, headers: Headers) -> None:
        """Hand panoramisk what answers an action of ours; anything else cannot be one."""
        action = headers.get("ActionID")
        if not isinstance(action, str) or action not in self.responses:
            return
        # Of what comes twice the first is Asterisk's.
        lines = [f"{key}: {value if isinstance(value, str) else value[0]}" for key, value in headers.items()]
        message = Message.from_line("\r\n".join(lines))
        if message is not None:
            self.handle_message(message)


def why_lost(error: Exception) -> str:
    """What took a connection away, in words."""
    if isinstance(error, ssl.SSLError):
        return why_no_tls(error)
    if isinstance(error, OSError):
        known = error.errno is not None and not isinstance(error, socket.gaierror)
        return (os.strerror(error.errno) if known else error.strerror or str(error)).lower()  # type: ignore[arg-type]
    return str(error) or type(error).__name__
