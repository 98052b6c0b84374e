"""Cuts the byte stream of an AMI connection into packets; pure, for live connections and recordings alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cacofonisk.ami_event import OF_OTHERS, WANTED, AmiEvent, read_lines, to_headers
from cacofonisk.sources._forgery import Inspector, is_always_judged
from cacofonisk.sources._shape import Kind
from cacofonisk.sources._snapshot import ends_early, is_cut, mend

if TYPE_CHECKING:
    from collections.abc import Container

    from cacofonisk.ami_event import Headers
    from cacofonisk.sources._snapshot import Lines

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
    """The answer to an action, which begins with `Response:`."""

    headers: Headers


@dataclass(slots=True, frozen=True)
class BadPacket:
    """Bytes that are no packet: what is wrong, at which byte of the stream, and how they begin."""

    what: str
    at: int
    head: bytes

    @property
    def headers(self) -> Headers:
        """What can be read of it."""
        return to_headers(_lines(self.head))


Packet = AmiEvent | Greeting | Answer | BadPacket


class _Kinds(dict[bytes, "Kind | None"]):
    """First line of a packet -> the kind of event, None where nobody wants it, `odd` where it is no event's."""

    def __init__(self, wanted: Container[str] | None) -> None:
        super().__init__()
        self._wanted = wanted
        self.odd = Kind("", OF_OTHERS)

    def __missing__(self, line: bytes) -> Kind | None:
        known: Kind | None = self.odd
        if line.startswith(b"Event: ") and len(line) > 7:
            name = line[7:].decode("utf-8", "surrogateescape")
            is_wanted = self._wanted is None or name in self._wanted
            known = Kind(name, WANTED.get(name, OF_OTHERS)) if is_wanted else None
        if len(self) < 1000:  # bounded: a hostile caller can make names up
            self[line] = known
        return known

    def forget_shapes(self) -> None:
        """What is normal on this connection has changed."""
        for kind in self.values():
            if kind is not None:
                kind.forget()


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
        self._kinds = _Kinds(wanted)
        self._inspector = Inspector(live=live)
        self._before = b""  # the last packet
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
        if tail and chunk.find(_END) < 0 and (tail[-3:] + chunk[:3]).find(_END) < 0:
            tail += chunk  # a long packet in small pieces: it is put together once, not once a piece
            return packets
        data = bytes(tail) + chunk if tail else chunk
        if not self._live and _GREETING in data:
            self._feed_with_care(chunk, received, packets)
            return packets
        parts = data.split(_END)
        tail[:] = parts.pop()
        at = self._at
        self._at += len(data) - len(tail)
        self._cut(parts, at, received, packets)
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
            self._odd(part, self._before, at, received, packets)
            self._before = part
            at += len(part) + 4
        self._cap(packets)

    def finish(self) -> list[Packet]:
        """The stream has ended: a torn last packet is dropped, and said."""
        torn = bytes(self._tail)
        self._tail.clear()
        if self._skipping or not torn.strip(b"\r\n"):
            return []
        return [BadPacket("the last packet is torn and was dropped", self._at, torn[:500])]

    def believe_answers_to(self, asked: Container[str]) -> None:
        """Believe only lists that answer one of these actions, by ActionID, whatever is added to them later."""
        self._inspector.asked = asked

    def _cut(self, parts: list[bytes], at: int, received: float, packets: list[Packet]) -> None:
        # The hottest loop of all: three of four packets are unwanted, and go by the name in their first line.
        kinds = self._kinds
        server = self.server
        before = self._before
        known = b""  # the last packet of a known shape: such a one does not end early
        careful = self._inspector.is_open
        for index, part in enumerate(parts):
            kind = kinds[part.split(b"\r", 1)[0]]
            if kind is None and not careful:
                before = part
                continue
            if kind is not None and not careful and (before is known or not ends_early(before)):
                event = kind.read(part, server, received)
                if event is not None:
                    packets.append(event)
                    before = known = part
                    continue
            self._odd(part, before, at + sum(map(len, parts[:index])) + 4 * index, received, packets)
            careful = self._inspector.is_open
            before = part
        self._before = before

    def _odd(self, part: bytes, before: bytes, at: int, received: float, packets: list[Packet]) -> None:
        """A packet that is not plainly a normal event; `before` is the one before it."""
        if len(part) > self._limit:
            packets.append(self._too_large(at, part))
            return
        inspector = self._inspector
        if not inspector.is_open and ends_early(before) and inspector.is_cut(_lines(before)):
            inspector.begin(_lines(before), wanted=False)
        if not inspector.is_open and not self._live and _GREETING in part:
            greeted = self._greeted(part, at, packets)
            at += greeted
            part = part[greeted:]
        part = part if inspector.is_open else part.lstrip(b"\r\n")
        if not part and not inspector.is_open:
            return
        if not inspector.is_open and part.startswith(b"Response: "):
            answer = Answer(to_headers(_lines(part)))
            inspector.answered(answer.headers)
            packets.append(answer)
            return
        if not inspector.is_open and b"\r\nEvent: " not in b"\r\n" + part:
            packets.append(BadPacket("a packet has no Event header", at, part[:500]))
            return
        if not inspector.is_open and self._kinds[part.partition(b"\r")[0]] is None:
            return
        self._judge(part, at, received, packets)

    def _judge(self, part: bytes, at: int, received: float, packets: list[Packet]) -> None:
        """A packet whose headers have to be looked at: what is smuggled in is told and taken out."""
        inspector = self._inspector
        expected = inspector.expected
        lines, what = inspector.inspect(_lines(part))
        if inspector.expected != expected:
            self._kinds.forget_shapes()
        if what is not None:
            packets.append(BadPacket(what, at, part[:500]))
        if lines is None:
            return
        headers = to_headers(lines)
        if "Event" not in headers:  # on the way it was damaged, and what was taken out was the name
            packets.append(BadPacket("a packet has no Event header", at, part[:500]))
            return
        event = AmiEvent(headers, server=self.server, received=received)
        kind = self._kinds[b"Event: " + event.name.encode("utf-8", "surrogateescape")]
        if kind is None or kind is self._kinds.odd:
            return
        packets.append(event)
        if what is None and lines[0][0] == "Event" and not is_always_judged(event.name):
            kind.learn(tuple(key for key, _ in lines), part)

    def _greeted(self, part: bytes, at: int, packets: list[Packet]) -> int:
        """Take a new connection's greeting and what is before it; how many bytes that is."""
        greeting = _GREETED.search(part)
        if greeting is None:
            return 0
        torn = part[: greeting.start()]
        if torn.strip(b"\r\n"):
            lines = _lines(part)
            if mend(lines) is not None and _lines(torn)[0][0] == "Event" and is_cut(_lines(torn)):
                return 0  # the packet goes on behind it: a caller calls itself like a greeting
            what = "a packet is torn by a new connection and was dropped"
            packets.append(BadPacket(what, at, torn[:500]))
        packets.append(Greeting(greeting[1].decode("ascii", "replace")))
        self._inspector = Inspector(begins=True)
        return greeting.end()

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
        if not self._live:
            self._inspector = Inspector(begins=True)
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


def _lines(packet: bytes) -> Lines:
    return read_lines(packet.decode("utf-8", "surrogateescape"))
