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

        ami     -m--h-------i-|     m: Masquerade Clone=b Original=a   h: Hangup of b   i: Hangup of a
        events  -E--H-------I-|     E: BridgeEnter b SwapUniqueid=a    H: Hangup of a   I: Hangup of b

    Events of Asterisk 12 and newer pass untouched. Those of AMI 1.x pass as copies where a Uniqueid has moved, and
    what it says in words of its own (Dial, Bridge, Masquerade, Transfer, Join …) is replaced by the words of today.
    """
    return lift(MasqueradeTracker)
