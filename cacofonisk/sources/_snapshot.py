"""The headers that Asterisk writes of a channel, always in the same order, and what of them a caller can fill; pure."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from cacofonisk.ami_event import lines_of

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
"""Behind the start of a channel's headers: text of a caller can stand before the first of each part."""
_FILLED = ("CallerIDNum", "ConnectedLineNum", "Exten")
_CUTTING = tuple(f"{key}: ".encode() for key in _FILLED)
_CHAIN = (*_START[3:], *(key for part in _PARTS for key in part))
_BEHIND = {key: before for before, key in pairwise(_CHAIN)}
_FOLLOWING = dict(pairwise(_CHAIN))


def ends_early(packet: bytes) -> bool:
    """Whether a packet ends with a header that a caller can end it with; quick."""
    at = packet.rfind(b"\r\n")
    return packet.startswith(_CUTTING, at + 2 if at >= 0 else 0)


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
    last = lines[-1][0] if lines else ""
    prefix = next((last.removesuffix(key) for key in _FILLED if last.endswith(key)), None)
    if prefix is None or prefix not in snapshots_in([key for key, _ in lines]):
        return False
    # Behind the whole of a channel's headers such a one is just a line more.
    return mend(lines) is None and mend([*lines, *rest_behind(last)]) is not None


def rest_behind(last: str) -> Lines:
    """What Asterisk writes of a channel behind this header."""
    rest: Lines = []
    while (last := following(last)) != "":
        rest.append((last, ""))
    return rest


def snapshots_in(keys: Sequence[str]) -> list[str]:
    """The prefixes of the channels whose headers these are."""
    return [keys[at].removesuffix("Channel") for at in range(len(keys) - 3) if _starts(keys, at)]


def _starts(keys: Sequence[str], at: int) -> bool:
    prefix = keys[at].removesuffix("Channel")
    return prefix != keys[at] and all(keys[at + step] == prefix + key for step, key in enumerate(_START))


def _last(keys: list[str], part: list[str], start: int, end: int) -> int | None:
    """Where these keys stand, one behind the other, for the last time."""
    return next((at for at in range(end - len(part), start - 1, -1) if keys[at : at + len(part)] == part), None)


def in_order(keys: Sequence[str]) -> bool:
    """Whether nothing stands behind a header of a caller that does not belong there; for other Asterisks' orders."""
    for at in range(len(keys) - 3):
        if _starts(keys, at) and f"{keys[at].removesuffix('Channel')}CallerIDName" != (*keys, "")[at + 4]:
            return False
    return True


def to_lines(headers: Headers) -> Lines:
    """The lines of a packet that was written down as a mapping, where a header that comes twice has lost its place.

    In a packet about one channel the last one is Asterisk's, and stands where it belongs. In one about several
    nobody can tell: there they all stay together, which `mend` does not believe.
    """
    if headers.get("Event") == "UserEvent":
        return lines_of(headers)
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
        while prefix is not None and lines[-1][0] == key and (then := following(key)) in waiting:
            key = then
            lines.append((key, waiting.pop(key)))
        if prefix is not None and key in (f"{prefix}CallerIDNum", f"{prefix}Linkedid"):
            inside = key.endswith("Num")
    return [*lines, *waiting.items()]


def following(key: str) -> str:
    """The header that always stands behind this one of a channel, empty where there is none."""
    bare = next((bare for bare in _FOLLOWING if key.endswith(bare)), None)
    return key.removesuffix(bare) + _FOLLOWING[bare] if bare is not None else ""
