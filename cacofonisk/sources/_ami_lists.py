"""The packets that answers to list actions are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

LISTS = frozenset({
    "BridgeInfoChannel", "BridgeInfoComplete", "BridgeListComplete", "BridgeListItem", "CoreShowChannel",
    "CoreShowChannelsComplete", "Status", "StatusComplete",
})  # fmt: skip
"""The answers to CoreShowChannels, Status, BridgeList and BridgeInfo; they come like any other event."""


def with_lists(wanted: Container[str] | None) -> Container[str] | None:
    """These names and those of the lists; None, which is all names, stays None."""
    if isinstance(wanted, frozenset | set):
        return frozenset(wanted | LISTS)
    return None if wanted is None else _Either(wanted)


class _Either:
    def __init__(self, wanted: Container[str]) -> None:
        self._wanted = wanted

    def __contains__(self, name: object) -> bool:
        return name in LISTS or name in self._wanted
