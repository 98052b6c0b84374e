"""The operators: each one thought, one file, one name; put them together with `pipe`."""

from cacofonisk.operators._lift import Operator, lift
from cacofonisk.operators.call_events import call_events
from cacofonisk.operators.detect_transfer import detect_transfer
from cacofonisk.operators.group_by_uniqueid import UniqueidGroup, group_by_uniqueid
from cacofonisk.operators.number_events import number_events
from cacofonisk.operators.only import only
from cacofonisk.operators.redact_private import redact_private
from cacofonisk.operators.resolve_callerid import resolve_callerid
from cacofonisk.operators.track_calls import track_calls
from cacofonisk.operators.track_channels import track_channels
from cacofonisk.operators.track_masquerade import track_masquerade

__all__ = [
    "Operator",
    "UniqueidGroup",
    "call_events",
    "detect_transfer",
    "group_by_uniqueid",
    "lift",
    "number_events",
    "only",
    "redact_private",
    "resolve_callerid",
    "track_calls",
    "track_channels",
    "track_masquerade",
]
