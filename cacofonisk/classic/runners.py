"""Run the pipeline for a reporter, on live servers or on recordings."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from typing import Any
from urllib.parse import quote

from reactivex import Observable, concat
from reactivex import operators as ops
from reactivex.subject import BehaviorSubject

from cacofonisk import sources
from cacofonisk.classic.channel_manager import ChannelManager
from cacofonisk.classic.hooks import own_hook
from cacofonisk.classic.reporters import BaseReporter
from cacofonisk.errors import SourceError
from cacofonisk.events import Event
from cacofonisk.running import run

Given = str | os.PathLike[str] | Mapping[str, Any] | tuple[Any, ...]


class Runner:
    """Runs one or several sources, each with a ChannelManager of its own; `options` are those of the source.

    `channel_manager` is a class, or an instance: that serves the first source, copies of it the others.
    """

    _open: Callable[[list[Any], dict[str, Any]], Observable[Any]]

    def __init__(
        self,
        given: Given | Iterable[Given],
        reporter: BaseReporter | None = None,
        channel_manager: ChannelManager | type[ChannelManager] = ChannelManager,
        **options: Any,
    ) -> None:
        items = [given] if isinstance(given, str | os.PathLike | Mapping) else list(given)
        first = channel_manager(reporter=reporter) if isinstance(channel_manager, type) else channel_manager
        self.reporter = reporter or first.reporter
        self.channel_managers = [first, *(copy(first) for _ in items[1:])]
        for manager in self.channel_managers:
            manager.attach(self.reporter)
        self._stopped = BehaviorSubject(value=False)
        self._stream = self._open(items, options).pipe(ops.take_until(self._stopped.pipe(ops.filter(bool))))

    def run(self) -> None:
        """Run until the end, SIGINT, SIGTERM or `stop`, then close the reporter; raises SourceError."""
        try:
            run(self._stream)
        finally:
            self.reporter.close()

    def stop(self) -> None:
        """End the run soon; may be called from any thread, and from a hook."""
        self._stopped.on_next(value=True)


class FileRunner(Runner):
    """Replays recordings one after the other: what JsonReporter wrote, or anything that `sources.file` reads."""

    def _open(self, items: list[Any], options: dict[str, Any]) -> Observable[Any]:
        told = [ops.do_action(one.take, one.finish, one.finish) for one in self.channel_managers]
        return concat(*[sources.file(item, **options).pipe(tell) for item, tell in zip(items, told, strict=True)])


class AmiRunner(Runner):
    """Follows live servers.

    A host is a dict of host, username, password and port, a tuple (host, user, secret[, port]), or a URL; raises
    SourceError for what is none.
    """

    def _open(self, items: list[Any], options: dict[str, Any]) -> Observable[Any]:
        watched = any(own_hook(self.reporter, name) for name in ("on_event", "on_ami_event", "trace_ami"))
        if watched or type(self.channel_managers[0]).on_event is not ChannelManager.on_event:
            options.setdefault("wanted", None)
        managers = defaultdict[str, ChannelManager](iter(self.channel_managers).__next__)  # by their servers' names

        def take(event: Event) -> None:
            managers[event.server].take(event)

        return sources.ami(*map(_url, items), **options).pipe(ops.do_action(take))


def _url(host: Any) -> str:
    if isinstance(host, str):  # 0.x wrote tcp:// and tls://
        return host.replace("tcp://", "ami://", 1).replace("tls://", "amis://", 1)
    if isinstance(host, Mapping):
        host = (host.get("host"), host.get("username"), host.get("password"), host.get("port", 5038))
    try:
        name, user, secret, port = (*host, 5038)[:4]
        name = f"[{name}]" if ":" in name else name or "localhost"
        return f"ami://{quote(user, safe='')}:{quote(secret, safe='')}@{name}:{port}"
    except (TypeError, ValueError):
        raise SourceError("a host is a dict of host, username, password; a (host, user, secret); or a URL") from None
