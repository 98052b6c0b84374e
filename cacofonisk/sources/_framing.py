"""Cuts the byte stream of an AMI connection into packets; pure, for live connections and recordings alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent

if TYPE_CHECKING:
    from collections.abc import Container

MAX_PACKET = 1 << 20
"""Bytes in the largest packet that is taken; Asterisk's own are a few kilobytes."""

_END = b"\r\n\r\n"
_GREETING = b"Asterisk Call Manager/"
# A greeting is only believed where the answer to the login follows: a caller may call itself like one.
_GREETED = re.compile(rb"Asterisk Call Manager/([^\r\n]{0,40})\r\n(?=(?:Response|Event): )")


@dataclass(slots=True, frozen=True)
class Greeting:
    """Asterisk's first line on a new connection, with the version of its AMI."""

    version: str


@dataclass(slots=True, frozen=True)
class Answer:
    """The answer to an action, which begins with `Response:`; `raw` as `AmiEvent.from_bytes` takes it."""

    raw: bytes


@dataclass(slots=True, frozen=True)
class BadPacket:
    """Bytes that are no packet: what is wrong, at which byte of the stream, and how they begin."""

    what: str
    at: int
    head: bytes


Packet = AmiEvent | Greeting | Answer | BadPacket


class _Names(dict[bytes, "str | None"]):
    """First line of a packet -> the event's name, None where nobody wants it, empty where it is no such line."""

    def __init__(self, wanted: Container[str] | None) -> None:
        super().__init__()
        self._wanted = wanted

    def __missing__(self, line: bytes) -> str | None:
        known = self.wanted(line[7:]) if line.startswith(b"Event: ") else ""
        if len(self) < 1000:  # bounded: a hostile caller can make names up
            self[line] = known
        return known

    def wanted(self, name: bytes) -> str | None:
        """The name as text, None where nobody wants it."""
        text = name.decode("utf-8", "surrogateescape")
        return text if self._wanted is None or text in self._wanted else None


class Framer:
    """Takes bytes in chunks of any size and gives the packets in them; an unwanted event is skipped unparsed.

    `wanted` holds the names of the events to give (None: all), `limit` is the largest packet in bytes. `live` says
    that all bytes are of one connection, so that no greeting can follow the first (a recording may hold several).
    """

    def __init__(
        self,
        wanted: Container[str] | None = None,
        *,
        server: str = "",
        limit: int = MAX_PACKET,
        live: bool = False,
    ) -> None:
        self._live = live
        self.server = server
        self._names = _Names(wanted)
        self._limit = limit
        self._tail = bytearray()
        self._at = 0  # where in the stream the tail begins
        self._fresh = True  # nothing was framed yet
        self._skipping = False  # inside a packet that is too large

    def feed(self, chunk: bytes, received: float = 0.0) -> list[Packet]:
        """Take the next bytes, `received` in seconds since 1970; the packets that they complete."""
        packets: list[Packet] = []
        tail = self._tail
        if self._fresh or self._skipping or len(tail) + len(chunk) > self._limit:
            self._feed_with_care(chunk, received, packets)
            return packets
        if chunk.find(_END) < 0 and (not tail or (tail[-3:] + chunk[:3]).find(_END) < 0):
            tail += chunk  # a long packet in small pieces: it is put together once, not once a piece
            return packets
        data = bytes(tail) + chunk if tail else chunk
        if not self._live and _GREETING in data:
            self._feed_with_care(chunk, received, packets)
            return packets
        parts = data.split(_END)
        tail[:] = parts.pop()
        self._cut(parts, self._at, received, packets)
        self._at += len(data) - len(tail)
        return packets

    def _feed_with_care(self, chunk: bytes, received: float, packets: list[Packet]) -> None:
        """The first bytes of all, or such as belong to a packet that is too large."""
        tail = self._tail
        searched = max(0, len(tail) - 3)
        tail += chunk
        if self._fresh:
            self._greet(packets)
        if tail.find(_END, searched) < 0:
            self._cap(packets)
            return
        data = bytes(tail)
        parts = data.split(_END)
        tail[:] = parts.pop()
        at = self._at
        self._at += len(data) - len(tail)
        if self._skipping:
            self._skipping = False
            at += len(parts.pop(0)) + 4
        for part in parts:
            self._odd(part, at, received, packets)
            at += len(part) + 4
        self._cap(packets)

    def finish(self) -> list[Packet]:
        """The stream has ended: a torn last packet is dropped, and said."""
        torn = bytes(self._tail)
        self._tail.clear()
        if self._skipping or not torn.strip(b"\r\n"):
            return []
        return [BadPacket("the last packet is torn and was dropped", self._at, torn[:500])]

    def _cut(self, parts: list[bytes], at: int, received: float, packets: list[Packet]) -> None:
        # The hottest loop of all: three of four packets are unwanted, and go by the name in their first line.
        names = self._names
        server = self.server
        make = AmiEvent.from_bytes
        for index, part in enumerate(parts):
            name = names[part[: part.find(b"\r", 7)]]
            if name is None:
                continue
            if name:
                packets.append(make(name, b"\r\n" + part + b"\r\n", server=server, received=received))
            else:
                self._odd(part, at + sum(map(len, parts[:index])) + 4 * index, received, packets)

    def _odd(self, part: bytes, at: int, received: float, packets: list[Packet]) -> None:
        """A packet that may be something else than an event that begins with its name."""
        if len(part) > self._limit:
            packets.append(self._too_large(at, part))
            return
        greeting = _GREETED.search(part) if _GREETING in part else None
        if greeting is not None:
            torn = part[: greeting.start()]
            if torn.strip(b"\r\n"):
                what = "a packet is torn by a new connection and was dropped"
                packets.append(BadPacket(what, at, torn[:500]))
            packets.append(Greeting(greeting[1].decode("ascii", "replace")))
            part = part[greeting.end() :]
            at += greeting.end()
        part = part.lstrip(b"\r\n")
        if not part:
            return
        raw = b"\r\n" + part + b"\r\n"
        if part.startswith(b"Response: "):
            packets.append(Answer(raw))
            return
        start = raw.find(b"\r\nEvent: ")
        if start < 0:
            packets.append(BadPacket("a packet has no Event header", at, part[:500]))
            return
        start += len(b"\r\nEvent: ")
        name = self._names.wanted(raw[start : raw.find(b"\r\n", start)])
        if name is not None:
            packets.append(AmiEvent.from_bytes(name, raw, server=self.server, received=received))

    def _greet(self, packets: list[Packet]) -> None:
        """The very first line: no empty line ends it, and a client may wait for it before it logs in."""
        tail = self._tail
        if not _GREETING.startswith(tail[: len(_GREETING)]):
            self._fresh = False
            return
        end = tail.find(b"\r\n")
        if end < 0:
            self._fresh = len(tail) < 200
            return
        self._fresh = False
        packets.append(Greeting(tail[len(_GREETING) : end].decode("ascii", "replace")))
        del tail[: end + 2]
        self._at += end + 2

    def _cap(self, packets: list[Packet]) -> None:
        tail = self._tail
        if not self._skipping and len(tail) > self._limit:
            packets.append(self._too_large(self._at, bytes(tail[:500])))
            self._skipping = True
        if self._skipping:
            self._at += max(0, len(tail) - 3)
            del tail[:-3]  # the end mark may be halfway in

    def _too_large(self, at: int, part: bytes) -> BadPacket:
        return BadPacket(f"a packet is larger than {self._limit} bytes and was dropped", at, part[:500])
