"""The shape of a packet: which headers it has, in which order; pure.

Asterisk writes packets of one kind in a handful of shapes. One that has the shape of a packet which was looked through
needs no more looking: whatever a caller smuggles in adds lines. So one regular expression tells that nothing was, and
reads the headers that somebody wants, at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.sources._snapshot import ends_early

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 16  # shapes of one kind of packets: bounded, whatever is sent
_OFTEN = 3  # packets of a shape, until making an expression for it pays
_Match = Callable[[str], "re.Match[str] | None"]


def _shape(keys: Sequence[str], wanted: Sequence[str]) -> _Match:
    """Matches a packet with these headers in this order; its groups are the values of the wanted ones."""
    pattern = ""
    lacking = 0
    for at, key in enumerate(keys):
        line = re.escape(key) + ": "
        if key in wanted:
            place = wanted.index(key)
            pattern += _LACKING * (place - lacking)
            lacking = place + 1
            line += "([^\r]*+)"
        else:
            line += "[^\r]*+"
        pattern += ("\r\n" if at else "") + line
    return re.compile(pattern + _LACKING * (len(wanted) - lacking)).fullmatch


_LACKING = r"(\Z.)?"  # nothing ever matches this: the value of what is wanted and not there


class Kind:
    """A kind of packets that somebody wants: the headers wanted of it, and the shapes it was seen in."""

    __slots__ = ("_seen", "name", "shapes", "wanted")

    def __init__(self, name: str, wanted: Sequence[str]) -> None:
        self.name = name
        self.wanted = wanted
        self.shapes: list[_Match] = []
        self._seen: dict[tuple[str, ...], int] = {}

    def read(self, packet: bytes, server: str, received: float) -> AmiEvent | None:
        """The event in these bytes, None where they have no shape that is known."""
        text = packet.decode("utf-8", "surrogateescape")
        for shape in self.shapes:
            match = shape(text)
            if match is not None:
                return AmiEvent.of(self.name, text, match.groups(), server, received)
        return None

    def learn(self, keys: tuple[str, ...], packet: bytes) -> None:
        """This packet with these headers was looked through, and nothing is wrong with it."""
        seen = self._seen.get(keys, 0) + 1
        if seen > 1 or len(self._seen) < _MOST:
            self._seen[keys] = seen
        if seen >= _OFTEN and not ends_early(packet) and self._in_order(keys):
            text = packet.decode("utf-8", "surrogateescape")
            if any(known(text) for known in self.shapes):
                return  # it was looked at for what is before it
            shape = _shape(keys, self.wanted)
            if shape(text):  # else it has lines of another form
                self.shapes.append(shape)

    def forget(self) -> None:
        """What is normal has changed."""
        self.shapes.clear()
        self._seen.clear()

    def _in_order(self, keys: tuple[str, ...]) -> bool:
        """Whether each wanted header that is there is there once, and they come as Asterisk writes them."""
        return [key for key in keys if key in self.wanted] == [key for key in self.wanted if key in keys]
