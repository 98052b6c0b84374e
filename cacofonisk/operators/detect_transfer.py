"""The operator that finds transfers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.operators._lift import lift
from cacofonisk.transfers import TransferDetector

if TYPE_CHECKING:
    from cacofonisk.operators._lift import Operator


def detect_transfer() -> Operator:
    """Say who transferred whom to whom: persons, not Local halves.

    ::

        ami     -b----a---|     b: BlindTransfer   a: AttendedTransfer
        events  -(Fb)-(Fa)-|    F: TransferFact, before the event it explains

    Needs `track_channels` before it. Emits every event it gets.
    """
    return lift(TransferDetector)
