"""Which way a call goes, by the trunks of the PBX and the numbers that lead out of it."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from cacofonisk.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cacofonisk.events import Direction, Party

_PART = re.compile(
    r"(?P<set>\[[0-9A-Za-z*#+-]+\])|(?P<digit>[XZNxzn])|(?P<end>[.!])$|(?P<gap>-)|(?P<self>[0-9A-Za-z*#+])"
)
_DIGITS = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]"}
_ENDS = {".": ".+", "!": ".*"}


class Trunks:
    """The lines of a PBX to the outside, by which `started` tells the direction of a call.

    `channels` names the trunks as Asterisk names their channels, without the number behind the last dash:
    `PJSIP/provider`, `DAHDI/i1/*`; `*` and `?` stand for any text and any character. `outside` holds the numbers that
    a phone dials to reach the outside, written as the extensions of a dialplan are: `_0.` is all that begins with 0,
    `112` just that. Who calls on a trunk makes an `inbound` call; who calls from a phone an `outbound` one to a
    number that leads outside and an `internal` one to any other. Without `outside` nobody can tell the last two apart.

    Raises PipelineError for what is no such name or pattern.
    """

    def __init__(self, *channels: str, outside: str | Iterable[str] = ()) -> None:
        if not channels:
            raise PipelineError("Trunks() needs the name of a trunk, as in PJSIP/provider")
        for channel in channels:
            if not channel.partition("/")[2]:
                raise PipelineError(f"a trunk is named with its technology, as in PJSIP/provider, not {channel!r}")
        numbers = [outside] if isinstance(outside, str) else list(outside)
        self._is_trunk = re.compile("|".join(map(fnmatch.translate, channels)))
        self._is_outside = re.compile("|".join(map(_expression, numbers))) if numbers else None

    def direction(self, caller: Party) -> Direction | None:
        """Which way somebody calls; None where that cannot be told."""
        if self._is_trunk.fullmatch(caller.channel.rpartition("-")[0]):
            return "inbound"
        if self._is_outside is None or not caller.exten:
            return None
        return "outbound" if self._is_outside.fullmatch(caller.exten) else "internal"


def _expression(extension: str) -> str:
    """The regular expression of an extension as a dialplan writes it; raises PipelineError."""
    if extension in ("", "_"):
        raise PipelineError("outside: an empty number leads nowhere; all that begins with 0 is _0.")
    if extension[0] != "_":
        return re.escape(extension)
    parts: list[str] = []
    at = 1
    while at < len(extension):
        part = _PART.match(extension, at)
        if part is None:
            raise PipelineError(f"outside: {extension!r} is no extension of a dialplan from {extension[at:]!r} on")
        at = part.end()
        parts.append(_regular(part))
    try:
        return re.compile("".join(parts)).pattern
    except re.error:
        raise PipelineError(f"outside: {extension!r} has a range that runs backwards") from None


def _regular(part: re.Match[str]) -> str:
    kind, text = part.lastgroup, part[0]
    if kind == "digit":
        return _DIGITS[text.upper()]
    if kind == "end":
        return _ENDS[text]
    if kind == "gap":  # people write _0800-XXXX, and Asterisk does not mind
        return ""
    return text if kind == "set" else re.escape(text)
