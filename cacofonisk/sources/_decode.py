"""Turns the bytes of a recording into events, whichever of the three formats it has; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from cacofonisk.ami_event import AmiEvent, Headers, to_headers
from cacofonisk.errors import SourceError
from cacofonisk.events import Anomaly, Event, SourceEvent
from cacofonisk.sources._forgery import Inspector, to_lines
from cacofonisk.sources._framing import BadPacket, Framer, Greeting, Packet
from cacofonisk.sources._json import Array, Cutter, Lines, parse
from cacofonisk.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Container

_AMI = (b"Asterisk Call Manager/", b"Event: ", b"Response: ")
_ENOUGH = max(map(len, _AMI))
Kind = Literal["connected", "lost", "resynced", "gap"]
_KINDS: tuple[Kind, ...] = ("connected", "lost", "resynced", "gap")
_TEXT = {str}
_LAYOUTS = 1000  # orders of headers that were in order and need not be looked at again; Asterisk has fewer
_HOPELESS = 100  # that many damaged lines and not one good: it is something else


class Decoder:
    """Takes one recording in chunks of any size and gives its events; damage becomes an `Anomaly`, counted.

    `name` stands in messages. `server` is the one the user gave; without it a recording may name its own.
    `wanted` holds the names of the AMI events to give (None: all). `before` is the decoder of the recording
    before this one. Raises SourceError where the bytes are no AMI recording at all.
    """

    def __init__(
        self,
        name: str,
        *,
        server: str | None = None,
        wanted: Container[str] | None = None,
        before: Decoder | None = None,
    ) -> None:
        self.name = name
        self.damaged: str | None = None  # where, and what is wrong there
        self.damages = 0
        self.time: float = before.time if before else 0.0  # the last that is known, in seconds since 1970
        self.server: str = before.server if before else server or "pbx"
        self._given = server is not None
        self.connected: bool = before.connected if before else False  # something came and no loss after it
        self._wanted = wanted
        self._head = b""
        self._inspector = Inspector()
        self._layouts: dict[tuple[object, ...], None] = {}
        self._framer: Framer | None = None
        self._unix = False  # line ends were changed to \n
        self._cutter: Cutter | None = None
        self._array = False
        self._good = False
        self._first = self.time
        self._is_dated = self.time > 0
        self._undated: list[Event] = []  # what came before the first time that is known
        self._held: list[Event] = []  # anomalies before anything good: told only if something good comes

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes; the events that they complete."""
        if self._framer is None and self._cutter is None:
            self._head += chunk
            chunk = self._recognise(last=False)
        return self._dated(self._decode(chunk)) if chunk else []

    def _dated(self, events: list[Event], *, last: bool = False) -> list[Event]:
        """Lists and greetings have no Timestamp: those that begin a recording happened when its first event did."""
        if self._is_dated:
            return events
        self._undated += events
        if not last and all(map(_is_undated, events)):
            return []
        self._is_dated = True
        for event in self._undated:
            if not isinstance(event, AmiEvent):
                if isinstance(event, Anomaly | SourceEvent) and event.time == rfc3339(0):
                    event.time = rfc3339(self._first)
            elif event.received <= 0:
                event.received = self._first
        return self._undated

    def finish(self) -> list[Event]:
        """The recording has ended: what was still open."""
        events: list[Event] = []
        if self._framer is None and self._cutter is None:
            if not self._head.strip():
                raise SourceError(f"{self.name} is empty: there is nothing to replay")
            events = self._decode(self._recognise(last=True))
        if self._framer is not None:
            for bad in self._framer.finish():
                self._packet(bad, events)
        elif self._cutter is not None:
            for line, cut in self._cutter.finish():
                self._object(line, cut, events)
        if self._held and not self._good:
            raise self._not_ami(self._head)
        return self._dated(events, last=True)

    def _recognise(self, *, last: bool) -> bytes:
        """Find out the format; what is to be decoded, nothing while the format cannot be told."""
        start = self._head.removeprefix(b"\xef\xbb\xbf")  # an editor may have put a byte order mark there
        text = start.lstrip()
        if text[:1] == b"[":
            self._cutter, self._array = Array(), True
        elif text[:1] == b"{":
            self._cutter = Lines()
        elif text.startswith(_AMI):
            end = text.find(b"\n")
            if end < 0 and not last and len(text) < 1000:
                return b""
            self._unix = end > 0 and text[end - 1 : end] != b"\r"
            self._framer = Framer(self._wanted, server=self.server)
            start = text
        elif last or len(text) >= _ENOUGH:
            raise self._not_ami(text)
        else:
            return b""
        self._head = text[:_ENOUGH]
        return start

    def _decode(self, chunk: bytes) -> list[Event]:
        events: list[Event] = []
        if self._framer is not None:
            self._packets(chunk, events)
        elif self._cutter is not None:
            for line, cut in self._cutter.feed(chunk):
                self._object(line, cut, events)
        return events

    def _packets(self, chunk: bytes, events: list[Event]) -> None:
        if self._unix:
            chunk = chunk.replace(b"\n", b"\r\n")
        for packet in cast("Framer", self._framer).feed(chunk):
            if packet.__class__ is not AmiEvent:
                self._packet(packet, events)
                continue
            stamp = packet.get("Timestamp")
            if stamp is not None:
                self._now(stamp)
            packet.received = self.time
            events.append(packet)
        if events:
            self.connected = True

    def _packet(self, packet: Packet, events: list[Event]) -> None:
        """What is no event: a greeting, an answer to the recorder's own action, or damage."""
        if isinstance(packet, Greeting):
            if events:
                self.connected = True
            self._mark("connected", f"Asterisk Call Manager/{packet.version}", events)
        elif isinstance(packet, BadPacket):
            events.append(self._anomaly(f"{packet.what}, at byte {packet.at} of {self.name}", packet.headers))

    def _object(self, line: int, cut: bytes | str, events: list[Event]) -> None:
        """One object of JSON text, or what is wrong at its line."""
        if isinstance(cut, str):
            self._damage(line, cut, events)
            return
        try:
            headers = parse(cut)
        except ValueError as error:
            self._damage(line, f"is not JSON: {error}", events)
            return
        if not isinstance(headers, dict):
            self._damage(line, "is no JSON object", events)
            return
        plain = set(map(type, headers.values())) <= _TEXT
        if not plain and not _to_text(headers):
            self._damage(line, "has a header that holds an object", events)
        elif "Event" in headers or self._inspector.is_open:
            self._good = True
            events += self._held
            self._held.clear()
            if not plain or self._inspector.is_open or (headers["Event"], *headers) not in self._layouts:
                headers = self._judged(line, headers, events)
            if headers:
                self._event(headers, events)
        elif "Source" in headers or "Lab" in headers:
            self._good = True
            self._marker(line, headers, events)
        elif "Response" in headers:
            self._good = True
        else:
            self._note(self._anomaly(f"line {line} of {self.name} has no Event header", headers), events)

    def _judged(self, line: int, headers: Headers, events: list[Event]) -> Headers:
        """The packet as Asterisk meant it, empty where it is not to be believed."""
        known, what = self._inspector.inspect(to_lines(headers))
        if what is not None:
            events.append(self._anomaly(f"{what}, at line {line} of {self.name}", headers))
            return {} if known is None else to_headers(known)
        if known is not None and len(self._layouts) < _LAYOUTS:
            self._layouts[(headers["Event"], *headers)] = None
        return {} if known is None else headers

    def _event(self, headers: Headers, events: list[Event]) -> None:
        if self._array:
            headers.pop("content", None)  # the classic recorder's own addition
        stamp = headers.get("Timestamp") or headers.pop("Received", None)  # the recorder's own addition, too
        if isinstance(stamp, str):
            self._now(stamp)
        self.connected = True
        event = AmiEvent(headers, server=self.server, received=self.time)
        if self._wanted is None or event.name in self._wanted:
            events.append(event)

    def _marker(self, line: int, headers: dict[str, str], events: list[Event]) -> None:
        """What the recorder says about its connection."""
        kind = "lost" if headers.get("Lab") == "connection lost" else headers.get("Source")
        if kind not in _KINDS:
            what = f"line {line} of {self.name} has an unknown marker"
            self._note(self._anomaly(what, dict(headers)), events)
            return
        if "Time" in headers:
            self._now(headers["Time"])
        server = headers.get("Server")
        if server and not self._given and server != self.server:
            self.server = server
            self.connected = False  # that was another PBX
        # Our own recorder wrote it, and our source takes stock unless it says that it does not.
        stock = kind in ("connected", "gap") and headers.get("TakesStock") != "no"
        self._mark(kind, headers.get("Detail", ""), events, takes_stock=stock)

    def _now(self, stamp: str) -> None:
        try:
            time = float(stamp)
        except ValueError:
            return  # the event keeps the odd stamp; the time before it stands
        if 0 <= time < 1e11:
            self.time = time
            self._first = self._first or time

    def _mark(self, kind: str, detail: str, events: list[Event], *, takes_stock: bool = False) -> None:
        time = rfc3339(self.time)
        if kind == "connected" and self.connected:
            # Nobody recorded the loss: the recorder or the PBX was killed.
            why = "a new connection follows in the recording"
            events.append(SourceEvent(server=self.server, time=time, kind="lost", detail=why))
        if kind in ("connected", "lost"):
            self.connected = kind == "connected"
            self._inspector = Inspector()
        mark = SourceEvent(
            server=self.server, time=time, kind=cast("Kind", kind), detail=detail, takes_stock=takes_stock
        )
        events.append(mark)

    def _anomaly(self, what: str, packet: Headers) -> Anomaly:
        return Anomaly(server=self.server, time=rfc3339(self.time), what=what, packet=packet)

    def _damage(self, line: int, what: str, events: list[Event]) -> None:
        self.damages += 1
        if self.damaged is None:
            self.damaged = f"line {line}: it {what}"
        self._note(self._anomaly(f"line {line} of {self.name} {what}", {}), events)

    def _note(self, anomaly: Anomaly, events: list[Event]) -> None:
        if self._good:
            events.append(anomaly)
            return
        self._held.append(anomaly)
        if len(self._held) >= _HOPELESS:
            raise self._not_ami(self._head)

    def _not_ami(self, head: bytes) -> SourceError:
        found = ascii(head[:_ENOUGH].decode("utf-8", "replace"))
        return SourceError(
            f"{self.name} is no AMI recording: expected JSON or 'Asterisk Call Manager/…', found {found}"
        )


def _is_undated(event: Event) -> bool:
    """It never has a Timestamp: what the source says itself, FullyBooted, the items of a list."""
    if isinstance(event, AmiEvent):
        return event.name == "FullyBooted" or event.headers.get("ActionID") is not None
    return isinstance(event, SourceEvent)


def _to_text(headers: dict[str, object]) -> bool:
    """Make every value the text that Asterisk would send; False where one is an object."""
    for key, value in headers.items():
        if isinstance(value, list):
            texts = [_text(item) for item in value]
            # A header that occurs once is no list.
            headers[key] = texts[0] if len(texts) == 1 else texts or ""
        else:
            texts = [_text(value)]
            headers[key] = texts[0]
        if None in texts:
            return False
    return True


def _text(value: object) -> str | None:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return str(value) if isinstance(value, (str, int, float)) else None
