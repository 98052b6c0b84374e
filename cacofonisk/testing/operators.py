"""The operators that an `operator:` line names."""

from __future__ import annotations

import ast
from collections.abc import Callable
from importlib import import_module
from typing import Any

from cacofonisk import events
from cacofonisk.errors import CacofoniskError
from cacofonisk.testing.timeline import MarbleError

AnyOperator = Callable[[Any], Any]


def read_operators(text: str) -> list[AnyOperator]:
    """Make the operators of `track_channels(), only(Transfer), my.module.my_operator(3)`.

    A name without dots is an operator of cacofonisk. Arguments are literals or classes of
    `cacofonisk.events`; nothing else is evaluated.
    """
    try:
        tree = ast.parse(f"[{text}]", mode="eval").body
    except SyntaxError:
        raise MarbleError(f"operator: cannot read {text!r}") from None
    if not isinstance(tree, ast.List) or not tree.elts:
        raise MarbleError(f"operator: no operator in {text!r}")
    return [_operator(node) for node in tree.elts]


def _operator(node: ast.expr) -> AnyOperator:
    source = ast.unparse(node)
    if not isinstance(node, ast.Call):
        raise MarbleError(f"operator: {source} is not called; write {source}()")
    make = _find(ast.unparse(node.func))
    args = [_argument(argument, source) for argument in node.args]
    keywords: dict[str, Any] = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            raise MarbleError(f"operator: {source} has an argument that is not a literal")
        keywords[keyword.arg] = _argument(keyword.value, source)
    try:
        operator: AnyOperator = make(*args, **keywords)
    except (CacofoniskError, TypeError) as error:
        raise MarbleError(f"operator: {source}: {error}") from error
    return operator


def _argument(node: ast.expr, source: str) -> Any:
    if isinstance(node, ast.Name):
        kind = getattr(events, node.id, None)
        if kind is None:
            raise MarbleError(f"operator: {source}: cacofonisk.events has no {node.id}")
        return kind
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise MarbleError(f"operator: {source} has an argument that is not a literal") from None


def _find(name: str) -> Callable[..., AnyOperator]:
    module, dot, attribute = name.rpartition(".")
    # Each operator of cacofonisk stands in a module of its own name.
    home = module if dot else f"cacofonisk.operators.{name}"
    try:
        found = getattr(import_module(home), attribute)
    except ModuleNotFoundError as error:
        if error.name and not f"{home}.".startswith(f"{error.name}."):
            raise  # the module is there; what it imports is not
        if not dot:
            raise MarbleError(f"operator: cacofonisk has no {name}(); one of your own: my_package.{name}()") from None
        raise MarbleError(
            f"operator: there is no module {error.name}; is it installed, or in pytest's pythonpath?"
        ) from None
    except AttributeError:
        raise MarbleError(f"operator: {home} has no {attribute}") from None
    if not callable(found):
        raise MarbleError(f"operator: {name} is no operator")
    return found  # type: ignore[no-any-return]  # whatever the user's module has under that name
