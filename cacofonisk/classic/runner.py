"""What all runners have in common: managers for their sources, signals, and the end."""

from __future__ import annotations

import copy
import logging
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cacofonisk.classic.base_reporter import BaseReporter
    from cacofonisk.classic.channel_manager import ChannelManager

_log = logging.getLogger("cacofonisk.classic")


class Runner:
    """Runs sources, each with a ChannelManager of its own, until they end or somebody stops it.

    `channel_manager` is a class, or an instance: that serves the first source, copies of it the others.
    """

    def __init__(
        self, sources: int, reporter: BaseReporter | None, channel_manager: ChannelManager | type[ChannelManager]
    ) -> None:
        first = channel_manager(reporter=reporter) if isinstance(channel_manager, type) else channel_manager
        self.reporter = reporter or first.reporter
        self.channel_managers = [first, *(copy.copy(first) for _ in range(sources - 1))]
        for manager in self.channel_managers:
            manager.attach(self.reporter)
        self._stopping = False

    def run(self) -> None:
        """Run until the end, SIGINT, SIGTERM or `stop`, then close the reporter; raises SourceError."""
        try:
            with _signals(self.stop):
                self._play()
        finally:
            try:
                self.reporter.close()
            except Exception:  # noqa: BLE001  # a reporter's bug again
                _log.exception("%s.close failed", type(self.reporter).__qualname__)

    def stop(self) -> None:
        """End the run soon; may be called from any thread, and from a hook."""
        self._stopping = True

    def _play(self) -> None:
        raise NotImplementedError


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM stop it, a second one does what it did before; outside the main thread they cannot."""
    before: dict[int, Any] = {}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def handle(*_: object) -> None:
        restore()
        stop()

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        restore()
