"""Lines of text for people: time of day, which call, what happened."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cacofonisk.sinks._visible import visible
from cacofonisk.sinks.stdout.words import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.events import CallEvent

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green", "bright_yellow")
_MOST = 10_000
"""Calls whose numbers are kept: where `only` lets no hangup through, the one that was silent longest is forgotten."""


class Lines:
    """Makes a line of text of each call event; calls are numbered as they appear, coloured on a terminal."""

    def __init__(self, *, terminal: bool = False) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._last = 0
        self._paint = _painter() if terminal and not os.environ.get("NO_COLOR") else _plain

    def __call__(self, event: CallEvent) -> bytes:
        """The line, its end included."""
        line = self._paint(_time_of_day(event), self._number(event), words(event))
        return f"{line}\n".encode("utf-8", "replace")

    def _number(self, event: CallEvent) -> int:
        if event.call_id is None:
            return 0
        key = (event.server, event.call_id)
        number = self._numbers.pop(key, 0)
        if not number:
            number = self._last = self._last + 1
        if event.event != "hangup":  # its last event
            self._numbers[key] = number  # behind all others
            if len(self._numbers) > _MOST:
                del self._numbers[next(iter(self._numbers))]
        return number


def _time_of_day(event: CallEvent) -> str:
    try:
        return event.when.astimezone().strftime("%H:%M:%S.%f")[:-3]
    except (ValueError, OverflowError):
        return visible(event.time)


def _mark(number: int) -> str:
    return f"#{number}" if number else "-"


def _plain(time: str, number: int, said: str) -> str:
    return f"{time}  {_mark(number):<4} {said}"


def _painter() -> Callable[[str, int, str], str]:
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)

    def paint(time: str, number: int, said: str) -> str:
        colour = _COLOURS[number % len(_COLOURS)]
        mark = (f"{_mark(number):<4}", f"bold {colour}")
        with console.capture() as captured:
            console.print(Text.assemble((time, "dim"), "  ", mark, " ", (said, colour)), end="")
        return captured.get()

    return paint
