"""Who has hung up while a packet may name it yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacofonisk.channels import Channel


class Parted:
    """Channels that are gone, each kept for as long as something is there by which it may be named."""

    __slots__ = ("_kept", "_named")

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, Channel]] = {}
        """By what keeps them, a Linkedid or a conference room, and their Uniqueid; in the order of parting."""
        self._named: dict[str, list[Channel]] = {}
        """The same by Uniqueid alone, once for all that keeps it."""

    def __len__(self) -> int:
        """How many are kept, each once for all that keeps it."""
        return sum(map(len, self._named.values()))

    def keep(self, keeper: str, channel: Channel) -> None:
        """The channel is gone, and may be named as long as its keeper is there."""
        kept = self._kept.setdefault(keeper, {})
        if channel.uniqueid not in kept:
            kept[channel.uniqueid] = channel
            self._named.setdefault(channel.uniqueid, []).append(channel)

    def find(self, uniqueid: str) -> Channel | None:
        """The channel of this Uniqueid, if it is kept."""
        named = self._named.get(uniqueid)
        return named[-1] if named else None

    def release(self, keeper: str) -> None:
        """The keeper is gone."""
        for uniqueid in self._kept.pop(keeper, ()):
            self._forget(uniqueid)

    def release_all_but(self, keepers: dict[str, int]) -> None:
        """Of all keepers only these may still be there."""
        for keeper in [keeper for keeper in self._kept if keeper not in keepers]:
            self.release(keeper)

    def take_first(self, keeper: str) -> Channel | None:
        """Who was the first to part of those that this keeper keeps, and is kept by it no longer."""
        kept = self._kept.get(keeper)
        if kept is None:
            return None
        uniqueid, channel = next(iter(kept.items()))
        del kept[uniqueid]
        if not kept:
            del self._kept[keeper]
        self._forget(uniqueid)
        return channel

    def _forget(self, uniqueid: str) -> None:
        named = self._named[uniqueid]
        named.pop()
        if not named:
            del self._named[uniqueid]
