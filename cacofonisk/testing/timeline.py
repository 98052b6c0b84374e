"""Diagrams: lines of frames, read from text and drawn as text."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cacofonisk.errors import CacofoniskError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Frame = tuple[str, ...]
"""The letters of one frame; empty where nothing happens."""

COMPLETED = "|"
ERROR = "#"
SUBSCRIBE = "^"
UNSUBSCRIBE = "!"
RESERVED = frozenset("-()|#^! ")
"""What can not be the letter of a value."""


class MarbleError(CacofoniskError):
    """A marble file or a diagram is wrong; the text says where and what, in one line."""


@contextmanager
def located(path: Path, line: int) -> Iterator[None]:
    """A MarbleError that is raised within says where: it starts with `path:line`."""
    try:
        yield
    except MarbleError as error:
        if str(error).startswith(f"{path}:"):
            raise
        raise MarbleError(f"{path}:{line}: {error}") from None


@dataclass(slots=True, frozen=True)
class Diagram:
    """One line of frames: its name, its frames, the column where each starts, the line where it stands."""

    name: str
    frames: tuple[Frame, ...]
    columns: tuple[int, ...]
    line: int = 0

    @property
    def letters(self) -> list[str]:
        """Every letter of a value, once, in order of appearance."""
        return list(dict.fromkeys(letter for frame in self.frames for letter in frame if letter not in RESERVED))

    def find(self, mark: str) -> int | None:
        """The first frame that holds `mark`."""
        return next((number for number, frame in enumerate(self.frames) if mark in frame), None)


def read_diagram(text: str, *, name: str = "", start: int = 0, line: int = 0) -> Diagram:
    """Read `-a-(bc)-|`: one character or one group is one frame, spaces are padding and no time."""
    frames: list[Frame] = []
    columns: list[int] = []
    group: list[str] | None = None
    for column, character in enumerate(text, start):
        if character == " ":
            continue
        if group is not None:
            if character == ")":
                frames.append(tuple(group))
                group = None
            elif character in "(-":
                raise MarbleError(f"{character!r} stands inside a group in {text.strip()!r}")
            else:
                group.append(character)
            continue
        columns.append(column)
        if character == "(":
            group = []
        elif character == ")":
            raise MarbleError(f"a group is closed that was never opened in {text.strip()!r}")
        else:
            frames.append(() if character == "-" else (character,))
    if group is not None:
        raise MarbleError(f"a group is not closed in {text.strip()!r}")
    return Diagram(name, tuple(frames), tuple(columns), line)


def draw_frame(frame: Frame) -> str:
    """One frame as text: `-`, `a` or `(ab)`."""
    if not frame:
        return "-"
    return frame[0] if len(frame) == 1 else f"({''.join(frame)})"


def draw_aligned(lines: Sequence[Sequence[Frame]]) -> list[str]:
    """Draw lines so that every frame starts at the same column in all of them."""
    width = [1] * max(map(len, lines), default=0)
    for frames in lines:
        for number, frame in enumerate(frames):
            width[number] = max(width[number], len(draw_frame(frame)))
    return ["".join(draw_frame(f).ljust(width[n]) for n, f in enumerate(frames)).rstrip() for frames in lines]


def without_tail(frames: Sequence[Frame]) -> list[Frame]:
    """The frames without the empty ones at the end, which say nothing."""
    kept = list(frames)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def misaligned(diagram: Diagram, other: Diagram) -> int | None:
    """The first frame that starts at another column in the other diagram."""
    for number, (ours, theirs) in enumerate(zip(diagram.columns, other.columns, strict=False)):
        if ours != theirs:
            return number
    return None
