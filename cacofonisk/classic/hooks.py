"""The hooks of a reporter, called with the parameters that they name."""

from __future__ import annotations

import logging
from inspect import Parameter, iscoroutinefunction, signature
from typing import TYPE_CHECKING, Any

from cacofonisk.classic.base_reporter import BaseReporter
from cacofonisk.classic.translation import GIVEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_log = logging.getLogger("cacofonisk.classic")


class Hook:
    """One hook, its signature looked at once; raises TypeError for one that could never be called."""

    def __init__(self, name: str, function: Callable[..., object], documented: list[str]) -> None:
        self._name = getattr(function, "__qualname__", name)
        self._function = function
        self._failed = False
        parameters = signature(function).parameters
        kinds = {parameter.kind for parameter in parameters.values()}
        named = [word for word, p in parameters.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        needed = [word for word in named if parameters[word].default is Parameter.empty]
        if Parameter.VAR_KEYWORD in kinds:
            named += [word for word in documented if word not in named]
        self._by_name = [word for word in named if word in GIVEN[name]]
        self._by_place: list[str] = []
        if Parameter.VAR_POSITIONAL in kinds and not needed:
            self._by_place, self._by_name = documented, []
        elif Parameter.POSITIONAL_ONLY in kinds or not set(needed) <= set(GIVEN[name]):
            # It has words of its own: then it gets what is documented, in that order, where the number fits.
            shapes = [documented, [word for word in documented if word != "call_id"]]
            self._by_place = next((shape for shape in shapes if len(shape) == len(needed)), [])
            self._by_name = []
        if iscoroutinefunction(function) or (needed and not self._by_name and not self._by_place):
            raise TypeError(f"{self._name} must be a plain function that names some of: {', '.join(GIVEN[name])}")

    def __call__(self, values: Mapping[str, Any]) -> None:
        """Call it; what it raises is logged, with the traceback the first time."""
        by_place = [values[word] for word in self._by_place]
        try:
            self._function(*by_place, **{word: values[word] for word in self._by_name})
        except Exception as error:  # noqa: BLE001  # a reporter's bug harms nobody else
            _log.error("%s failed: %r; the run goes on", self._name, error, exc_info=None if self._failed else error)
            self._failed = True


def hooks_of(reporter: BaseReporter) -> dict[str, Hook]:
    """The hooks that the reporter has overridden, by their names."""
    hooks: dict[str, Hook] = {}
    for name in GIVEN:
        ours = vars(BaseReporter)[name]
        function = getattr(reporter, name, None)
        if function is not None and getattr(function, "__func__", function) is not ours:
            hooks[name] = Hook(name, function, list(signature(ours).parameters)[1:])
    return hooks
