"""The machines of the default pipe, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.callerid import CallerIdResolver
from cacofonisk.calls import CallTracker
from cacofonisk.machine import Chain
from cacofonisk.masquerade import MasqueradeTracker
from cacofonisk.numbering import Numberer
from cacofonisk.registry import ChannelTracker
from cacofonisk.transfers import TransferDetector

if TYPE_CHECKING:
    from cacofonisk.callerid import Lookup
    from cacofonisk.trunks import Trunks


def pipeline(*, keep_ami: bool = False, lookup: Lookup | None = None, trunks: Trunks | None = None) -> Chain:
    """The default pipe as one machine, for who needs no Rx: `call_events` is this, lifted."""
    return Chain(
        MasqueradeTracker(),
        ChannelTracker(),
        TransferDetector(),
        CallTracker(trunks),
        CallerIdResolver(lookup),
        Numberer(),
        keeps_ami=keep_ami,
    )
