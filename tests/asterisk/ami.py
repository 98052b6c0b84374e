"""A tiny AMI client: log in, read packets, send actions."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

Packet = dict[str, str | list[str]]


def parse(raw: bytes) -> Packet:
    """One packet as a dict in the order of its headers; a header that comes twice is a list."""
    packet: Packet = {}
    for line in raw.decode("utf-8", "replace").split("\r\n"):
        key, colon, value = line.partition(":")
        if not colon:
            continue
        value = value.removeprefix(" ")
        before = packet.get(key)
        if before is None:
            packet[key] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            packet[key] = [before, value]
    return packet


class Ami:
    """One connection. What arrives is kept, and each packet is also handed to `on_packet` at once."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.raw = bytearray()
        self.lost = asyncio.Event()
        self.on_packet: Callable[[Packet], None] | None = None
        self._changed = asyncio.Condition()
        self._last_id = 0
        self._reader: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def connect(
        self,
        port: int,
        user: str = "lab",
        secret: str = "lab",  # noqa: S107  # as config/manager.conf says
        on_packet: Callable[[Packet], None] | None = None,
    ) -> None:
        self.on_packet = on_packet
        stream, self._writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        self.raw += await stream.readline()  # the banner
        self._reader = asyncio.create_task(self._read(stream))
        answer = await self.action("Login", Username=user, Secret=secret)
        if answer["Response"] != "Success":
            raise ConnectionError(f"login refused: {answer}")

    async def close(self) -> None:
        if self._writer:
            self._writer.close()
        if self._reader:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader

    async def action(self, name: str, **headers: str) -> Packet:
        """Send an action and wait for its response."""
        self._last_id += 1
        action_id = f"lab-{self._last_id}"
        lines = [f"Action: {name}", f"ActionID: {action_id}"]
        lines += [f"{key}: {value}" for key, value in headers.items()]
        assert self._writer
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        return await self.until(lambda packet: packet.get("ActionID") == action_id and "Response" in packet)

    async def until(self, wanted: Callable[[Packet], bool], within: float = 10) -> Packet:
        """The first packet of this connection, past or to come, that is the wanted one."""
        seen = 0
        async with asyncio.timeout(within), self._changed:
            while True:
                for packet in self.packets[seen:]:
                    if wanted(packet):
                        return packet
                seen = len(self.packets)
                if self.lost.is_set():
                    raise ConnectionError("the AMI connection is lost")
                await self._changed.wait()

    async def _read(self, stream: asyncio.StreamReader) -> None:
        try:
            while True:
                raw = await stream.readuntil(b"\r\n\r\n")
                self.raw += raw
                packet = parse(raw)
                self.packets.append(packet)
                if self.on_packet:
                    self.on_packet(packet)
                async with self._changed:
                    self._changed.notify_all()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.lost.set()
            async with self._changed:
                self._changed.notify_all()
