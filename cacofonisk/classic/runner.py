"""What all runners have in common: managers for their sources, signals, and the end."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack
from copy import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.classic.base_reporter import BaseReporter
    from cacofonisk.classic.channel_manager import ChannelManager


class Runner:
    """Runs sources, each with a ChannelManager of its own, until they end or somebody stops it.

    `channel_manager` is a class, or an instance: that serves the first source, copies of it the others.
    """

    def __init__(
        self, sources: int, reporter: BaseReporter | None, channel_manager: ChannelManager | type[ChannelManager]
    ) -> None:
        first = channel_manager(reporter=reporter) if isinstance(channel_manager, type) else channel_manager
        self.reporter = reporter or first.reporter
        self.channel_managers = [first, *(copy(first) for _ in range(sources - 1))]
        for manager in self.channel_managers:
            manager.attach(self.reporter)
        self._stopping = False
        self._wake: Callable[[], object] = bool  # does nothing

    def run(self) -> None:
        """Run until the end, SIGINT, SIGTERM or `stop`, then close the reporter; raises SourceError.

        Outside the main thread signals are others' business. A second one ends the run at once.
        """
        with ExitStack() as at_the_end:
            at_the_end.callback(self.channel_managers[0].close)
            if threading.current_thread() is threading.main_thread():
                for number in (signal.SIGINT, signal.SIGTERM):
                    at_the_end.callback(signal.signal, number, signal.signal(number, self._on_signal))
            self._play()

    def stop(self) -> None:
        """End the run soon; may be called from any thread, and from a hook."""
        self._stopping = True
        self._wake()

    def _on_signal(self, *_: object) -> None:
        if self._stopping:
            raise KeyboardInterrupt
        self.stop()

    def _play(self) -> None:
        """Run until the end, or until somebody stops it."""
