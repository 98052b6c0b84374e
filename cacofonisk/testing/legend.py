"""Legend lines: what a letter of a diagram stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cacofonisk.testing.timeline import MarbleError

_FIELD = re.compile(
    r"""\s*(?: -(?P<absent>[A-Za-z][\w.-]*)
             | (?P<name>[A-Za-z][\w.-]*) = (?P<value>"(?:[^"\\]|\\.)*"|[^\s"]*) )(?=\s|$)""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r'\\(["\\])')


@dataclass(slots=True, frozen=True)
class Field:
    """`name=value`, or `-name`: the field must not be there (value None)."""

    name: str
    value: str | None


@dataclass(slots=True, frozen=True)
class LegendLine:
    """A letter, the kind of value it stands for, the fields that matter, the line where it stands."""

    letter: str
    kind: str
    fields: tuple[Field, ...] = ()
    line: int = 0

    def get(self, name: str) -> str | None:
        """The last value given to a field."""
        return next((field.value for field in reversed(self.fields) if field.name == name), None)


def read_legend(text: str, line: int = 0) -> LegendLine:
    """Read `T  transfer  kind=blind transferer=a`; a value with spaces stands in double quotes."""
    letter, _, rest = text.strip().partition(" ")
    kind, _, tail = rest.strip().partition(" ")
    if len(letter) != 1 or not kind:
        raise MarbleError(f"expected a letter, a kind and fields, found {text.strip()!r}")
    if letter != "#" and letter in "-()|^!":
        raise MarbleError(f"{letter!r} cannot be the letter of a value")
    fields = []
    position = 0
    while tail[position:].strip():
        found = _FIELD.match(tail, position)
        if not found:
            raise MarbleError(f"expected name=value, found {tail[position:].split()[0]!r}")
        if found["absent"]:
            fields.append(Field(found["absent"], None))
        else:
            fields.append(Field(found["name"], unquoted(found["value"])))
        position = found.end()
    return LegendLine(letter, kind, tuple(fields), line)


def unquoted(value: str) -> str:
    """The value itself: without its quotes, `\\"` and `\\\\` read as the character behind."""
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value


def quoted(value: str) -> str:
    """The value as a legend writes it: in quotes where it has spaces or quotes."""
    if re.search(r'[\s"]', value):
        return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
    return value


def write_field(name: str, value: str | None) -> str:
    """A field as a legend line has it."""
    return f"-{name}" if value is None else f"{name}={quoted(value)}"


def write_legend(legend: LegendLine) -> str:
    """A legend line as text."""
    fields = (write_field(field.name, field.value) for field in legend.fields)
    return f"{legend.letter}  {legend.kind}  {' '.join(fields)}".rstrip()
