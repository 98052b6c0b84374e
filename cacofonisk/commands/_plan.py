"""What `run` is to do, whoever said so: options, or a configuration file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from reactivex import Observable

    from cacofonisk.events import Event
    from cacofonisk.sinks import Sink
    from cacofonisk.trunks import Trunks


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The PBXs to follow, where their call events go, and the rest of what `run` can be told."""

    source: Callable[..., Observable[Event]]
    """`sources.ami` for these PBXs; it may still be told what to `record`."""
    outputs: Sequence[Sink]
    trunks: Trunks | None = None
    record: Path | None = None
    anomalies: bool = False
