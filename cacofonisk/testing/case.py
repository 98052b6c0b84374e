"""One case of a marble file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from cacofonisk.testing.legend import LegendLine
    from cacofonisk.testing.timeline import Diagram


@dataclass(slots=True, frozen=True)
class Header:
    """`operator: …`, `shows: …` or `defaults: …`, and the line where it stands (0: nowhere)."""

    value: str
    line: int = 0


@dataclass(slots=True)
class Case:
    """A title, what goes in, what is expected to come out, and what the letters mean."""

    path: Path
    number: int
    line: int
    title: str
    headers: dict[str, Header]
    diagrams: list[Diagram] = field(default_factory=list)
    legend: dict[str, LegendLine] = field(default_factory=dict)
    subscription: Diagram | None = None
    last_line: int = 0

    @property
    def input(self) -> Diagram:
        """The first diagram."""
        return self.diagrams[0]

    @property
    def expected(self) -> Diagram:
        """The diagram of what the operator emits."""
        return self.diagrams[1]

    @property
    def groups(self) -> list[Diagram]:
        """The diagrams of streams that are emitted, each named by its letter."""
        return self.diagrams[2:]

    def at(self, line: int) -> str:
        """`file:line`, the start of each message."""
        return f"{self.path}:{line}"
