"""The shape of a packet: which headers it has, in which order; pure.

Asterisk writes packets of one kind in a handful of shapes. One that has the shape of a packet which was looked through
needs no more looking: whatever a caller smuggles in adds lines. So one regular expression tells that nothing was, and
reads the headers that somebody wants, at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.sources._forgery import ends_early

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST = 16  # shapes of one kind of packets: bounded, whatever is sent


class Shape:
    """These headers in this order, and where the wanted ones among them are found in the groups of a match."""

    __slots__ = ("index", "match")

    def __init__(self, keys: Sequence[str], wanted: Sequence[str]) -> None:
        found = [key for key in keys if key in wanted]
        lines = (re.escape(key) + (": ([^\r]*+)" if key in found else ": [^\r]*+") for key in keys)
        # Nothing matches the last group: it is the value of what is wanted and not there.
        self.match = re.compile("\r\n".join(lines) + r"(\Z.)?").fullmatch
        self.index: Mapping[str, int] = {
            **dict.fromkeys(wanted, len(found)),
            **{key: at for at, key in enumerate(found)},
        }


class Kind:
    """A kind of packets that somebody wants: the headers wanted of it, and the shapes it was seen in."""

    __slots__ = ("name", "shapes", "wanted")

    def __init__(self, name: str, wanted: Sequence[str]) -> None:
        self.name = name
        self.wanted = wanted
        self.shapes: list[Shape] = []

    def read(self, packet: bytes, server: str, received: float) -> AmiEvent | None:
        """The event in these bytes, None where they have no shape that is known."""
        text = packet.decode("utf-8", "surrogateescape")
        for shape in self.shapes:
            match = shape.match(text)
            if match is not None:
                return AmiEvent.of(self.name, text, shape.index, match.groups(), server, received)
        return None

    def learn(self, keys: Sequence[str], packet: bytes) -> None:
        """This packet with these headers was looked through, and nothing is wrong with it."""
        if len(self.shapes) < _MOST and not ends_early(packet) and all(keys.count(key) < 2 for key in self.wanted):
            text = packet.decode("utf-8", "surrogateescape")
            shape = Shape(keys, self.wanted)
            # It may be known: then it was looked at for what is before it. Or have lines of another form.
            if shape.match(text) and not any(known.match(text) for known in self.shapes):
                self.shapes.append(shape)
