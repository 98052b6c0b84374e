"""A list in memory as a sink, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.sinks._sink import Sink

if TYPE_CHECKING:
    from cacofonisk.events import Event
    from cacofonisk.sinks._sink import OnFailure


class ListSink(Sink):
    """Keeps every value that it is given, in `events`; `completed` tells whether the stream ended well."""

    never_waits = True

    def __init__(self, *, on_failure: OnFailure | None = None) -> None:
        super().__init__(on_failure=on_failure)
        self.events: list[Event] = []

    def write(self, event: Event) -> None:
        """Keep the event."""
        self.events.append(event)


def list_() -> ListSink:
    """A sink that keeps all events in its `events`."""
    return ListSink()
