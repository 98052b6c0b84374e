"""The operator that gives every person one identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.masquerade import MasqueradeTracker
from cacofonisk.operators._lift import lift

if TYPE_CHECKING:
    from cacofonisk.operators._lift import Operator


def track_masquerade() -> Operator:
    """Follow masquerades, so that a person keeps one Uniqueid for life.

    Asterisk 11 and older moves a person to another channel by a masquerade: the name moves, the Uniqueid stays
    behind. Behind this operator the Uniqueid moves with the person, as it does in Asterisk 12 and newer.

    ::

        ami     -m--h-------h-|     m: Masquerade Clone=b Original=a   h: Hangup of b, later of a
        events  -m--h-------h-|     the first Hangup is about a, who lost its place, the last about b

    Emits every event it gets; where a Uniqueid has moved, a copy that says so. Events of Asterisk 12 and newer
    pass untouched.
    """
    return lift(MasqueradeTracker)
