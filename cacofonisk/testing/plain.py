"""Marble diagrams in plain Python tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cacofonisk.testing.kinds import kind_of
from cacofonisk.testing.playing import Note, Recording
from cacofonisk.testing.timeline import COMPLETED, ERROR, MarbleError, draw_aligned, read_diagram

if TYPE_CHECKING:
    from collections.abc import Mapping


def marbles(diagram: str, values: Mapping[str, Any] | None = None) -> list[Note]:
    """What a diagram such as `-a-(bc)-|` says, for `play`.

    Parameters:
        diagram: one character or group is one frame; `|` is the end, `#` an error, `-` nothing.
        values: what the letters stand for, `#` an exception; a letter without a value stands for itself.
    """
    known = dict(values or {})
    notes = []
    for number, frame in enumerate(read_diagram(diagram).frames):
        for letter in frame:
            if letter == COMPLETED:
                notes.append(Note(number, "completed"))
            elif letter == ERROR:
                notes.append(Note(number, "error", known.get(ERROR, MarbleError("the source broke"))))
            else:
                notes.append(Note(number, "next", known.get(letter, letter)))
    return notes


def draw(recording: Recording, letters: Mapping[str, Any] | None = None, *, frames: int = 0) -> str:
    """Draw a recording.

    Parameters:
        recording: what `play` gave.
        letters: what each letter stands for: a value, a class, or the name of a kind such as `transfer`. A
            value without a letter draws itself where it is a single character, else `?`.
        frames: the length of the line where it is longer than the recording.
    """
    drawn: list[tuple[str, ...]] = [()] * max([frames, *(note.frame + 1 for note in recording.notes)])
    for note in recording.notes:
        mark = {"completed": COMPLETED, "error": ERROR}.get(note.kind) or _letter(note.value, letters or {})
        drawn[note.frame] += (mark,)
    return draw_aligned([drawn])[0]


def _letter(value: object, letters: Mapping[str, Any]) -> str:
    for letter, meant in letters.items():
        if isinstance(meant, type):
            if isinstance(value, meant):
                return letter
        elif value is meant or (type(value) is type(meant) and value == meant) or kind_of(value) == meant:
            return letter
    return value if isinstance(value, str) and len(value) == 1 else "?"
