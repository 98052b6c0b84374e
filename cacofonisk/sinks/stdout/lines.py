"""Lines of text for people: time of day, which call, what happened."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from cacofonisk.sinks._fold import fold
from cacofonisk.sinks._visible import MARK, visible
from cacofonisk.sinks.stdout.words import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.events import CallEvent

_COLOURS = tuple(f"color({number})" for number in (31, 28, 130, 133, 63, 30, 64, 162))
"""Of the 256 colours some that can be read on black and on white, where many terminals' own yellow and blue cannot."""
_MOST = 10_000
"""Calls whose numbers are kept: where `only` lets no hangup through, the one that was silent longest is forgotten."""


class Lines:
    """Makes a line of text of each call event; calls are numbered as they appear, coloured on a terminal."""

    def __init__(self, *, terminal: bool = False) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._last = 0
        self._terminal = sys.stdout if terminal else None
        self._paint = _painter() if terminal and not os.environ.get("NO_COLOR") else _plain

    def __call__(self, event: CallEvent) -> bytes:
        """The line, its end included; on a terminal folded where it is longer than that is wide."""
        time, number = _time_of_day(event), self._number(event)
        head = f"{time}  {_mark(number):<4} "
        line = f"{head}{words(event)}"
        line = fold(line, self._terminal, len(head)) if self._terminal else line.replace(MARK, "")
        return f"{self._paint(line, len(time), len(head), number)}\n".encode("utf-8", "replace")

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


def _plain(line: str, _time: int, _head: int, _number: int) -> str:
    return line


def _painter() -> Callable[[str, int, int, int], str]:
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)

    def paint(line: str, time: int, head: int, number: int) -> str:
        colour = _COLOURS[number % len(_COLOURS)]
        text = Text(line)
        text.stylize("dim", 0, time)
        text.stylize(f"bold {colour}", time, head)
        text.stylize(colour, head)
        with console.capture() as captured:
            console.print(text, end="")
        return captured.get()

    return paint
