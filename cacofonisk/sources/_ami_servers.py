"""The servers of one subscription, each on its own."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from cacofonisk.errors import SourceError
from cacofonisk.sources._ami_names import Names
from cacofonisk.sources._ami_server import Server, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cacofonisk.events import Event
    from cacofonisk.sources._login import Login

_log = logging.getLogger("cacofonisk.sources")


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs here, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Servers:
    """The servers of one subscription, a task each."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        logins: Sequence[Login],
        settings: Sequence[Settings],
        push: Callable[[Event], None],
        fail: Callable[[Exception], None],
        every_second: Callable[[], None] | None = None,
    ) -> None:
        self._loop = loop
        self._fail = fail
        self._first: SourceError | None = None
        self._every_second = every_second
        self._timer = loop.call_later(1.0, self._tick)
        names = Names([login.address for login in logins], [login.server for login in logins])
        self._servers: dict[asyncio.Task[None], Server] = {}
        for index, (login, its) in enumerate(zip(logins, settings, strict=True)):
            server = Server(login.address, its, push, names, index)
            task = loop.create_task(server.run(), name=f"cacofonisk: AMI of {login.address}")
            self._servers[task] = server
            task.add_done_callback(self._ended)

    def stop(self) -> None:
        """End all of them; the event loop's next turns clear away what is left."""
        if running_loop() is self._loop:
            self._stop()
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop)

    def _tick(self) -> None:
        if self._every_second is not None:
            self._every_second()
            self._timer = self._loop.call_later(1.0, self._tick)

    def _stop(self) -> None:
        self._timer.cancel()
        servers, self._servers = self._servers, {}
        for task, server in servers.items():
            server.stop()
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        server = self._servers.pop(task, None)
        if server is None or task.cancelled():
            return
        error = task.exception()
        if not isinstance(error, SourceError):
            self._stop()
            self._fail(error if isinstance(error, Exception) else SourceError("the source ended by itself"))
            return
        self._first = self._first or error
        if self._servers:
            _log.error("%s; the other servers go on", error)
        else:
            self._timer.cancel()
            self._fail(self._first)
