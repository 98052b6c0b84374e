"""Who has hung up while a packet may name it yet.

A transfer, a pickup and a place in a bridge are told by threads of their own, perhaps when those concerned have hung up
or gone on. Not much later, though: once somebody has been born, has talked and has hung up in its turn, whatever there
was to say of those who had gone before has been said.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacofonisk.channels import Channel


class Parted:
    """Channels that are gone, each kept for as long as something is there by which it may be named."""

    __slots__ = ("_kept", "_named", "count")

    def __init__(self) -> None:
        self.count = 0
        """How many were ever kept: who is born now remembers it, and so knows who had parted before."""
        self._kept: dict[str, dict[str, tuple[Channel, int]]] = {}
        """By what keeps them, a Linkedid or a conference room, and their Uniqueid; in the order of parting, each with
        how many had been kept before."""
        self._named: dict[str, list[Channel]] = {}
        """The same by Uniqueid alone, once for all that keeps it."""

    def __len__(self) -> int:
        """How many are kept, each once for all that keeps it."""
        return sum(map(len, self._named.values()))

    def keep(self, keeper: str, channel: Channel) -> None:
        """The channel is gone, and may be named as long as its keeper is there."""
        kept = self._kept.setdefault(keeper, {})
        if channel.uniqueid not in kept:
            kept[channel.uniqueid] = channel, self.count
            self.count += 1
            self._named.setdefault(channel.uniqueid, []).append(channel)

    def find(self, uniqueid: str) -> Channel | None:
        """The channel of this Uniqueid, if it is kept."""
        named = self._named.get(uniqueid)
        return named[-1] if named else None

    def outlive(self, keeper: str, count: int) -> None:
        """Somebody's life is over that began when so many had been kept: those are named no longer."""
        kept = self._kept.get(keeper, {})
        for uniqueid in [*takewhile(lambda uniqueid: kept[uniqueid][1] < count, kept)]:
            self._drop(keeper, uniqueid)

    def dial_end(self, uniqueid: str, status: str) -> None:
        """What came of a dial is told after the Hangup: who was called in vain is named no longer."""
        channel = self.find(uniqueid)
        if channel is None or channel.dial or status == "ANSWER":
            return
        for keeper in (channel.linkedid, channel.kin):
            if uniqueid in self._kept.get(keeper, ()):
                self._drop(keeper, uniqueid)

    def release(self, keeper: str) -> None:
        """The keeper is gone."""
        for uniqueid in self._kept.pop(keeper, ()):
            self._forget(uniqueid)

    def release_all_but(self, keepers: dict[str, int]) -> None:
        """Of all keepers only these may still be there."""
        for keeper in [keeper for keeper in self._kept if keeper not in keepers]:
            self.release(keeper)

    def take_first(self, keeper: str, count: int | None = None) -> Channel | None:
        """Who was the first to part of those that this keeper keeps, and is kept by it no longer.

        With a count only one who had parted when so many had been kept.
        """
        kept = self._kept.get(keeper)
        if kept is None:
            return None
        channel, before = next(iter(kept.values()))
        if count is not None and before >= count:
            return None
        self._drop(keeper, channel.uniqueid)
        return channel

    def _drop(self, keeper: str, uniqueid: str) -> None:
        kept = self._kept[keeper]
        del kept[uniqueid]
        if not kept:
            del self._kept[keeper]
        self._forget(uniqueid)

    def _forget(self, uniqueid: str) -> None:
        named = self._named[uniqueid]
        named.pop()
        if not named:
            del self._named[uniqueid]
