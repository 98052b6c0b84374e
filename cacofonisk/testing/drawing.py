"""Draws what came out with the letters of a legend."""

from __future__ import annotations

import string
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import CallEvent
from cacofonisk.testing.kinds import BOUND, GROUP, KINDS, MISSING, field_of, field_types, kind_of, shown
from cacofonisk.testing.legend import Field, LegendLine
from cacofonisk.testing.timeline import COMPLETED, ERROR, RESERVED, Frame, located

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from cacofonisk.testing.playing import Note, Recording


@dataclass(slots=True, frozen=True)
class Mismatch:
    """A value of the right kind at the right frame, but a field of it is not as expected; None is a missing one."""

    letter: str
    frame: int
    field: str
    actual: str | None
    expected: str | None

    def __str__(self) -> str:
        actual, expected = ("missing" if text is None else text or '""' for text in (self.actual, self.expected))
        return f"{self.letter} at frame {self.frame}: {self.field} is {actual}, expected {expected}"


@dataclass(slots=True, frozen=True)
class Given:
    """A value that went in, and what it was then: an operator may have changed it."""

    letter: str
    value: object
    before: object


@dataclass(slots=True)
class Drawer:
    """Gives each value that came out a letter: the expected one, else one that fits, else a new one.

    `path` is the file of the legend, for messages.
    """

    path: Path
    legend: Mapping[str, LegendLine]
    inputs: Sequence[Given] = ()
    shows: Sequence[str] = ("all",)
    mismatches: list[Mismatch] = field(default_factory=list)
    fresh: dict[str, LegendLine] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    _by_id: dict[int, Given] = field(default_factory=dict)
    _input_letters: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._by_id = {id(given.value): given for given in self.inputs}
        self._input_letters = frozenset(given.letter for given in self.inputs)

    def draw(self, recording: Recording, expected: Sequence[Frame] = ()) -> tuple[list[Frame], dict[str, Recording]]:
        """The frames of a recording, and the recordings of the streams in it whose letter is theirs alone."""
        at: dict[int, list[tuple[int, Note]]] = {}
        for position, note in enumerate(recording.notes):
            if note.kind != "next" or self._is_shown(note.value):
                at.setdefault(note.frame, []).append((position, note))
        letters: dict[int, str] = {}
        for frame, notes in at.items():
            letters |= self._expected_letters(notes, expected[frame] if frame < len(expected) else ())
        # Only now is it known which letters are left for streams that nobody expected where they came.
        streams = {position: letters.get(position) for position in recording.streams}
        frames: list[Frame] = [()] * (max(at, default=-1) + 1)
        for frame, notes in at.items():
            for position, note in notes:
                if position not in letters:
                    letters[position] = self._other_letter(note.value, streams.values() if position in streams else ())
                    if position in streams:
                        streams[position] = letters[position]
            frames[frame] = tuple(letters[position] for position, _ in notes)
        often = Counter(streams.values())
        alone = {letter: position for position, letter in streams.items() if letter is not None and often[letter] == 1}
        return frames, {letter: recording.streams[position] for letter, position in alone.items()}

    def _is_shown(self, value: object) -> bool:
        if "all" in self.shows:
            return True
        return (
            kind_of(value) in self.shows
            or ("added" in self.shows and self._passed_on(value) is None)
            or ("ami" in self.shows and isinstance(value, AmiEvent))
            or ("call_events" in self.shows and isinstance(value, CallEvent))
        )

    def _expected_letters(self, notes: Sequence[tuple[int, Note]], expected: Frame) -> dict[int, str]:
        """The letters of the notes of a frame, by position, as far as they are what is expected there."""
        letters: dict[int, str] = {}
        left = [letter for letter in expected if letter not in RESERVED]
        # First what fits in every field, in order; then what is of the right kind at least.
        for position, note in notes:
            if note.kind == "next":
                fits = next((letter for letter in left if self._fits(letter, note.value)), None)
                if fits is not None:
                    letters[position] = fits
                    left.remove(fits)
        for position, note in notes:
            if note.kind == "completed":
                letters[position] = COMPLETED
            elif note.kind == "error":
                letters[position] = ERROR
                self._check_error(note, expected)
            elif position not in letters:
                similar = next((letter for letter in left if self._is_similar(letter, note.value)), None)
                if similar is not None:
                    letters[position] = similar
                    left.remove(similar)
                    differing = self._differing(similar, note.value)
                    self.mismatches += [Mismatch(similar, note.frame, *texts) for texts in differing]
        return letters

    def _fits(self, letter: str, value: object) -> bool:
        return self._is_similar(letter, value) and not self._differing(letter, value)

    def _is_similar(self, letter: str, value: object) -> bool:
        if letter not in self._input_letters:
            return self.legend[letter].kind == kind_of(value)
        known = self._passed_on(value)
        if known is not None:
            return known == letter
        return any(given.letter == letter and _equal(value, given.before) for given in self.inputs)

    def _passed_on(self, value: object) -> str | None:
        """The letter with which this very value went in, if it is still what it was."""
        given = self._by_id.get(id(value))
        return given.letter if given is not None and _equal(value, given.before) else None

    def _differing(self, letter: str, value: object) -> list[tuple[str, str | None, str | None]]:
        """Name, actual and expected text of each field that is not as the legend says; None is a missing one."""
        line = self.legend[letter]
        differing = []
        for wanted in line.fields:
            if letter in self._input_letters and wanted.name.partition(".")[0] not in BOUND:
                continue  # as it went in, so it is
            with located(self.path, line.line):
                found = field_of(value, wanted.name)
            actual = None if found is MISSING else shown(found)
            if actual != wanted.value:
                differing.append((wanted.name, actual, wanted.value))
        return differing

    def _check_error(self, note: Note, expected: Frame) -> None:
        error = note.value
        line = self.legend.get(ERROR)
        said = f"{type(error).__name__}: {error}"
        if ERROR not in expected:
            where = traceback.extract_tb(error.__traceback__)
            place = f" ({where[-1].filename}:{where[-1].lineno})" if where else ""
            self.surprises.append(f"# at frame {note.frame} is {said}{place}")
            if line is None and all(error is not given.value for given in self.inputs):
                self.fresh[ERROR] = LegendLine(ERROR, type(error).__name__, (Field("text", str(error)),))
        elif line is None:
            if all(error is not given.value for given in self.inputs):
                self.surprises.append(f"# at frame {note.frame} is {said}, expected the error that went in")
        else:
            names = [kind.__name__ for kind in type(error).__mro__]
            if line.kind not in names:
                self.mismatches.append(Mismatch(ERROR, note.frame, "kind", names[0], line.kind))
            text = line.get("text")
            if text is not None and text != str(error):
                self.mismatches.append(Mismatch(ERROR, note.frame, "text", str(error), text))

    def _other_letter(self, value: object, taken: Collection[str | None]) -> str:
        """A letter for a value that was not expected here, none that is taken."""
        known = self._passed_on(value)
        if known is not None:
            return known
        for letter in self.legend:
            if letter != ERROR and letter not in taken and self._fits(letter, value):
                return letter
        line = described(value)
        for letter, before in self.fresh.items():
            if letter not in taken and (before.kind, before.fields) == (line.kind, line.fields):
                return letter
        own = string.digits[1:] if line.kind == GROUP else line.kind.upper()
        wishes = own + string.ascii_uppercase + string.digits
        used = {*self.legend, *self.fresh, *RESERVED, "_"}
        letter = next((wish for wish in wishes if wish not in used), "?")
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
        names = [name for name in field_types(own or type(value)) if name not in dull and hasattr(value, name)]
    fields = [(name, field_of(value, name)) for name in names]
    dull_values: tuple[object, ...] = (None, False, "", [], MISSING)
    return LegendLine("", kind, tuple(Field(n, shown(v)) for n, v in fields if v not in dull_values))


def _equal(value: object, other: object) -> bool:
    if isinstance(value, AmiEvent) and isinstance(other, AmiEvent):
        return value.server == other.server and value.headers == other.headers
    return type(value) is type(other) and value == other
