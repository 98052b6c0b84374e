"""Runs a case: plays its input through its operators and draws what comes out."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cacofonisk.testing.drawing import Drawer, Given, Mismatch
from cacofonisk.testing.kinds import check_kind
from cacofonisk.testing.legend import LegendLine, write_legend
from cacofonisk.testing.operators import read_operators
from cacofonisk.testing.playing import Note, play
from cacofonisk.testing.timeline import (
    COMPLETED,
    ERROR,
    SUBSCRIBE,
    UNSUBSCRIBE,
    Frame,
    MarbleError,
    draw_aligned,
    located,
    without_tail,
)
from cacofonisk.testing.values import Values

if TYPE_CHECKING:
    from cacofonisk.testing.case import Case

_SHOWS = ("added", "all", "ami", "call_events")


@dataclass(slots=True)
class Outcome:
    """What came out of a case, drawn with the case's letters.

    `frames` is the output, `groups` each stream in it by its letter, `fresh` the legend of letters that the
    case has no line for, `mismatches` the fields that differ, `surprises` what else is wrong, one line each.
    """

    case: Case
    frames: list[Frame]
    groups: dict[str, list[Frame]] = field(default_factory=dict)
    fresh: dict[str, LegendLine] = field(default_factory=dict)
    mismatches: list[Mismatch] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether what came out is what was expected."""
        return (
            not self.mismatches
            and not self.surprises
            and without_tail(self.frames) == without_tail(self.case.expected.frames)
            and all(
                without_tail(self.groups.get(group.name, [])) == without_tail(group.frames)
                for group in self.case.groups
            )
        )

    def report(self) -> str:
        """The expected and the drawn lines, one above the other, then a line for each field that differs."""
        case = self.case
        rows: list[tuple[str, list[Frame]]] = [
            (case.input.name, list(case.input.frames)),
            ("expected", list(case.expected.frames)),
            ("drawn", self.padded(self.frames)),
        ]
        for group in case.groups:
            drawn = self.groups.get(group.name, [])
            if without_tail(drawn) != without_tail(group.frames):
                rows += [
                    (f"expected {group.name}", list(group.frames)),
                    (f"drawn {group.name}", self.padded(drawn)),
                ]
        width = max(len(name) for name, _ in rows)
        lines = [f"{case.at(case.line)}: {case.title}", ""]
        drawn_lines = draw_aligned([frames for _, frames in rows])
        lines += [f"{name.ljust(width)}  {text}" for (name, _), text in zip(rows, drawn_lines, strict=True)]
        told = [*map(str, self.mismatches), *self.surprises, *map(write_legend, self.fresh.values())]
        return "\n".join([*lines, *([""] if told else []), *told])

    def padded(self, frames: list[Frame]) -> list[Frame]:
        """The frames, made as long as the diagrams of the case."""
        kept = without_tail(frames)
        length = max(len(self.case.input.frames), len(self.case.expected.frames))
        ended = kept and kept[-1][-1] in (COMPLETED, ERROR)
        return kept if ended else kept + [()] * (length - len(kept))


def run_case(case: Case) -> Outcome:
    """Run a case in virtual time and draw what comes out.

    Raises:
        MarbleError: the case names an operator, a kind or a field that does not exist, or never ends.
    """
    shows = _shows(case)
    header = case.headers["operator"]
    try:
        operators = read_operators(header.value)
    except MarbleError as error:
        raise MarbleError(f"{case.at(header.line or case.line)}: {error}") from error
    letters = case.input.letters
    made = [line for letter, line in case.legend.items() if letter in letters or letter == ERROR]
    values = Values(made, defaults=case.headers["defaults"].value != "no")
    notes: list[Note] = []
    inputs: list[Given] = []
    for number, frame in enumerate(case.input.frames):
        for letter in frame:
            if letter == COMPLETED:
                notes.append(Note(number, "completed"))
                continue
            value = values.error() if letter == ERROR else values.value(letter, number)
            inputs.append(Given(letter, value, value if letter == ERROR else deepcopy(value)))
            notes.append(Note(number, "error" if letter == ERROR else "next", value))
    moments = case.subscription
    with located(case.path, case.line):
        recording = play(
            notes,
            *operators,
            subscribe=(moments.find(SUBSCRIBE) if moments else None) or 0,
            unsubscribe=moments.find(UNSUBSCRIBE) if moments else None,
        )
    drawer = Drawer(case.path, case.legend, inputs, shows)
    frames, streams = drawer.draw(recording, case.expected.frames)
    expected = {group.name: group.frames for group in case.groups}
    groups = {letter: drawer.draw(stream, expected.get(letter, ()))[0] for letter, stream in streams.items()}
    return Outcome(case, frames, groups, drawer.fresh, drawer.mismatches, drawer.surprises)


def _shows(case: Case) -> list[str]:
    header = case.headers["shows"]
    words = [word.strip() for word in header.value.split(",")]
    for word in words:
        if word not in _SHOWS:
            try:
                check_kind(word)
            except MarbleError as error:
                raise MarbleError(f"{case.at(header.line)}: shows: {error}, or one of {', '.join(_SHOWS)}") from None
    return words
