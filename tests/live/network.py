"""A PBX and what follows it, with a network between them that can be as bad as one likes."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tests.asterisk.office import Office
from tests.asterisk.proxy import Proxy
from tests.live.following import Following

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.live.stage import Kind


@asynccontextmanager
async def through_proxy(kind: Kind, *, ping: float = 5) -> AsyncIterator[tuple[Office, Proxy, Following]]:
    """A PBX, what follows it, and between them a proxy. Afterwards nothing of the source is left."""
    before = asyncio.all_tasks()
    async with Office(kind.version, kind.technology) as office, Proxy(office.pbx.ami_port) as proxy:
        async with Following(ping=ping) as following:
            await following.start(proxy.port)
            await following.attached()
            yield office, proxy, following
            await following.at_rest()
        await asyncio.sleep(0.05)
        left = {task.get_name() for task in asyncio.all_tasks() - before}
        assert not {name for name in left if name.startswith("cacofonisk") and str(proxy.port) in name}
