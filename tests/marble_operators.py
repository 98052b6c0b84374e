"""Operators and values for the tests of marble diagrams, which name them by this module."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import reactivex as rx
from reactivex import operators as ops

from cacofonisk.ami_event import AmiEvent
from cacofonisk.testing import Outcome, parse_marbles, run_case

if TYPE_CHECKING:
    from cacofonisk.events import CallEvent
    from cacofonisk.testing.operators import AnyOperator

HERE = Path("here.marble")
UNCHANGED = "operator: reactivex.operators.as_observable()\n"


def outcome(text: str, operator: str = "reactivex.operators.as_observable()") -> Outcome:
    return run_case(parse_marbles(f"operator: {operator}\n{dedent(text)}", HERE)[0])


_seen: list[object] = []


def seeing() -> AnyOperator:
    """An operator that writes down what passes."""
    return ops.do_action(_seen.append)


def failing() -> AnyOperator:
    """An operator with a bug."""

    def fail(_: object) -> object:
        raise TypeError("no such thing")

    return ops.map(fail)


def doubling() -> AnyOperator:
    """An operator that says everything twice."""
    return ops.flat_map(lambda value: rx.of(value, value))


def repeating() -> AnyOperator:
    """An operator that says again, every second and for ever, what came last."""
    return rx.compose(ops.map(lambda value: rx.timer(0.0, 1.0).pipe(ops.map(lambda _: value))), ops.switch_latest())


def replacing() -> AnyOperator:
    """An operator of the user's own, that emits values of the user's own."""
    return ops.map(lambda _: Summary(3, "busy"))


def renaming() -> AnyOperator:
    """An operator that makes AMI events of another kind, which lack a header."""

    def rename(event: AmiEvent) -> AmiEvent:
        headers = {name: value for name, value in event.headers.items() if name != "Exten"}
        return AmiEvent({**headers, "Event": "Renamed"}, server=event.server)

    return ops.map(rename)


def counting() -> AnyOperator:
    """An operator that writes into the call events that pass."""

    def count(event: CallEvent) -> CallEvent:
        event.sequence += 1
        return event

    return ops.map(count)


@dataclass
class Summary:
    total: int
    reason: str


def values(legend: str, diagram: str = "-x", headers: str = "") -> list[object]:
    """What the letters of a diagram stand for, as an operator sees them."""
    _seen.clear()
    text = f"{headers}== t\n\nin   {diagram}\nout  {diagram}\n\n{dedent(legend)}"
    assert outcome(text, f"{__name__}.seeing()").passed
    return list(_seen)


def ami(legend: str, diagram: str = "-x", headers: str = "") -> list[AmiEvent]:
    events = values(legend, diagram, headers)
    assert all(isinstance(event, AmiEvent) for event in events)
    return [event for event in events if isinstance(event, AmiEvent)]
