"""The default pipe under one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.operators._lift import lift
from cacofonisk.pipeline import pipeline

if TYPE_CHECKING:
    from cacofonisk.callerid import Lookup
    from cacofonisk.operators._lift import Operator
    from cacofonisk.trunks import Trunks


def call_events(*, keep_ami: bool = False, lookup: Lookup | None = None, trunks: Trunks | None = None) -> Operator:
    """AMI events in, call events out.

    ::

        ami     -n--d-s-e-B-h-|     a calls b: Newchannel a, DialBegin, Newstate, DialEnd, BridgeEnter, Hangup
        calls   -S----R-P-U-H-|     started, ringing, ringing_stopped, up, hangup

    The same as `track_masquerade()`, `track_channels()`, `detect_transfer()`, `track_calls()`, `resolve_callerid()`
    and `number_events()` one behind the other. `keep_ami` keeps the AMI events and transfer facts in the stream;
    `lookup` is told at `resolve_callerid`, `trunks` at `track_calls`. Emits call events, `Anomaly` and `SourceEvent`
    values.
    """
    return lift(lambda: pipeline(keep_ami=keep_ami, lookup=lookup, trunks=trunks))
