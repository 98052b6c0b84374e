"""Cuts JSON lines and JSON arrays into the text of their objects; pure."""

from __future__ import annotations

import json
import re
from typing import Protocol

import orjson

MAX_OBJECT = 1 << 20
"""Bytes in the largest object that is taken."""

Cut = tuple[int, bytes | str]
"""The line where an object begins, and its text; or, as a str, what is wrong there."""

_MARKS = (b"{", b"}", b"]", b"\n")
_TOO_LARGE = f"is larger than {MAX_OBJECT} bytes"


class Cutter(Protocol):
    """Takes bytes in chunks of any size and gives the objects in them."""

    def feed(self, chunk: bytes) -> list[Cut]:
        """Take the next bytes; the objects that they complete."""

    def finish(self) -> list[Cut]:
        """The text has ended; what is left of it."""


class Lines:
    """JSON lines: one object a line, so that a damaged line harms no other."""

    def __init__(self) -> None:
        self._tail = bytearray()
        self._line = 1
        self._skipping = False

    def feed(self, chunk: bytes) -> list[Cut]:
        """Take the next bytes; the lines that they complete."""
        tail = self._tail
        cuts: list[Cut] = []
        if b"\n" in chunk:
            lines = (bytes(tail) + chunk).split(b"\n")
            tail[:] = lines.pop()
            for line in lines:
                if self._skipping:
                    self._skipping = False
                elif len(line) > MAX_OBJECT:
                    cuts.append((self._line, _TOO_LARGE))
                elif line and not line.isspace():
                    cuts.append((self._line, line))
                self._line += 1
        else:
            tail += chunk
        if len(tail) > MAX_OBJECT or self._skipping:
            if not self._skipping:
                cuts.append((self._line, _TOO_LARGE))
            self._skipping = True
            tail.clear()
        return cuts

    def finish(self) -> list[Cut]:
        """The last line, where nothing ended it."""
        last = bytes(self._tail).strip()
        self._tail.clear()
        return [(self._line, last)] if last and not self._skipping else []


class Array:
    """A JSON array of flat objects, on one line or on many.

    An AMI event holds no other object, and no JSON string holds a line break: so after damage the next `{`
    outside of a string begins the next object.
    """

    _TOKEN = re.compile(rb'"(?:[^"\\\n]|\\.)*+"|[{}\n"\]]|[^\s{}"\[\],]+')

    def __init__(self) -> None:
        self._tail = bytearray()  # from the object that is open, else what is not yet looked at
        self._from = 0  # how far the tail was looked at
        self._open = False
        self._line = 1
        self._began = 1
        self._ended = False
        self._noise = False  # what stands between two objects is said once

    def feed(self, chunk: bytes) -> list[Cut]:
        """Take the next bytes; the objects that they complete."""
        self._tail += chunk
        return self._scan(last=False)

    def finish(self) -> list[Cut]:
        """What is left; an array that was never closed is damage."""
        cuts = self._scan(last=True)
        if self._open:
            cuts.append((self._began, bytes(self._tail)))
        elif not self._ended:
            cuts.append((self._line, "ends before the array does"))
        return cuts

    def _scan(self, *, last: bool) -> list[Cut]:
        cuts: list[Cut] = []
        text = bytes(self._tail)
        start = 0  # of the open object
        at = self._from
        for match in self._TOKEN.finditer(text, self._from):
            token = match[0]
            at = match.end()
            unended = token == b'"' and b"\n" not in text[at:]
            if not last and (unended or (at == len(text) and token not in _MARKS)):
                at = match.start()  # the next bytes may go on with it
                break
            if token == b"\n":
                self._line += 1
            elif token == b"{":
                if self._open:
                    cuts.append((self._began, text[start : match.start()]))
                self._open, self._began, start, self._noise = True, self._line, match.start(), False
            elif token == b"}" and self._open:
                cuts.append((self._began, text[start:at]))
                self._open = False
            elif token == b"]" and not self._open:
                self._ended = True
            elif not self._open and not self._noise:
                self._noise = True
                between = token[:20].decode("ascii", "replace")
                cuts.append((self._line, f"has {between!r} between two objects"))
        if len(text) - (start if self._open else at) > MAX_OBJECT:
            cuts.append((self._began if self._open else self._line, _TOO_LARGE))
            self._open, self._noise, at = False, True, len(text)
        if not self._open:
            start = at
        self._from = at - start
        self._tail[:] = text[start:]
        return cuts


def parse(text: bytes) -> object:
    """The value that a JSON text holds; raises ValueError that says what is wrong in it."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        # Python's own writer escapes bytes that are no UTF-8 as lone surrogates: its own reader takes them.
        try:
            return json.loads(text.decode("utf-8", "surrogateescape"))
        except ValueError:
            raise ValueError(f"{error.msg} (column {error.colno})") from None
        except RecursionError:
            raise ValueError("nested too deeply") from None
