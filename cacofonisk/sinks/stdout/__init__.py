"""Call events on standard output, for people or as JSON lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

from cacofonisk.events import CallEvent
from cacofonisk.sinks._json import to_json
from cacofonisk.sinks._sink import Sink
from cacofonisk.sinks._visible import visible_json
from cacofonisk.sinks.stdout.output import StandardOutput

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.events import Event
    from cacofonisk.sinks._sink import OnFailure

Format = Literal["text", "jsonl"]


class StdoutSink(Sink):
    """Writes one line per call event to standard output; a reader that goes away ends it quietly."""

    def __init__(
        self,
        format: Format = "text",  # noqa: A002  # the word that users know
        *,
        hold: int = 0,
        on_failure: OnFailure | None = None,
    ) -> None:
        super().__init__(on_failure=on_failure)
        if format not in ("text", "jsonl"):
            raise ValueError(f"format is 'text' or 'jsonl', not {format!r}")
        self.format = format
        self.hold = hold
        self._encode: Callable[[CallEvent], bytes] = to_json
        self._output: StandardOutput | None = None

    def open(self) -> None:
        """Find out what standard output is: a terminal gets colours, and every line at once."""
        terminal = sys.stdout is not None and sys.stdout.isatty()
        self._output = StandardOutput(0 if terminal else self.hold)
        if self.format == "text":
            from cacofonisk.sinks.stdout.lines import Lines

            self._encode = Lines(terminal=terminal)
        elif terminal:
            self._encode = _visible

    def write(self, event: Event) -> None:
        """Write a call event; other values pass unseen."""
        if isinstance(event, CallEvent) and self._output is not None:
            self._output.write(self._encode(event))

    def flush(self) -> None:
        """Write what was collected."""
        if self._output is not None:
            self._output.flush()


def _visible(event: CallEvent) -> bytes:
    return visible_json(to_json(event))


def stdout(
    format: Format = "text",  # noqa: A002  # as above
    *,
    hold: int = 0,
    on_failure: OnFailure | None = None,
) -> StdoutSink:
    """A sink that writes one line per call event to standard output, as `text` for people or as `jsonl`.

    `hold` is how many bytes may be collected before they are written; on a terminal no line waits.
    """
    return StdoutSink(format, hold=hold, on_failure=on_failure)
