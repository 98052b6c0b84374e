"""Where in a UserEvent Asterisk's own headers end: what stands behind is anybody's, and names no channel; pure.

The name of the event stands behind the headers of its channel, which end with Linkedid, or behind those of any event
where it has none. A caller's number that imitates that ending makes two of them, and which is true nobody can tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.sources._snapshot import snapshots_in

if TYPE_CHECKING:
    from cacofonisk.sources._snapshot import Lines


def divide(lines: Lines) -> tuple[Lines, Lines] | None:
    """A packet as Asterisk's headers, and what was said behind them in a UserEvent; None: nobody can tell."""
    if lines[0] != ("Event", "UserEvent"):
        return lines, []
    keys = [key for key, _ in lines]
    named = [at + 1 for at, key in enumerate(keys) if key == "UserEvent"]
    if named and not snapshots_in(keys[: named[0]]):
        end = named[0]
    else:
        ends = [end for end in named if keys[end - 2] == "Linkedid"]
        if len(ends) > 1:
            return None
        end = ends[0] if ends else len(lines)
    return lines[:end], lines[end:]
