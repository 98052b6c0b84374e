"""Passes just the events of some classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from reactivex import Observable
from reactivex import operators as ops

from cacofonisk.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.events import Event

Kind = TypeVar("Kind")


def only(*kinds: type[Kind]) -> Callable[[Observable[Event]], Observable[Kind]]:
    """Pass just the events of these classes, in their order.

    ::

        calls  -S-R-T-H-|
        only(Transfer)
        calls  -----T---|

    Parameters:
        kinds: classes of `cacofonisk.events`, such as `Transfer`; `CallEvent` is all call events.

    Emits:
        The events that are of one of these classes, or of a class derived from one.

    Raises:
        PipelineError: when called without a class, or with something else, such as the text `"transfer"`.
    """
    if not kinds:
        raise PipelineError("only() needs a class of events, such as only(Transfer)")
    for kind in kinds:
        if not isinstance(kind, type):
            raise PipelineError(f"only() takes classes of events, such as only(Transfer), not {kind!r}")

    def operator(source: Observable[Event]) -> Observable[Kind]:
        return source.pipe(ops.filter(lambda event: isinstance(event, kinds)))  # type: ignore[arg-type]  # just these are left

    return operator
