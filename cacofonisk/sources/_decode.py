"""Turns the bytes of a recording into events, whichever of the three formats it has; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.errors import SourceError
from cacofonisk.sources._dating import Dating
from cacofonisk.sources._json import Array, Lines
from cacofonisk.sources._objects import Objects
from cacofonisk.sources._raw import BEGINNINGS, Raw
from cacofonisk.sources._tape import Tape

if TYPE_CHECKING:
    from collections.abc import Container

    from cacofonisk.events import Event

_ENOUGH = max(map(len, BEGINNINGS))
_LINE = 1000  # bytes in which the first line must end, to tell how lines do


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
        self.tape: Tape = Tape(name, server, before.tape if before else None)
        self._wanted = wanted
        self._head = b""
        self._format: Raw | Objects | None = None
        self._dating = Dating(self.tape)

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes; the events that they complete."""
        if self._format is None:
            self._head += chunk
            chunk = self._recognise(last=False)
        return self._dating.feed(self._decode(chunk)) if chunk else []

    def finish(self) -> list[Event]:
        """The recording has ended: what was still open."""
        events: list[Event] = []
        if self._format is None:
            if not self._head.strip():
                raise SourceError(f"{self.tape.name} is empty: there is nothing to replay")
            events = self._decode(self._recognise(last=True))
        if self._format is not None:
            events += self._format.finish()
        if isinstance(self._format, Objects) and self._format.is_bad:
            raise self._not_ami(self._head)
        return self._dating.feed(events, last=True)

    def _decode(self, chunk: bytes) -> list[Event]:
        if self._format is None:
            return []
        events = self._format.feed(chunk)
        if isinstance(self._format, Objects) and self._format.is_hopeless:
            raise self._not_ami(self._head)
        return events

    def _recognise(self, *, last: bool) -> bytes:
        """Find out the format; what is to be decoded, nothing while the format cannot be told."""
        start = self._head.removeprefix(b"\xef\xbb\xbf")  # an editor may have put a byte order mark there
        text = start.lstrip()
        if text[:1] == b"[":
            self._format = Objects(self.tape, Array(), self._wanted, classic=True)
        elif text[:1] == b"{":
            self._format = Objects(self.tape, Lines(), self._wanted, classic=False)
        elif text.startswith(BEGINNINGS):
            end = text.find(b"\n")
            if end < 0 and not last and len(text) < _LINE:
                return b""
            self._format = Raw(self.tape, self._wanted, unix=end > 0 and text[end - 1 : end] != b"\r")
            start = text
        elif last or len(text) >= _ENOUGH:
            raise self._not_ami(text)
        else:
            return b""
        self._head = text[:_ENOUGH]
        return start

    def _not_ami(self, head: bytes) -> SourceError:
        found = ascii(head[:_ENOUGH].decode("utf-8", "replace"))
        return SourceError(
            f"{self.tape.name} is no AMI recording: "
            f"expected packets as JSON, or 'Asterisk Call Manager/…', found {found}"
        )
