"""What all commands have in common: exit statuses, sinks by name, and complaints."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from cacofonisk.commands._masked import masked

if TYPE_CHECKING:
    from typing import TextIO

    from cacofonisk.events import Event
    from cacofonisk.sinks import Sink

USAGE = 2
"""Exit status for what cannot begin: a wrong option, no such file, no recording."""
DAMAGED = 1
"""Exit status for what could not be done to the end: a damaged recording, a sink that failed."""

PROGRAM = "cacofonisk: "
"""What stands in front of each line on standard error."""

_LONGEST = 2000  # characters of a line that holds what others have chosen
_HOLD = 1 << 16  # bytes of output that are collected when nobody waits for a line


class Format(StrEnum):
    """What standard output is made of."""

    text = "text"
    jsonl = "jsonl"


class Anomalies:
    """Counts what made no sense, and shows it if asked to."""

    def __init__(self, *, show: bool) -> None:
        from cacofonisk.events import Anomaly

        self.count = 0
        self.shown = show
        self._kind = Anomaly

    def __call__(self, event: Event) -> None:
        if isinstance(event, self._kind):
            self.count += 1
            if self.shown:
                complain(f"anomaly at {event.time}: {event.what}")


def help_without_command(context: typer.Context) -> None:
    """For the callback of a group of commands: who names none of them is shown which there are."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(USAGE)


def make_sink(spec: str, form: Format, *, patient: bool, only: tuple[type, ...] | None) -> Sink:
    """The sink of a `--to`, which says at once what ends it; standard output may collect lines where nobody waits."""
    from cacofonisk import sinks
    from cacofonisk.errors import CacofoniskError

    def say(error: Exception) -> None:
        scheme = spec.partition(":")[0]  # the rest may be a password
        clear = isinstance(error, CacofoniskError)
        complain(str(error) if clear else f"the sink {scheme}: failed: {type(error).__name__}: {error}")

    sink = sinks.sink_for(f"stdout:{form.value}" if spec.lower() == "stdout:" else spec)
    sink.on_failure = say
    sink.only = only
    if patient and isinstance(sink, sinks.StdoutSink):
        sink.hold = _HOLD
    return sink


def complain(what: str, status: int = 0) -> int:
    """One line on standard error; the exit status."""
    say(f"{PROGRAM}{what}")
    return status


def say(line: str) -> None:
    """A line on standard error, harmless to look at and to keep: no URL in it has its secret.

    That it cannot be written, as on a disk that is full or to a reader that is gone, is nobody's failure: whoever
    says something goes on with what they do.
    """
    stream = sys.stderr
    if stream is None:
        return
    replaced = stream is not sys.__stderr__  # by a progress bar, a test
    text = f"{harmless(masked(line), stream, len(PROGRAM))}\n"
    with suppress(OSError, ValueError):  # ValueError: it was closed meanwhile
        if replaced:
            stream.write(text)
            stream.flush()
            return
        # Past Python's own buffer, where what could not be written would fail again at exit.
        data = text.encode(stream.encoding, "backslashreplace")
        while data:
            data = data[os.write(stream.fileno(), data) :]


def harmless(line: str, stream: TextIO, indent: int) -> str:
    """The line as `stream` may show it, whoever chose the words: on a terminal in pieces, the later ones indented."""
    from cacofonisk.sinks import fold, visible

    return fold(visible(line, _LONGEST), stream, indent)
