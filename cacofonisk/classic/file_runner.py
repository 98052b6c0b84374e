"""Runs on recordings."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from reactivex import operators as ops

from cacofonisk import sources
from cacofonisk.classic.channel_manager import ChannelManager
from cacofonisk.classic.runner import Runner

if TYPE_CHECKING:
    from cacofonisk.classic.base_reporter import BaseReporter


class FileRunner(Runner):
    """Replays recordings one after the other: what JsonReporter wrote, or anything that `sources.file` reads.

    `recordings` is a path, several of them, or a list of events as JsonReporter writes them.
    """

    def __init__(
        self,
        recordings: str | os.PathLike[str] | Iterable[str | os.PathLike[str] | Mapping[str, Any]],
        reporter: BaseReporter | None = None,
        channel_manager: ChannelManager | type[ChannelManager] = ChannelManager,
    ) -> None:
        items: list[Any] = [recordings] if isinstance(recordings, str | os.PathLike) else list(recordings)
        if items and isinstance(items[0], Mapping):
            items = [io.BytesIO(json.dumps(items).encode())]
        self._sources = [sources.file(item) for item in items]
        super().__init__(len(self._sources), reporter, channel_manager)

    def _play(self) -> None:
        errors: list[Exception] = []
        for source, manager in zip(self._sources, self.channel_managers, strict=False):
            until = ops.take_while(lambda _: not self._stopping)
            source.pipe(until, ops.do_action(manager.take)).subscribe(on_error=errors.append)
            if self._stopping:
                break
            manager.finish()
        if errors:
            raise errors[0]


JsonFileRunner = FileRunner
