"""The operator that keeps the registry of channels and bridges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.operators._lift import lift
from cacofonisk.registry import ChannelTracker

if TYPE_CHECKING:
    from cacofonisk.operators._lift import Operator


def track_channels() -> Operator:
    """Bind every AMI event to the channels it is about.

    ::

        ami     -n--s--h-|      n: Newchannel a   s: Newstate a   h: Hangup a
        events  -n--s--h-|      each with event.channel = the Channel a

    Emits every event it gets. Before an AMI event that makes no sense (an unknown channel, a missing header, a
    wrong number) it emits an `Anomaly`; that event passes on bound to nothing, and changes nothing.
    """
    return lift(ChannelTracker)
