"""Runs on live servers."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reactivex import operators as ops

from cacofonisk import sources
from cacofonisk.classic.channel_manager import ChannelManager
from cacofonisk.classic.runner import Runner
from cacofonisk.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable

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

    def _play(self) -> None:
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        over: asyncio.Queue[Exception | None] = asyncio.Queue()
        managers = defaultdict[str, ChannelManager](iter(self.channel_managers).__next__)  # by their servers' names

        def take(event: Event) -> None:
            managers[event.server].take(event)

        self._wake = partial(asyncio.get_running_loop().call_soon_threadsafe, over.put_nowait, None)
        subscription = self._source.pipe(ops.do_action(take)).subscribe(on_error=over.put_nowait)
        try:
            error = None if self._stopping else await over.get()
        finally:
            self._wake = bool
            subscription.dispose()
            await asyncio.sleep(0)  # sockets are closed in the loop's next turn
        if error is not None:
            raise error


def _url(host: Host) -> str:
    if isinstance(host, str):
        return host
    try:
        if isinstance(host, Mapping):
            name, user, secret, port = host["host"], host["username"], host["password"], host.get("port", 5038)
        else:
            name, user, secret, port = (*host, 5038)[:4]
    except (KeyError, ValueError):
        raise SourceError("a host is a dict of host, username, password; a (host, user, secret); or a URL") from None
    name = f"[{name}]" if ":" in name else name
    return f"ami://{quote(user, safe='')}:{quote(secret, safe='')}@{name}:{port}"
