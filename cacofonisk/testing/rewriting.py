"""Writes into a marble file what really came out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cacofonisk.testing.legend import write_field, write_legend
from cacofonisk.testing.reader import read_marbles
from cacofonisk.testing.running import run_case
from cacofonisk.testing.timeline import Diagram, draw_aligned

if TYPE_CHECKING:
    from pathlib import Path

    from cacofonisk.testing.running import Outcome
    from cacofonisk.testing.timeline import Frame


def rewrite_case(path: Path, number: int) -> bool:
    """Make the expected lines of a case say what comes out; tells whether anything was written.

    Nothing else in the file changes, but for spaces below a group that became wider, a legend line for each
    new letter, and the fields that differ in the lines of letters that came out.
    """
    outcome = run_case(read_marbles(path)[number])
    if outcome.passed:
        return False
    with path.open(encoding="utf-8", newline="") as file:
        before = file.read()
    lines = before.split("\n")
    # The legend stands below the diagrams: written first, it does not move them.
    _correct_fields(lines, outcome)
    _add_letters(lines, outcome)
    _redraw(lines, outcome)
    after = "\n".join(lines)
    if after == before:
        return False
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(after)
    return True


def _redraw(lines: list[str], outcome: Outcome) -> None:
    case = outcome.case
    column = case.input.columns[0]
    drawn: list[tuple[Diagram, list[Frame]]] = [
        (case.input, list(case.input.frames)),
        *([(case.subscription, list(case.subscription.frames))] if case.subscription else []),
        (case.expected, outcome.padded(outcome.frames)),
        *((group, outcome.padded(outcome.groups.get(group.name, []))) for group in case.groups),
    ]
    known = {group.name for group in case.groups}
    drawn += [
        (Diagram(letter, (), (column,)), outcome.padded(frames))
        for letter, frames in outcome.groups.items()
        if letter not in known
    ]
    last = max(diagram.line for diagram, _ in drawn)
    new = []
    for (diagram, _), text in zip(drawn, draw_aligned([frames for _, frames in drawn]), strict=True):
        if not diagram.line:
            new.append(diagram.name.ljust(column) + text + _ending(lines[last - 1]))
            continue
        line = lines[diagram.line - 1]
        written = line[:column] + text
        if written != line.rstrip():
            lines[diagram.line - 1] = written + _ending(line)
    lines[last:last] = new


def _add_letters(lines: list[str], outcome: Outcome) -> None:
    case = outcome.case
    ending = _ending(lines[case.last_line - 1])
    texts = [write_legend(line) for line in outcome.fresh.values()]
    if texts and not case.legend:
        texts.insert(0, "")
    lines[case.last_line : case.last_line] = [text + ending for text in texts]


def _correct_fields(lines: list[str], outcome: Outcome) -> None:
    actual: dict[tuple[str, str], set[str | None]] = {}
    for mismatch in outcome.mismatches:
        actual.setdefault((mismatch.letter, mismatch.field), set()).add(mismatch.actual)
    for (letter, name), values in actual.items():
        if len(values) > 1:
            continue  # one line cannot say two things: the user has to give one of them another letter
        start = outcome.case.legend[letter].line - 1
        value = next(iter(values))
        if letter == "#" and name == "kind":
            old, new = re.compile(r"(?<=\S)\s+\S+"), f"  {value}"
        else:
            old, new = _field(name), write_field(name, value)
        for number in range(start, outcome.case.last_line):  # the line may go on below
            found = old.search(lines[number])
            if found:
                lines[number] = lines[number][: found.start()] + new + lines[number][found.end() :]
                break


def _field(name: str) -> re.Pattern[str]:
    name = re.escape(name)
    return re.compile(rf'(?<!\S)(?:-{name}(?=\s|$)|{name}=(?:"(?:[^"\\]|\\.)*"|[^\s"]*))')


def _ending(line: str) -> str:
    return "\r" if line.endswith("\r") else ""
