"""A small TCP proxy on loopback that does to connections what bad networks do.

async with Proxy(pbx.ami_port) as proxy:
    ...                # a client connects to proxy.port
    proxy.cut()        # all connections end, new ones too, until
    proxy.mend()
    proxy.stall()      # the connections of now stay open but nothing passes; new ones end, until
    proxy.mend()
    proxy.pause()      # nothing passes, but nothing is lost, until
    proxy.resume()
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from cacofonisk.testing.listening import stop_listening

Damage = Callable[[bytes], bytes]


def _undamaged(data: bytes) -> bytes:
    return data


def _at_once() -> float:
    return 0.0


class Proxy:
    def __init__(self, to_port: int) -> None:
        self.port = 0
        self.to_port = to_port
        self.connections = 0  # so many were made until now
        self.piece = 1 << 16  # what comes from the server is handed on in pieces of so many bytes
        self.damage: Damage = _undamaged  # what is done to it on its way
        self.delay: Callable[[], float] = _at_once  # for so many seconds it is on its way
        self._flows = asyncio.Event()
        self._flows.set()
        self._is_cut = False
        self._passages: set[_Passage] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._on_client, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self.resume()
        if self._server:
            await stop_listening(self._server)
            await self._server.wait_closed()

    def cut(self) -> None:
        """As if a cable was pulled out, and somebody noticed."""
        self._is_cut = True
        for passage in list(self._passages):
            passage.abort()

    def mend(self) -> None:
        """What connects from now on gets through, unharmed."""
        self._is_cut = False
        self.piece, self.damage, self.delay = 1 << 16, _undamaged, _at_once

    def stall(self) -> None:
        """As if a cable was pulled out, and nobody noticed: connections that are there stay, silent for ever."""
        self._is_cut = True
        for passage in self._passages:
            passage.stalled = True

    def pause(self) -> None:
        """As if a cable was pulled out, and put back in time."""
        self._flows.clear()

    def resume(self) -> None:
        """What was held up arrives."""
        self._flows.set()

    async def flowing(self) -> None:
        """Wait until whatever is on its way may pass."""
        await asyncio.sleep(self.delay())
        await self._flows.wait()

    async def _on_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            writer.transport.abort()
            return
        if self._is_cut:  # meanwhile
            writer.transport.abort()
            server_writer.transport.abort()
            return
        self.connections += 1
        passage = _Passage(writer, server_writer)
        self._passages.add(passage)
        back = asyncio.create_task(passage.carry(server_reader, writer, self))
        try:
            await passage.carry(reader, server_writer)
        finally:
            passage.abort()
            self._passages.discard(passage)
            await back


class _Passage:
    """One connection through the proxy: a client's and the one to the server."""

    def __init__(self, *writers: asyncio.StreamWriter) -> None:
        self.stalled = False
        self._writers = writers
        for writer in writers:
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, how: Proxy | None = None) -> None:
        """Hand on what comes, until one side ends."""
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                if self.stalled:
                    continue
                if how is None:
                    writer.write(data)
                else:
                    await how.flowing()
                    await self._pass_on(how.damage(data), writer, how.piece)
                await writer.drain()
        if not self.stalled:
            self.abort()

    async def _pass_on(self, data: bytes, writer: asyncio.StreamWriter, piece: int) -> None:
        for start in range(0, len(data), piece):
            writer.write(data[start : start + piece])
            if piece < len(data):
                await asyncio.sleep(0)  # the other side reads it before the next piece comes
