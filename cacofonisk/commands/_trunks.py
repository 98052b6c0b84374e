"""`--trunk` and `--outside`: which way calls go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cacofonisk.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cacofonisk.trunks import Trunks

Trunk = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CHANNEL", help="A line to the outside, as PJSIP/provider or 'DAHDI/*': tells directions; repeatable."
    ),
]
Outside = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NUMBER", help="What phones dial to get outside, as a dialplan has it: _0. or 112; repeatable."
    ),
]


def trunks_of(channels: Sequence[str] | None, numbers: Sequence[str] | None) -> Trunks | None:
    """The trunks that were named, None without any; raises PipelineError."""
    from cacofonisk.trunks import Trunks

    if channels:
        return Trunks(*channels, outside=numbers or ())
    if numbers:
        raise PipelineError("--outside needs the trunks, too: --trunk PJSIP/provider")
    return None
