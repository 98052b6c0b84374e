"""Draws what came out with the letters of a legend."""

from __future__ import annotations

import string
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import CallEvent
from cacofonisk.testing.kinds import GROUP, KINDS, MISSING, field_of, field_types, kind_of, shown
from cacofonisk.testing.legend import Field, LegendLine
from cacofonisk.testing.timeline import COMPLETED, ERROR, RESERVED, Frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cacofonisk.testing.playing import Note, Recording


@dataclass(slots=True, frozen=True)
class Mismatch:
    """A value of the right kind at the right frame, but a field of it is not as expected."""

    letter: str
    frame: int
    field: str
    actual: str
    expected: str

    def __str__(self) -> str:
        actual, expected = self.actual or '""', self.expected or '""'
        return f"{self.letter} at frame {self.frame}: {self.field} is {actual}, expected {expected}"


@dataclass(slots=True)
class Drawer:
    """Gives each value that came out a letter: the expected one, else one that fits, else a new one."""

    legend: Mapping[str, LegendLine]
    inputs: Sequence[tuple[str, object]] = ()
    shows: Sequence[str] = ("all",)
    mismatches: list[Mismatch] = field(default_factory=list)
    fresh: dict[str, LegendLine] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    _by_id: dict[int, str] = field(default_factory=dict)
    _input_letters: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._by_id = {id(value): letter for letter, value in self.inputs}
        self._input_letters = frozenset(letter for letter, _ in self.inputs)

    def draw(self, recording: Recording, expected: Sequence[Frame] = ()) -> tuple[list[Frame], dict[str, Recording]]:
        """The frames of a recording, and the recordings of the streams in it by their letters."""
        at: dict[int, list[tuple[int, Note]]] = {}
        for position, note in enumerate(recording.notes):
            if note.kind != "next" or self._is_shown(note.value):
                at.setdefault(note.frame, []).append((position, note))
        frames: list[Frame] = [()] * (max(at, default=-1) + 1)
        streams: dict[str, Recording] = {}
        for frame, notes in at.items():
            letters = self._letters([note for _, note in notes], expected[frame] if frame < len(expected) else ())
            frames[frame] = tuple(letters)
            for (position, _), letter in zip(notes, letters, strict=True):
                if position in recording.streams:
                    streams[letter] = recording.streams[position]
        return frames, streams

    def _is_shown(self, value: object) -> bool:
        if "all" in self.shows:
            return True
        return (
            kind_of(value) in self.shows
            or ("added" in self.shows and id(value) not in self._by_id)
            or ("ami" in self.shows and isinstance(value, AmiEvent))
            or ("call_events" in self.shows and isinstance(value, CallEvent))
        )

    def _letters(self, notes: Sequence[Note], expected: Frame) -> list[str]:
        letters: list[str] = [""] * len(notes)
        left = [letter for letter in expected if letter not in RESERVED]
        # First what fits in every field, in order; then what is of the right kind at least.
        for index, note in enumerate(notes):
            if note.kind == "next":
                fits = next((letter for letter in left if self._fits(letter, note.value)), None)
                if fits is not None:
                    letters[index] = fits
                    left.remove(fits)
        for index, note in enumerate(notes):
            if note.kind == "completed":
                letters[index] = COMPLETED
            elif note.kind == "error":
                letters[index] = ERROR
                self._check_error(note, expected)
            elif not letters[index]:
                similar = next((letter for letter in left if self._is_similar(letter, note.value)), None)
                if similar is None:
                    letters[index] = self._other_letter(note.value)
                else:
                    letters[index] = similar
                    left.remove(similar)
                    self.mismatches += self._differences(similar, note)
        return letters

    def _fits(self, letter: str, value: object) -> bool:
        if letter in self._input_letters:
            return self._is_input(letter, value)
        line = self.legend[letter]
        return line.kind == kind_of(value) and not any(actual != wanted for _, actual, wanted in _compared(line, value))

    def _is_similar(self, letter: str, value: object) -> bool:
        return letter not in self._input_letters and self.legend[letter].kind == kind_of(value)

    def _is_input(self, letter: str, value: object) -> bool:
        known = self._by_id.get(id(value))
        if known is not None:
            return known == letter
        return any(other == letter and _equal(value, given) for other, given in self.inputs)

    def _differences(self, letter: str, note: Note) -> list[Mismatch]:
        return [
            Mismatch(letter, note.frame, name, actual, wanted)
            for name, actual, wanted in _compared(self.legend[letter], note.value)
            if actual != wanted
        ]

    def _check_error(self, note: Note, expected: Frame) -> None:
        error = note.value
        line = self.legend.get(ERROR)
        said = f"{type(error).__name__}: {error}"
        if ERROR not in expected:
            where = traceback.extract_tb(error.__traceback__)
            place = f" ({where[-1].filename}:{where[-1].lineno})" if where else ""
            self.surprises.append(f"# at frame {note.frame} is {said}{place}")
            if line is None and all(error is not value for _, value in self.inputs):
                self.fresh[ERROR] = LegendLine(ERROR, type(error).__name__, (Field("text", str(error)),))
        elif line is None:
            if all(error is not value for _, value in self.inputs):
                self.surprises.append(f"# at frame {note.frame} is {said}, expected the error that went in")
        else:
            names = [kind.__name__ for kind in type(error).__mro__]
            if line.kind not in names:
                self.mismatches.append(Mismatch(ERROR, note.frame, "kind", names[0], line.kind))
            text = line.get("text")
            if text is not None and text != str(error):
                self.mismatches.append(Mismatch(ERROR, note.frame, "text", str(error), text))

    def _other_letter(self, value: object) -> str:
        """A letter for a value that was not expected here."""
        known = self._by_id.get(id(value))
        if known is not None:
            return known
        for letter in self.legend:
            if letter != ERROR and self._fits(letter, value):
                return letter
        line = described(value)
        for letter, before in self.fresh.items():
            if (before.kind, before.fields) == (line.kind, line.fields):
                return letter
        own = string.digits[1:] if line.kind == GROUP else line.kind.upper()
        wishes = own + string.ascii_uppercase + string.digits
        taken = {*self.legend, *self.fresh, *RESERVED, "_"}
        letter = next((wish for wish in wishes if wish not in taken), "?")
        self.fresh[letter] = LegendLine(letter, line.kind, line.fields)
        return letter


def described(value: object) -> LegendLine:
    """A legend line, still without a letter, that tells all there is to tell about a value."""
    kind = kind_of(value)
    if isinstance(value, AmiEvent):
        names = ["Uniqueid", "Linkedid", "ChannelStateDesc"]
    elif kind == GROUP:
        names = ["key"]
    else:
        own = KINDS.get(kind)
        dull = {"server", "time", "timestamp", "sequence", "packet"}
        names = [name for name in field_types(own or type(value)) if name not in dull]
    fields = [(name, field_of(value, name)) for name in names]
    dull_values: tuple[object, ...] = (None, False, "", [], MISSING)
    return LegendLine("", kind, tuple(Field(n, shown(v)) for n, v in fields if v not in dull_values))


def _compared(line: LegendLine, value: object) -> list[tuple[str, str, str]]:
    """Name, actual and expected text of each field that the legend names."""
    compared = []
    for wanted in line.fields:
        actual = field_of(value, wanted.name)
        if wanted.value is None:
            compared.append((wanted.name, "missing" if actual is MISSING else shown(actual), "missing"))
        else:
            compared.append((wanted.name, shown(actual), wanted.value))
    return compared


def _equal(value: object, other: object) -> bool:
    if isinstance(value, AmiEvent) and isinstance(other, AmiEvent):
        return value.server == other.server and value.headers == other.headers
    return type(value) is type(other) and value == other
