"""The names of the packets to give, where those of the lists are among them in any case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import OF_LISTS, WANTED

if TYPE_CHECKING:
    from collections.abc import Container


class Names(frozenset[str]):
    """Names that are too many to be shown in a signature."""

    def __repr__(self) -> str:
        return "NEEDED"


NEEDED = Names(WANTED)
"""The events that `call_events` needs."""


def with_lists(wanted: Container[str] | None) -> Container[str] | None:
    """These names and those of the lists; None, which is all names, stays None."""
    if isinstance(wanted, frozenset | set):
        return frozenset(wanted | OF_LISTS)
    return None if wanted is None else _Either(wanted)


class _Either:
    def __init__(self, wanted: Container[str]) -> None:
        self._wanted = wanted

    def __contains__(self, name: object) -> bool:
        return name in OF_LISTS or name in self._wanted
