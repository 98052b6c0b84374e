"""Finds the sink that a text such as `file:calls.jsonl` names."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, cast

from cacofonisk.errors import SinkError
from cacofonisk.sinks._quantity import count, duration, size
from cacofonisk.sinks.file import FileSink
from cacofonisk.sinks.http import HttpSink
from cacofonisk.sinks.metrics import metrics_of
from cacofonisk.sinks.stdout import Format, StdoutSink

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.sinks._sink import Sink

GROUP = "cacofonisk.sinks"
"""Entry points in this group add sinks: the name is the scheme, the object is called with the whole text."""


def sink_for(spec: str) -> Sink:
    """The sink that `spec` names: `stdout:jsonl`, `file:PATH`, `https://…`, or what an installed package adds.

    Its scheme may be written in capitals.
    Raises SinkError, whose text never holds more of `spec` than its scheme: the rest may be a password.
    """
    scheme, colon, rest = spec.partition(":")
    scheme = scheme.lower()
    if not colon:
        advice = f"; did you mean file:{spec}?" if spec else ""
        raise SinkError(f"a sink is named like file:PATH or stdout:jsonl{advice}")
    make = _BUILT_IN.get(scheme) or _installed(scheme)
    if make is None:
        near = get_close_matches(scheme, known(), 1)
        advice = f"did you mean {near[0]}:?" if near else "install the package that adds it"
        raise SinkError(f"there is no sink {scheme}: (there are {', '.join(f'{name}:' for name in known())}); {advice}")
    return make(f"{scheme}:{rest}")


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
    path, options = spec.partition(":")[2], {}
    head, mark, tail = path.rpartition("?")
    if mark and "=" in tail:
        path = head
        options = dict(part.partition("=")[::2] for part in tail.split("&"))
    if not path:
        raise SinkError("file: needs a path, as in file:calls.jsonl")
    if unknown := sorted(options.keys() - _FILE_OPTIONS.keys()):
        raise SinkError(f"file: has no option {unknown[0]!r} (it has {', '.join(_FILE_OPTIONS)})")
    values: dict[str, Any] = {}
    for name, value in options.items():
        try:
            values[name] = _FILE_OPTIONS[name](value)
        except ValueError as error:
            raise SinkError(f"file: {name}: {error}") from None
    return FileSink(path, on_sighup=True, **values)


def _http(spec: str) -> Sink:
    from cacofonisk.sinks.http.spec import options_of

    return HttpSink(options_of(spec))


_FILE_OPTIONS: dict[str, Callable[[str], object]] = {
    "max_size": size, "every": duration, "keep": count, "compress": str,
}  # fmt: skip
_BUILT_IN: dict[str, Callable[[str], Sink]] = {
    "file": _file, "http": _http, "https": _http, "metrics": metrics_of, "stdout": _stdout,
}  # fmt: skip
