"""The operator that rebuilds calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.calls import CallTracker
from cacofonisk.operators._lift import lift

if TYPE_CHECKING:
    from cacofonisk.operators._lift import Operator
    from cacofonisk.trunks import Trunks


def track_calls(trunks: Trunks | None = None) -> Operator:
    """Say what happens in each call: started, ringing, up, transfer, hangup and the other kinds.

    ::

        ami     -n--d-s-e-B-h-|     a calls b: Newchannel a, DialBegin, Newstate, DialEnd, BridgeEnter, Hangup
        events  -S----R-P-U-H-|     started, ringing, ringing_stopped, up, hangup (each before its AMI event)

    Needs `track_channels` before it (else `PipelineError` goes to on_error), and `detect_transfer` for transfers.
    Emits every event it gets. When the stream completes, every live call ends with a `hangup`, reason `lost`.
    `trunks` are the lines to the outside: with them `started` tells the direction of a call, else it is None.
    """
    return lift(lambda: CallTracker(trunks))
