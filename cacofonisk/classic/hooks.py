"""The hooks of a reporter, called with the parameters that they name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from inspect import Parameter, iscoroutinefunction, signature
from typing import Any

from cacofonisk.classic.base_reporter import BaseReporter
from cacofonisk.classic.translation import GIVEN

_log = logging.getLogger("cacofonisk.classic")


Hook = Callable[[Mapping[str, Any]], None]
"""Takes all that it can be given, and calls a hook with what that names."""


def _bind(name: str, function: Callable[..., object], documented: list[str]) -> Hook:
    """Look at its signature, once; raises TypeError for one that could never be called."""
    whose = getattr(function, "__qualname__", name)
    parameters = signature(function).parameters
    kinds = {parameter.kind for parameter in parameters.values()}
    by_name = [word for word, p in parameters.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    needed = [word for word in by_name if parameters[word].default is Parameter.empty]
    if Parameter.VAR_KEYWORD in kinds:
        by_name += [word for word in documented if word not in by_name]
    by_name, by_place = [word for word in by_name if word in GIVEN[name]], list[str]()
    if Parameter.VAR_POSITIONAL in kinds and not needed:
        by_name, by_place = [], documented
    elif Parameter.POSITIONAL_ONLY in kinds or not set(needed) <= set(GIVEN[name]):
        # It has words of its own: then it gets what is documented, in that order, where the number fits.
        shapes = [documented, [word for word in documented if word != "call_id"]]
        by_name, by_place = [], next((shape for shape in shapes if len(shape) == len(needed)), [])
    if iscoroutinefunction(function) or (needed and not by_name and not by_place):
        raise TypeError(f"{whose} must be a plain function that names some of: {', '.join(GIVEN[name])}")
    failed = False

    def call(values: Mapping[str, Any]) -> None:
        nonlocal failed
        try:
            function(*[values[word] for word in by_place], **{word: values[word] for word in by_name})
        except Exception as error:  # noqa: BLE001  # a reporter's bug harms nobody else
            _log.error("%s failed: %r; the run goes on", whose, error, exc_info=None if failed else error)
            failed = True

    return call


def hooks_of(reporter: BaseReporter) -> dict[str, Hook]:
    """The hooks that the reporter has overridden, by their names."""
    hooks: dict[str, Hook] = {}
    for name in GIVEN:
        ours = vars(BaseReporter)[name]
        function = getattr(reporter, name, None)
        if function is not None and getattr(function, "__func__", function) is not ours:
            hooks[name] = _bind(name, function, list(signature(ours).parameters)[1:])
    return hooks
