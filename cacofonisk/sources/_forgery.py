"""Recognises what callers smuggle into AMI packets, and takes it out where that is certain; pure.

Asterisk writes a caller's number into AMI as it came: one that holds line ends adds headers, or ends the packet
and adds whole packets. But it writes the headers of a channel always in the same order, and only three of them can
hold such text: a line that does not belong behind one of these three was smuggled in.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from cacofonisk.ami_event import WANTED
from cacofonisk.sources._ami_lists import LISTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cacofonisk.ami_event import Headers

Lines = list[tuple[str, str]]
"""The headers of a packet in order, one that comes twice twice."""

_START = ("Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum")
_PARTS = (
    ("CallerIDName", "ConnectedLineNum"),
    ("ConnectedLineName", "Language", "AccountCode", "Context", "Exten"),
    ("Priority", "Uniqueid", "Linkedid"),
)
"""A channel's headers: text of a caller can stand before the first of each part, and nowhere else."""
_NEXT = {"CallerIDNum": "CallerIDName", "ConnectedLineNum": "ConnectedLineName", "Exten": "Priority"}
_CUTTING = (b"CallerIDNum: ", b"ConnectedLineNum: ", b"Exten: ")
_LONGEST = 32  # packets, or
_LARGEST = 8192  # bytes that are believed to be smuggled in at one place

JUDGED = WANTED.keys() - LISTS
"""The events that can change a call; the answers to list actions have no Privilege, and have an ActionID."""


def ends_early(packet: bytes) -> bool:
    """Whether a packet ends with a header that a caller can end it with; quick."""
    at = packet.rfind(b"\r\n")
    return packet.startswith(_CUTTING, at + 2 if at >= 0 else 0)


class Inspector:
    """Judges the packets of one connection, in order, but only those that are not plainly normal.

    `live` says that it is a connection to Asterisk, where every call event has a Privilege. A recording may be
    written by hand, or by somebody who left that out: there it is asked for as soon as one was seen.
    """

    def __init__(self, *, live: bool = False) -> None:
        self._privileged = live
        self._stamped = False
        self._head: Lines = []  # a packet that somebody has ended
        self._open: Lines = []  # the same, with all that came since
        self._count = 0
        self._wanted = False

    @property
    def is_open(self) -> bool:
        """Whether the rest of a packet that somebody has ended is still to come."""
        return bool(self._open)

    @property
    def expected(self) -> tuple[bool, bool]:
        """Whether every call event has to have a Privilege, and a Timestamp; all else is told by a packet's headers."""
        return self._privileged, self._stamped

    def begin(self, lines: Lines, *, wanted: bool) -> None:
        """This packet was ended by somebody; what follows is his, until the rest of it comes."""
        self._head = lines
        self._open = list(lines)
        self._count = 0
        self._wanted = wanted

    def inspect(self, lines: Lines) -> tuple[Lines | None, str | None]:
        """The packet as Asterisk meant it, or None where it is not to be believed; and what is wrong with it."""
        if self._open:
            return self._go_on(lines)
        mended = mend(lines)
        if mended is None:
            if is_cut(lines):
                self.begin(lines, wanted=True)
                return None, None
            if not _in_order([key for key, _ in lines]):
                return None, "a caller's number holds headers, and which are true cannot be told"
            mended = lines
        what = self._unbelievable(mended)
        if what is not None:
            return None, what
        return mended, "a caller's number holds headers, which were taken out" if len(mended) < len(lines) else None

    def _go_on(self, lines: Lines) -> tuple[Lines | None, str | None]:
        self._open += lines
        self._count += 1
        # What lies between may hold a channel's headers of its own: then the rest is looked at behind the cut alone.
        mended = mend(self._open) or mend([*self._head, *lines])
        if mended is None:
            if self._count >= _LONGEST or sum(len(key) + len(value) for key, value in self._open) > _LARGEST:
                self._open = []
                return None, "a caller's number ends a packet, whose rest did not come"
            return None, "a caller's number holds this packet"
        self._open = []
        what = self._unbelievable(mended) or "a caller's number holds packets, which were taken out"
        return mended if self._wanted else None, what

    def _unbelievable(self, lines: Lines) -> str | None:
        """Why a packet is not Asterisk's, None if it may be."""
        keys = [key for key, _ in lines]
        name = lines[0][1] if lines and lines[0][0] == "Event" else ""
        for key in keys:
            if key.endswith(("Uniqueid", "Linkedid", "Channel")) and keys.count(key) > 1:
                return f"{name} has {key} twice"
        if name not in JUDGED:
            return None
        privileged, stamped = "Privilege" in keys, "Timestamp" in keys
        if self._privileged and not privileged:
            return f"{name} has no Privilege header, which Asterisk always writes"
        if self._stamped and not stamped and name != "FullyBooted":
            return f"{name} has no Timestamp header, which this server always writes"
        if name != "FullyBooted":
            self._privileged = privileged
            self._stamped = stamped
        return None


def mend(lines: Lines) -> Lines | None:
    """A packet without what does not belong behind a channel's headers; None where a channel's headers lack.

    What is smuggled in stands before the true rest of a channel's headers: so their last occurrence is true.
    """
    keys = [key for key, _ in lines]
    starts = [at for at in range(len(keys) - 3) if _starts(keys, at)]
    if len({keys[at] for at in starts}) < len(starts):
        return None  # one of them is forged, and nobody can tell which
    kept: list[int] = list(range(starts[0] if starts else len(keys)))
    for start, end in pairwise([*starts, len(keys)]):
        prefix = keys[start].removesuffix("Channel")
        found: list[int] = []
        behind = before = end
        for part in reversed(_PARTS):
            at = _last(keys, [prefix + key for key in part], start + 4, before)
            if at is None:
                return None
            if before == end:
                behind = at + len(part)
            found[:0] = range(at, at + len(part))
            before = at
        kept += [*range(start, start + 4), *found, *range(behind, end)]
    return [lines[at] for at in kept]


def is_cut(lines: Lines) -> bool:
    """Whether a packet ends within a channel's headers, at one that a caller can end it with."""
    keys = [key for key, _ in lines]
    for key, following in _NEXT.items():
        if keys and keys[-1].endswith(key):
            prefix = keys[-1].removesuffix(key)
            return f"{prefix}ChannelStateDesc" in keys and prefix + following not in keys
    return False


def _starts(keys: Sequence[str], at: int) -> bool:
    prefix = keys[at].removesuffix("Channel")
    return prefix != keys[at] and all(keys[at + step] == prefix + key for step, key in enumerate(_START))


def _last(keys: list[str], part: list[str], start: int, end: int) -> int | None:
    """Where these keys stand, one behind the other, for the last time."""
    return next((at for at in range(end - len(part), start - 1, -1) if keys[at : at + len(part)] == part), None)


def _in_order(keys: Sequence[str]) -> bool:
    """Whether nothing stands behind a header of a caller that does not belong there; for other Asterisks' orders."""
    for at in range(len(keys) - 3):
        if _starts(keys, at) and f"{keys[at].removesuffix('Channel')}CallerIDName" != (*keys, "")[at + 4]:
            return False
    return True


_CHAIN = (*_START[3:], *(key for part in _PARTS for key in part))
_BEHIND = {key: before for before, key in pairwise(_CHAIN)}


def to_lines(headers: Headers) -> Lines:
    """The lines of a packet that was written down as a mapping, where a header that comes twice has lost its place.

    In a packet about one channel the last one is Asterisk's, and stands where it belongs. In one about several
    nobody can tell: there they all stay together, which `mend` does not believe.
    """
    keys = list(headers)
    starts = [at for at in range(len(keys) - 3) if _starts(keys, at)]
    prefix = keys[starts[0]].removesuffix("Channel") if len(starts) == 1 else None
    lines: Lines = []
    waiting: dict[str, str] = {}
    inside = False  # behind the first header that a caller can fill, before the last one of the channel
    for key, value in headers.items():
        if isinstance(value, str):
            lines.append((key, value))
        elif prefix is not None and inside and prefix + _BEHIND.get(key.removeprefix(prefix), "") != lines[-1][0]:
            lines += [(key, item) for item in value[:-1]]
            waiting[key] = value[-1]
        else:
            lines += [(key, item) for item in value]
        while prefix is not None and lines[-1][0] == key and (following := _following(key, prefix)) in waiting:
            key = following
            lines.append((key, waiting.pop(key)))
        if prefix is not None and key in (f"{prefix}CallerIDNum", f"{prefix}Linkedid"):
            inside = key.endswith("Num")
    return [*lines, *waiting.items()]


def _following(key: str, prefix: str) -> str:
    bare = key.removeprefix(prefix)
    at = _CHAIN.index(bare) + 1 if bare in _CHAIN else len(_CHAIN)
    return prefix + _CHAIN[at] if at < len(_CHAIN) else ""
