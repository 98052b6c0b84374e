"""Runs on live servers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reactivex import operators as ops

from cacofonisk import sources
from cacofonisk.classic.channel_manager import ChannelManager
from cacofonisk.classic.runner import Runner
from cacofonisk.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cacofonisk.classic.base_reporter import BaseReporter
    from cacofonisk.events import Event

Host = str | Mapping[str, Any] | tuple[Any, ...]


class AmiRunner(Runner):
    """Follows live servers: AMI in, the hooks of a reporter out.

    A host is a dict of host, username, password and port, a tuple (host, user, secret[, port]), or a URL.
    `options` are those of `sources.ami`. Raises SourceError for a host that is none.
    """

    def __init__(
        self,
        ami_hosts: Host | Iterable[Host],
        reporter: BaseReporter | None = None,
        channel_manager: ChannelManager | type[ChannelManager] = ChannelManager,
        **options: Any,
    ) -> None:
        urls = [_url(host) for host in ([ami_hosts] if isinstance(ami_hosts, str | Mapping) else ami_hosts)]
        super().__init__(len(urls), reporter, channel_manager)
        first = self.channel_managers[0]
        if {"on_event", "on_ami_event"} & first.hooks.keys() or type(first).on_event is not ChannelManager.on_event:
            options.setdefault("wanted", None)  # somebody looks at every packet
        self._source = sources.ami(*urls, **options)
        self._spare = iter(self.channel_managers)
        self._managers: dict[str, ChannelManager] = {}
        self._wake: Callable[[], object] = bool

    def stop(self) -> None:
        """End the run soon; may be called from any thread, and from a hook."""
        super().stop()
        self._wake()

    def _play(self) -> None:
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        over = loop.create_future()

        def end(error: Exception | None = None) -> None:
            if not over.done():
                over.set_result(error)

        self._wake = lambda: loop.call_soon_threadsafe(end)
        subscription = self._source.pipe(ops.do_action(self._take)).subscribe(on_error=end)
        try:
            error = None if self._stopping else await over
        finally:
            self._wake = bool
            subscription.dispose()
            await asyncio.sleep(0)  # sockets are closed in the loop's next turn
        if error is not None:
            raise error

    def _take(self, event: Event) -> None:
        if event.server not in self._managers:
            self._managers[event.server] = next(self._spare)
        self._managers[event.server].take(event)


def _url(host: Host) -> str:
    if isinstance(host, str):
        return host
    try:
        if isinstance(host, Mapping):
            name, user, secret, port = host["host"], host["username"], host["password"], host.get("port", 5038)
        else:
            name, user, secret, port = (*host, 5038)[:4]
    except (KeyError, ValueError):
        hosts = "a dict with host, username and password, a tuple (host, user, secret), or a URL"
        raise SourceError(f"an AMI host is {hosts}") from None
    name = f"[{name}]" if ":" in name else name
    return f"ami://{quote(user, safe='')}:{quote(secret, safe='')}@{name}:{port}"
