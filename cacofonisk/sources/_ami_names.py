"""What each server of a subscription is called."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cacofonisk.sources._ami_url import Address

_log = logging.getLogger("cacofonisk.sources")


class Names:
    """Gives every server a name of its own, as ids are unique per server only: those `given`, in turn, or what it
    calls itself, or its host.

    Servers may call themselves alike. So that it does not depend on who is quicker which of them has that name, they
    are named in the order of their URLs: one waits until those before it have a name, or were tried in vain.
    """

    def __init__(self, addresses: Sequence[Address], given: Sequence[str]) -> None:
        self._addresses = addresses
        self._given = given
        self._taken = dict.fromkeys(filter(None, given))
        self._settled = [asyncio.Event() for _ in addresses]
        for settled, name in zip(self._settled, given, strict=True):
            if name:
                settled.set()
        hosts = [address.host for address in addresses]
        self._own = [address.host if hosts.count(address.host) == 1 else str(address) for address in addresses]

    def given(self, index: int) -> str:
        """What the server of this URL is called by its user; empty if by nobody."""
        return self._given[index]

    async def choose(self, index: int, system_name: str) -> str:
        """A name for the server of this URL, which calls itself so or has no name."""
        for settled in self._settled[:index]:
            await settled.wait()
        address, own = self._addresses[index], self._own[index]
        wanted = system_name or own
        name = next(name for name in (wanted, own, str(address), f"{address} ({index})") if name not in self._taken)
        if name != wanted:
            _log.warning(
                "%s calls itself %s, as another server is called: here it is %s; "
                "give each a name (server=, --server), for which is which may change",
                address, wanted, name,
            )  # fmt: skip
        self._taken[name] = None
        self.settle(index)
        return name

    def settle(self, index: int) -> None:
        """It has a name, or was tried: nobody waits for it any more."""
        self._settled[index].set()
