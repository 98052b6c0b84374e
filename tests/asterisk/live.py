"""A lab where somebody follows what happens, live.

The follower's AMI connection leads through a proxy, which a scenario cuts where it says that the client loses its
connection.
"""

from typing import Protocol

from .lab import Lab
from .office import Office
from .proxy import Proxy

SECRET = "tell-nobody"  # as config/manager.conf says


class Follower(Protocol):
    """Who follows the calls of a PBX."""

    async def start(self, port: int) -> None:
        """Connect to AMI at this port of this machine."""

    async def attached(self, times: int) -> None:
        """Wait until it has taken stock after so many logins."""


class LiveLab(Lab):
    def __init__(self, office: Office, follower: Follower) -> None:
        super().__init__(office)
        self._follower = follower
        self._proxy: Proxy | None = None
        self._logins = 0

    async def attach(self) -> None:
        await super().attach()
        self._logins += 1
        if self._proxy is None:
            self._proxy = await Proxy(self.pbx.ami_port).__aenter__()
            await self._follower.start(self._proxy.port)
        else:
            self._proxy.mend()
        await self._follower.attached(self._logins)

    async def detach(self) -> None:
        if self._proxy:
            self._proxy.cut()
        await super().detach()

    async def leave_proxy(self) -> None:
        """Nobody follows any more."""
        if self._proxy:
            await self._proxy.__aexit__(None, None, None)
