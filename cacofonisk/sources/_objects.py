"""A recording of JSON objects, one a packet, turned into events; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent, Headers, stamp_in, to_headers
from cacofonisk.sources._forgery import Inspector, is_always_judged
from cacofonisk.sources._json import parse
from cacofonisk.sources._snapshot import to_lines
from cacofonisk.sources._tape import KINDS

if TYPE_CHECKING:
    from collections.abc import Container

    from cacofonisk.events import Anomaly, Event
    from cacofonisk.sources._json import Cut, Cutter
    from cacofonisk.sources._tape import Tape

_TEXT = {str}
_LAYOUTS = 1000  # orders of headers that were in order and need not be looked at again; Asterisk has fewer
_HOPELESS = 100  # that many damaged lines and not one good: it is something else

_Layouts = dict[tuple[object, ...], None]


class Objects:
    """Takes the text in chunks of any size; `classic` says that the recorder of cacofonisk 0.x wrote it."""

    def __init__(self, tape: Tape, cutter: Cutter, wanted: Container[str] | None, *, classic: bool) -> None:
        self._tape = tape
        self._cutter = cutter
        self._wanted = wanted
        self._classic = classic
        self._inspector = Inspector()
        self._layouts: _Layouts = {}
        self._of_servers = {tape.server: (self._inspector, self._layouts)}
        self._good = False
        self._held: list[Event] = []  # what is wrong before anything good: told only if something good comes

    @property
    def is_hopeless(self) -> bool:
        """Much of it is damaged, and nothing good came."""
        return len(self._held) >= _HOPELESS

    @property
    def is_bad(self) -> bool:
        """Some of it is damaged, and nothing good came."""
        return bool(self._held)

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes; the events that they complete."""
        return self._events(self._cutter.feed(chunk))

    def finish(self) -> list[Event]:
        """The recording has ended: what was still open."""
        return self._events(self._cutter.finish())

    def _events(self, cuts: list[Cut]) -> list[Event]:
        events: list[Event] = []
        for line, cut in cuts:
            self._object(line, cut, events)
            if self.is_hopeless:
                break
        return events

    def _object(self, line: int, cut: bytes | str, events: list[Event]) -> None:
        """One object of JSON text, or what is wrong at its line."""
        if isinstance(cut, str):
            self._note(self._tape.damage(line, cut), events)
            return
        try:
            headers = parse(cut)
        except ValueError as error:
            self._note(self._tape.damage(line, f"is not JSON: {error}"), events)
            return
        if not isinstance(headers, dict):
            self._note(self._tape.damage(line, "is no JSON object"), events)
            return
        plain = set(map(type, headers.values())) <= _TEXT
        if not plain and not _to_text(headers):
            self._note(self._tape.damage(line, "has a header that holds an object"), events)
        elif "Event" in headers or self._inspector.is_open:
            self._is_good(events)
            if not plain or self._inspector.is_open or (headers["Event"], *headers) not in self._layouts:
                headers = self._judged(line, headers, events)
            if headers:
                self._event(headers, events)
        elif "Source" in headers or "Lab" in headers:
            self._is_good(events)
            self._marker(line, headers, events)
        elif "Response" in headers:
            self._is_good(events)
            self._inspector.answered(headers)
        else:
            self._note(self._tape.anomaly(f"line {line} of {self._tape.name} has no Event header", headers), events)

    def _judged(self, line: int, headers: Headers, events: list[Event]) -> Headers:
        """The packet as Asterisk meant it, empty where it is not to be believed."""
        expected = self._inspector.expected
        known, what = self._inspector.inspect(to_lines(headers))
        if self._inspector.expected != expected:
            self._layouts.clear()
        if what is not None:
            events.append(self._tape.anomaly(f"{what}, at line {line} of {self._tape.name}", headers))
            return {} if known is None else to_headers(known)
        if known is not None and len(self._layouts) < _LAYOUTS and not is_always_judged(str(headers["Event"])):
            self._layouts[(headers["Event"], *headers)] = None
        return {} if known is None else headers

    def _event(self, headers: Headers, events: list[Event]) -> None:
        tape = self._tape
        if self._classic:
            headers.pop("content", None)  # that recorder's own addition
        stamp = stamp_in(headers) or headers.pop("Received", None)  # and this one's
        if isinstance(stamp, str):
            tape.now(stamp)
        tape.connected.add(tape.server)
        event = AmiEvent(headers, server=tape.server, received=tape.time)
        if self._wanted is None or event.name in self._wanted:
            events.append(event)

    def _marker(self, line: int, headers: dict[str, str], events: list[Event]) -> None:
        """What the recorder says about its connection."""
        if headers.get("Source") == "server" and headers.get("Server"):
            self._tape.turns_to(headers["Server"])
            self._turn()
            return
        said = "lost" if headers.get("Lab") == "connection lost" else headers.get("Source")
        kind = next((kind for kind in KINDS if kind == said), None)
        if kind is None:
            what = f"line {line} of {self._tape.name} has an unknown marker"
            self._note(self._tape.anomaly(what, dict(headers)), events)
            return
        if "Time" in headers:
            self._tape.now(headers["Time"])
        if headers.get("Server"):
            self._tape.names(headers["Server"])
            self._turn()
        # Our own recorder wrote it, and our source takes stock unless it says that it does not.
        stock = kind in ("connected", "gap") and headers.get("TakesStock") != "no"
        events += self._tape.mark(kind, headers.get("Detail", ""), takes_stock=stock)
        if kind in ("connected", "lost"):
            self._of_servers[self._tape.server] = Inspector(begins=True), self._layouts
            self._turn()

    def _turn(self) -> None:
        """Judge what follows by what is known of its server."""
        self._inspector, self._layouts = self._of_servers.setdefault(self._tape.server, (Inspector(), {}))

    def _is_good(self, events: list[Event]) -> None:
        """It is a recording of AMI, whatever else it holds."""
        self._good = True
        events += self._held
        self._held.clear()

    def _note(self, anomaly: Anomaly, events: list[Event]) -> None:
        (events if self._good else self._held).append(anomaly)


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
