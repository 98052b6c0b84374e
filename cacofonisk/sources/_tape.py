"""Where a recording stands while it is played: of which server, when, and whether a connection is up; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cacofonisk.errors import SourceError
from cacofonisk.events import Anomaly, SourceEvent
from cacofonisk.times import rfc3339

if TYPE_CHECKING:
    from cacofonisk.ami_event import Headers

Kind = Literal["connected", "lost", "resynced", "gap"]
KINDS: tuple[Kind, ...] = ("connected", "lost", "resynced", "gap")
"""What can be said of a connection."""


class Tape:
    """One recording, or one behind another, `before`: its time, server and connection go on.

    `name` stands in messages, `server` is the one the user gave; without it the recording may name its own.
    """

    def __init__(self, name: str, server: str | None, before: Tape | None) -> None:
        self.name = name
        self.server: str = before.server if before else server or "pbx"
        self.time: float = before.time if before else 0.0
        """The last that is known, in seconds since 1970."""
        self.first = self.time
        """The first that is known, likewise; 0 until one is."""
        self.connected: set[str] = before.connected if before else set()
        """The servers of which something came, and no loss after it."""
        self.damages = 0
        self.damaged = ""
        """Where the first damage is, and what is wrong there."""
        self._given = server is not None
        self._named = ""

    def now(self, stamp: str) -> None:
        """It is this time, in seconds since 1970; what is none leaves the time before it."""
        try:
            time = float(stamp)
        except ValueError:
            return  # the event keeps the odd stamp
        if 0 <= time < 1e11:
            self.time = time
            self.first = self.first or time

    def names(self, server: str) -> None:
        """The recording says of which server what follows is."""
        self._named = server
        if not self._given:
            self.server = server

    def turns_to(self, server: str) -> None:
        """The same, amid connections that go on; raises SourceError where all were given one name."""
        if self._given and self._named not in ("", server):
            raise SourceError(
                f"{self.name} is of several servers ({self._named}, {server}): replay it without a server's name"
            )
        self.names(server)

    def mark(self, kind: Kind, detail: str, *, takes_stock: bool = False) -> list[SourceEvent]:
        """What is said of the connection; also that the one before is lost, where nobody recorded it."""
        marks = []
        if kind == "connected" and self.server in self.connected:  # the recorder or the PBX was killed
            marks.append(self._source("lost", "a new connection follows in the recording"))
        if kind == "connected":
            self.connected.add(self.server)
        elif kind == "lost":
            self.connected.discard(self.server)
        marks.append(self._source(kind, detail, takes_stock=takes_stock))
        return marks

    def anomaly(self, what: str, packet: Headers) -> Anomaly:
        """Something is wrong with what the recording holds."""
        return Anomaly(server=self.server, time=rfc3339(self.time), what=what, packet=packet)

    def damage(self, line: int, what: str) -> Anomaly:
        """A line of the recording itself is damaged."""
        self.damages += 1
        self.damaged = self.damaged or f"line {line}: it {what}"
        return self.anomaly(f"line {line} of {self.name} {what}", {})

    def _source(self, kind: Kind, detail: str, *, takes_stock: bool = False) -> SourceEvent:
        time = rfc3339(self.time)
        return SourceEvent(server=self.server, time=time, kind=kind, detail=detail, takes_stock=takes_stock)
