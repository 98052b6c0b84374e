"""Reads marble files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from cacofonisk.testing.case import Case, Header
from cacofonisk.testing.kinds import BOUND, GROUP, check_ami_field, check_field, check_kind, is_own_kind
from cacofonisk.testing.legend import read_legend
from cacofonisk.testing.timeline import (
    RESERVED,
    SUBSCRIBE,
    UNSUBSCRIBE,
    Diagram,
    MarbleError,
    located,
    misaligned,
    read_diagram,
)
from cacofonisk.testing.values import Values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cacofonisk.testing.legend import LegendLine

_HEADER = re.compile(r"(\w+):(?:\s+(.*\S))?\s*")
_DIAGRAM = re.compile(r"(\S+\s+)(\S.*)")
_HEADERS = ("defaults", "operator", "shows")
_NOTES = frozenset("|#")


def read_marbles(path: Path | str) -> list[Case]:
    """All cases of a marble file.

    Raises:
        MarbleError: the file is wrong; the text is one line that starts with `file:line`.
    """
    path = Path(path)
    return parse_marbles(path.read_text(encoding="utf-8"), path)


def parse_marbles(text: str, path: Path) -> list[Case]:
    """All cases of a marble file's text; `path` names it in messages."""
    cases: list[Case] = []
    shared = {
        "operator": Header(f"{path.stem}()"),
        "shows": Header("all"),
        "defaults": Header("yes"),
    }
    case: Case | None = None
    part = "diagrams"
    legend: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        with located(path, number):
            line = line.rstrip("\r")
            if line.startswith(";"):
                continue
            if line.startswith("== "):
                _finish(case, legend)
                title = line[3:].strip()
                if any(title == other.title for other in cases):
                    raise MarbleError(f"two cases have the title {title!r}")
                case = Case(path, len(cases), number, title, dict(shared), last_line=number)
                cases.append(case)
                part = "diagrams"
            elif found := _HEADER.fullmatch(line):
                name, value = found.groups()
                if name not in _HEADERS:
                    raise MarbleError(f"no header is called {name!r}; there are {', '.join(_HEADERS)}")
                if not value:
                    raise MarbleError(f"{name} has no value")
                (shared if case is None else case.headers)[name] = Header(value, number)
            elif not line.strip():
                if case and case.diagrams:
                    part = "legend"
            elif case is None:
                raise MarbleError(f"{line.strip()!r} stands before the first title, which starts with '== '")
            elif part == "diagrams":
                _add_diagram(case, line, number)
                case.last_line = number
            elif line[0].isspace() and legend:
                legend[-1] = (legend[-1][0], f"{legend[-1][1]} {line.strip()}")
                case.last_line = number
            else:
                legend.append((number, line))
                case.last_line = number
    _finish(case, legend)
    if not cases:
        raise MarbleError(f"{path}:1: no case here; a title starts with '== '")
    return cases


def _add_diagram(case: Case, line: str, number: int) -> None:
    found = _DIAGRAM.fullmatch(line.rstrip())
    if not found:
        raise MarbleError(f"expected a name and a diagram, found {line.strip()!r}")
    diagram = read_diagram(found[2], name=found[1].strip(), start=len(found[1]), line=number)
    marks = {letter for frame in diagram.frames for letter in frame}
    if marks & {SUBSCRIBE, UNSUBSCRIBE}:
        if case.subscription or not case.diagrams:
            raise MarbleError("one line tells when to subscribe (^) and unsubscribe (!), below the input")
        if marks - {SUBSCRIBE, UNSUBSCRIBE}:
            raise MarbleError("a line that tells when to subscribe (^) and unsubscribe (!) has no letters")
        if "".join(letter for frame in diagram.frames for letter in frame) not in ("^", "!", "^!"):
            raise MarbleError("one subscribes (^) once, and unsubscribes (!) once behind that")
        case.subscription = diagram
    else:
        case.diagrams.append(diagram)
    frame = misaligned(diagram, case.input)
    if frame is not None:
        raise MarbleError(
            f"frame {frame} of {diagram.name!r} is not below frame {frame} of {case.input.name!r}; "
            "pad with spaces under a group (and put an empty line before the legend)"
        )


def _finish(case: Case | None, lines: list[tuple[int, str]]) -> None:
    """Check a case when all of its lines are there."""
    if case is None:
        return
    for number, text in lines:
        with located(case.path, number):
            line = read_legend(text, number)
            if line.letter in case.legend:
                raise MarbleError(f"{line.letter!r} is in the legend twice")
            case.legend[line.letter] = line
    lines.clear()
    if len(case.diagrams) < 2:
        raise MarbleError(f"{case.at(case.line)}: a case needs two diagrams, of what goes in and what comes out")
    _check_letters(case)
    _check_groups(case)
    _check_legend(case)


def _check_letters(case: Case) -> None:
    used: set[str] = set()
    for diagram in case.diagrams:
        used.update(diagram.letters)
        unknown = [letter for letter in diagram.letters if letter not in case.legend]
        if unknown:
            raise MarbleError(f"{case.at(diagram.line)}: {unknown[0]!r} of {diagram.name!r} is not in the legend")
        _check_end(case, diagram)
    for letter, line in case.legend.items():
        if letter not in used and letter not in _NOTES:
            raise MarbleError(f"{case.at(line.line)}: {letter!r} is in the legend, but in no diagram")
    if case.input.find("#") is None and case.expected.find("#") is not None and "#" not in case.legend:
        raise MarbleError(f"{case.at(case.expected.line)}: '#' comes out but not in: name the error in the legend")


def _check_end(case: Case, diagram: Diagram) -> None:
    marks: Iterable[str] = [letter for frame in diagram.frames for letter in frame]
    *before, _ = marks or [""]
    if any(letter in _NOTES for letter in before):
        raise MarbleError(f"{case.at(diagram.line)}: {diagram.name!r} goes on behind its end")


def _check_groups(case: Case) -> None:
    marks = [letter for frame in case.expected.frames for letter in frame]
    streams = [letter for letter in case.expected.letters if case.legend[letter].kind == GROUP]
    names = [group.name for group in case.groups]
    for group in case.groups:
        with located(case.path, group.line):
            if group.name not in streams:
                raise MarbleError(
                    f"a diagram called {group.name!r} is one too many; "
                    "below the output come only those of its groups, named by their letters"
                )
            if names.count(group.name) > 1:
                raise MarbleError(f"{group.name!r} has two diagrams")
            often = marks.count(group.name)
            if often > 1:
                raise MarbleError(f"{group.name!r} comes out {often} times: give each group a letter and a diagram")


def _check_legend(case: Case) -> None:
    inputs = {*case.input.letters, *("#" if case.input.find("#") is not None else "")}
    outputs = {letter for diagram in case.diagrams[1:] for letter in diagram.letters}
    for letter, line in case.legend.items():
        with located(case.path, line.line):
            if letter in RESERVED:
                continue
            check_kind(line.kind)
            for field in line.fields:
                check_field(line.kind, field.name, field.value)
            if letter in inputs and is_own_kind(line.kind):
                _check_ami_input(line, comes_out=letter in outputs)
    made = [line for letter, line in case.legend.items() if letter in inputs]
    for count in range(1, len(made) + 1):
        with located(case.path, made[count - 1].line):
            # One by one, so that a message names the line that is wrong.
            values = Values(made[:count], defaults=case.headers["defaults"].value != "no")
            if made[count - 1].letter == "#":
                values.error()
            else:
                values.value(made[count - 1].letter, 0)


def _check_ami_input(line: LegendLine, *, comes_out: bool) -> None:
    for field in line.fields:
        check_ami_field(line.kind, field.name)
        if field.name.partition(".")[0] in BOUND and not comes_out:
            raise MarbleError(f"{field.name} is looked at when {line.letter!r} comes out, which it does not")
