"""An AMI server for tests: replays a recording over TCP or TLS, so that a pipeline is tested without a PBX."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from cacofonisk.testing.ami_server_packets import LOST, decode, encode, read_packets
from cacofonisk.testing.ami_server_state import AmiServerState
from cacofonisk.testing.listening import stop_listening

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Container, Iterable, Mapping

Headers = dict[str, str]
_HANDSHAKE = 1.0  # seconds for that of TLS


class AmiServer:
    """Speaks AMI at `url` on this machine while it is used as an async context manager.

    ::

        async with AmiServer("call.jsonl") as server:
            sources.ami(server.url).pipe(call_events()).subscribe(seen.append)
            await server.play()

    `recording` is a recording (JSON lines or raw, also packed) or packets as mappings of headers. One user
    logs in with `user` and `secret`; it may do the actions in `permitted` (None: all), and those in `unanswered` get
    no answer. `tls` makes it speak TLS. `greeting` is its first line, `system_name` the systemname of asterisk.conf.
    `piece` is the number of bytes it writes at a time (None: all at once). It listens at `host` (a certificate is best
    made for localhost).
    """

    def __init__(
        self,
        recording: str | os.PathLike[str] | Iterable[Mapping[str, str]] = (),
        *,
        user: str = "cacofonisk",
        secret: str = "secret",  # noqa: S107  # of a server that is none
        permitted: Container[str] | None = None,
        unanswered: Container[str] = (),
        system_name: str = "",
        tls: ssl.SSLContext | None = None,
        greeting: bytes = b"Asterisk Call Manager/11.0.0\r\n",
        piece: int | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        if isinstance(recording, str | os.PathLike):
            self._packets = read_packets(recording)
        else:
            self._packets = [encode(packet) for packet in recording]
        self.user = user
        self.secret = secret
        self.permitted = permitted
        self.unanswered = unanswered
        self.greeting = greeting
        self.piece = piece
        self.host = host
        self.port = 0
        self.actions: list[Headers] = []
        """Every action that was received, without its secret."""
        self.state = AmiServerState()
        self._system_name = system_name
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._clients: dict[_Client, None] = {}
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        """How a source names it."""
        scheme = "ami" if self._tls is None else "amis"
        host = "localhost" if self.host == "127.0.0.1" else f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{quote(self.user, safe='')}:{quote(self.secret, safe='')}@{host}:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, after a `stop` at the same port again."""
        # Who gives a handshake up does not always say so; then nothing else would end it.
        patience = None if self._tls is None else _HANDSHAKE
        self._server = await asyncio.start_server(
            self._serve, self.host, self.port, ssl=self._tls, ssl_handshake_timeout=patience, start_serving=False
        )
        self.port = self._server.sockets[0].getsockname()[1]
        await self._server.start_serving()

    async def stop(self) -> None:
        """Listen no more and cut all connections, as if the PBX were killed."""
        server, self._server = self._server, None
        if server is not None:
            await stop_listening(server)
        clients = list(self._clients)
        self.cut()
        for client in clients:
            await client.ended()

    async def logged_in(self, count: int = 1) -> None:
        """Wait until so many clients are logged in."""
        await self._until(lambda: sum(client.welcome for client in self._clients) >= count)

    async def asked(self, action: str, count: int = 1) -> None:
        """Wait until this action was received so many times."""
        await self._until(lambda: sum(done["Action"] == action for done in self.actions) >= count)

    async def play(self) -> None:
        """Wait for a client, then send the recording; where it says that the connection was lost, lose it."""
        for packet in self._packets:
            if packet != LOST:
                await self.logged_in()
                self.send_bytes(packet)
                await self._written()
            else:
                await self._hang_up()

    def send(self, packet: Mapping[str, str]) -> None:
        """Send one packet to all who are logged in."""
        self.send_bytes(encode(packet))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are, be they a packet or not."""
        self.state.follow(decode(data))
        for client in self._clients:
            if client.welcome:
                client.write(data)

    def cut(self) -> None:
        """Cut all connections at once, in the middle of whatever is being sent."""
        for client in list(self._clients):
            client.cut()
        self._clients.clear()

    def stall(self) -> None:
        """Keep the connections that there are open, but never answer or send on them any more."""
        for client in self._clients:
            client.stalled = True

    async def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            self._changed.clear()
            await self._changed.wait()

    async def _written(self) -> None:
        for client in list(self._clients):
            await client.written()

    async def _hang_up(self) -> None:
        """Let all clients read what was sent, then close."""
        for client in list(self._clients):
            client.finish()
            await client.ended()
            self._clients.pop(client, None)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:  # stopped since it was accepted
            writer.transport.abort()
            return
        client = _Client(writer, self.piece)
        self._clients[client] = None
        try:
            client.write(self.greeting)
            while True:
                action = decode(await reader.readuntil(b"\r\n\r\n"))
                self._answer(client, action)
                self._changed.set()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            return  # the client went away, or is none
        finally:
            self._clients.pop(client, None)
            client.cut()
            self._changed.set()

    def _answer(self, client: _Client, action: Headers) -> None:
        secret = action.pop("Secret", "")
        self.actions.append(action)
        name = action.get("Action", "")
        if name in self.unanswered:
            return
        if name == "Login":
            if (action.get("Username"), secret) != (self.user, self.secret):
                client.answer(action, "Error", "Authentication failed")
                client.finish()
                return
            client.answer(action, "Success", "Authentication accepted")
            client.write(encode({"Event": "FullyBooted", "Privilege": "system,all", "Status": "Fully Booted"}))
            client.welcome = True
        elif name == "Ping":
            client.write(encode({"Response": "Success", **_id(action), "Ping": "Pong"}))
        elif not client.welcome or (self.permitted is not None and name not in self.permitted):
            client.answer(action, "Error", "Permission denied")
        elif name == "CoreSettings":
            settings = {"AMIversion": "11.0.0", "CoreSystemName": self._system_name}
            client.write(encode({"Response": "Success", **_id(action), **settings}))
        else:
            self._list(client, action)

    def _list(self, client: _Client, action: Headers) -> None:
        packets = self.state.list(action)
        if packets is None:
            client.answer(action, "Error", "Invalid/unknown command")
            return
        client.answer(action, "Success", "A list will follow", EventList="start")
        for packet in packets:
            event = packet.pop("Event")
            client.write(encode({"Event": event, **_id(action), **packet}))


class _Client:
    """One connection to the server; what is written goes out in order, in pieces if so wished."""

    def __init__(self, writer: asyncio.StreamWriter, piece: int | None) -> None:
        self.welcome = False
        self.stalled = False
        self._writer = writer
        self._piece = piece
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._sender = asyncio.get_running_loop().create_task(self._send())

    def write(self, data: bytes) -> None:
        if not self.stalled:
            self._waiting.put_nowait(data)

    def answer(self, action: Headers, response: str, message: str, **more: str) -> None:
        self.write(encode({"Response": response, **_id(action), **more, "Message": message}))

    def finish(self) -> None:
        """Close when all is written."""
        self._waiting.put_nowait(None)

    def cut(self) -> None:
        self._sender.cancel()
        self._writer.transport.abort()

    async def written(self) -> None:
        """Wait until all is written, or never will be."""
        done = asyncio.ensure_future(self._waiting.join())
        await asyncio.wait({done, self._sender}, return_when=asyncio.FIRST_COMPLETED)
        done.cancel()

    async def ended(self) -> None:
        await asyncio.wait({self._sender})
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _send(self) -> None:
        with suppress(OSError):
            while (data := await self._waiting.get()) is not None:
                step = self._piece or len(data)
                for start in range(0, len(data), step):
                    self._writer.write(data[start : start + step])
                    await self._writer.drain()
                    if self._piece:
                        await asyncio.sleep(0)
                self._waiting.task_done()
            self._writer.close()


def _id(action: Headers) -> Headers:
    return {"ActionID": action["ActionID"]} if "ActionID" in action else {}
