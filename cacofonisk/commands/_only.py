"""`--only`: which call events go to the sinks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cacofonisk.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cacofonisk.events import CallEvent

Only = Annotated[
    list[str] | None,
    typer.Option(
        metavar="EVENT[,EVENT…]", help="Give the sinks these events alone, such as transfer,hangup; repeatable."
    ),
]


def chosen(lists: Sequence[str] | None) -> tuple[type[CallEvent], ...] | None:
    """The classes of the call events of these names, in lists with commas; None without any list.

    Raises PipelineError for a name that no call event has.
    """
    from difflib import get_close_matches

    from cacofonisk.events import CALL_EVENTS

    if not lists:
        return None
    kinds = {kind.event: kind for kind in CALL_EVENTS}
    names = [name.strip() for text in lists for name in text.split(",")]
    for name in names:
        if name not in kinds:
            near = get_close_matches(name, kinds, 1)
            advice = f"; did you mean {near[0]}?" if near else ""
            raise PipelineError(f"only: there is no event {name!r} (there are {', '.join(kinds)}){advice}")
    return tuple(kinds[name] for name in names)
