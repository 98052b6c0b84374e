"""The operator that knows what people are known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.callerid import CallerIdResolver, Lookup
from cacofonisk.operators._lift import lift

if TYPE_CHECKING:
    from cacofonisk.operators._lift import Operator


def resolve_callerid(lookup: Lookup | None = None) -> Operator:
    """Tell when the number or name of somebody in a call changes, and rewrite parties by a directory.

    ::

        events  -S---R--n--U--|     n: NewCallerid of somebody who has appeared
        events  -S---R--Cn-U--|     C: callerid_changed

    `lookup` is called with each `Party` of each call event and answers the party as it is to be known: the same
    or a changed copy. It runs on the stream, so it must be quick: a dict, not a network; `Phonebook` makes any
    directory quick, `e164("NL")` writes outside numbers as the world does. One that raises leaves the parties as
    they are and is told as an `Anomaly`.
    """
    return lift(lambda: CallerIdResolver(lookup))
