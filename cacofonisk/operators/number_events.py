"""The operator that numbers the events of each call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.numbering import Numberer
from cacofonisk.operators._lift import lift

if TYPE_CHECKING:
    from cacofonisk.operators._lift import Operator


def number_events() -> Operator:
    """Number the events of each call: their `sequence` becomes 1, 2, 3 …

    ::

        events  -S---R-T---H-I-|     two calls: S R H and T I
        events  -1---2-1---3-2-|     the same events, by their sequence

    It stands behind whatever makes, drops or replaces call events, so that no number lacks and none comes twice.
    Emits every event it gets; an event without a call keeps `sequence` 0. A call is counted until its `hangup`.
    """
    return lift(Numberer)
