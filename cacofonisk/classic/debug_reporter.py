"""Shows what the hooks are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.classic.base_reporter import BaseReporter
from cacofonisk.sinks import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.ami_event import Headers


def _shown(hook: str) -> Callable[..., None]:
    def show(self: DebugReporter, *values: object) -> None:
        """Print the values, in the order of the documentation."""
        if self.verbosity > 0:
            print(visible(" ".join([hook, *map(str, values)])))

    return show


class DebugReporter(BaseReporter):
    """Prints what happens: 0 nothing, 1 calls, 2 the name of every AMI event too, 3 all of its headers."""

    def __init__(self, verbosity: int = 1) -> None:
        self.verbosity = verbosity

    def on_ami_event(self, event: Headers) -> None:
        """One line for the event."""
        if self.verbosity > 1:
            print(visible(str(event if self.verbosity > 2 else event["Event"])))

    on_b_dial = _shown("on_b_dial")
    on_b_dial_end = _shown("on_b_dial_end")
    on_up = _shown("on_up")
    on_transfer = _shown("on_transfer")
    on_hangup = _shown("on_hangup")
    on_queue_caller_abandon = _shown("on_queue_caller_abandon")
    on_user_event = _shown("on_user_event")
