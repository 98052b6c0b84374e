"""Finds the sink that a text such as `file:calls.jsonl` names."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, cast

from cacofonisk.errors import SinkError
from cacofonisk.sinks.file import FileSink
from cacofonisk.sinks.stdout import Format, StdoutSink

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.sinks._sink import Sink

GROUP = "cacofonisk.sinks"
"""Entry points in this group add sinks: the name is the scheme, the object is called with the whole text."""


def sink_for(spec: str) -> Sink:
    """The sink that `spec` names: `stdout:`, `stdout:jsonl`, `file:PATH`, or what an installed package adds.

    Raises SinkError, whose text never holds more of `spec` than its scheme: the rest may be a password.
    """
    scheme, colon, _ = spec.partition(":")
    if not colon:
        raise SinkError(f"a sink is named like file:PATH or stdout:jsonl; did you mean file:{spec}?")
    make = _BUILT_IN.get(scheme) or _installed(scheme)
    if make is None:
        raise SinkError(f"there is no sink {scheme}: (there are {', '.join(f'{name}:' for name in known())})")
    return make(spec)


def known() -> list[str]:
    """The schemes of all sinks, built in or added by installed packages."""
    return sorted({*_BUILT_IN, *entry_points(group=GROUP).names})


def _installed(scheme: str) -> Callable[[str], Sink] | None:
    for entry in entry_points(group=GROUP, name=scheme):
        try:
            return cast("Callable[[str], Sink]", entry.load())
        except Exception as error:
            raise SinkError(f"the sink {scheme}: of {entry.value} cannot be loaded: {error}") from error
    return None


def _stdout(spec: str) -> Sink:
    form = spec.partition(":")[2] or "text"
    if form not in ("text", "jsonl"):
        raise SinkError(f"stdout: takes text or jsonl, as in stdout:jsonl, not {form!r}")
    return StdoutSink(cast("Format", form))


def _file(spec: str) -> Sink:
    path = spec.partition(":")[2]
    if not path:
        raise SinkError("file: needs a path, as in file:calls.jsonl")
    return FileSink(path)


_BUILT_IN: dict[str, Callable[[str], Sink]] = {"file": _file, "stdout": _stdout}
