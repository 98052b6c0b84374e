"""Options of a webhook from a text such as `https://crm.example/hook#outbox=crm.outbox`, or from a file."""

from __future__ import annotations

import os
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cacofonisk.errors import SinkError
from cacofonisk.sinks._quantity import count, duration, size
from cacofonisk.sinks.http.options import HttpOptions, secrets_in

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "CACOFONISK_WEBHOOK_SECRET"  # noqa: S105  # the name of the variable, not a secret

_READ: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(("outbox", "envelope", "sync", "ca", "certificate", "key", "secret_file"), str),
    **dict.fromkeys(("batch", "concurrency"), count),
    **dict.fromkeys(("timeout", "first_wait", "most_wait", "give_up", "drain"), duration),
    "max_size": size,
}


def options_of(spec: str) -> HttpOptions:
    """Options from a URL whose fragment (which no server ever sees) holds them, or from `http:FILE.toml`.

    The secret is read from `secret_file`, else from $CACOFONISK_WEBHOOK_SECRET. Raises SinkError, whose text
    holds neither secrets nor the URL.
    """
    scheme, _, rest = spec.partition(":")
    if not rest:
        raise SinkError(f"{scheme}: needs a URL, as in https://crm.example, or a file, as in http:FILE.toml")
    if "://" in spec:
        url, _, fragment = spec.partition("#")
        options: dict[str, Any] = {"url": url, **_from_fragment(fragment)}
    else:
        options = _from_file(Path(rest))
    secret_file = options.pop("secret_file", None)
    if secret_file is not None:
        options["secret"] = secrets_in(secret_file)
    elif "secret" not in options and os.environ.get(SECRET):
        options["secret"] = os.environ[SECRET].split()
    return HttpOptions(**options)


def outbox_of(place: str) -> Path:
    """The outbox at this path, or of the webhook that is named like a sink: `https://…`, `http:FILE.toml`.

    Raises SinkError for a webhook that makes no sense.
    """
    scheme, colon, rest = place.partition(":")
    if colon and scheme.lower() in ("http", "https"):
        return options_of(f"{scheme.lower()}:{rest}").outbox_path
    return Path(place)


def _from_fragment(fragment: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for part in fragment.split("&") if fragment else ():
        name, _, value = part.partition("=")
        if name in ("secret", "headers", "header"):
            raise SinkError(f"{name} on a command line can be seen by everybody: use secret_file, or http:FILE.toml")
        if name not in _READ:
            raise SinkError(f"a webhook has no option {name!r} (it has {', '.join(_READ)})")
        options[name] = _read(name, unquote(value))
    return options


def _from_file(path: Path) -> dict[str, Any]:
    try:
        options = tomllib.loads(path.read_text())
    except OSError as error:
        raise SinkError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from None
    except ValueError:
        # What the parser says may quote the line, and the line may be the secret.
        raise SinkError(f"{path} is no TOML") from None
    known = {each.name for each in fields(HttpOptions)} | {"secret_file"}
    if unknown := sorted(options.keys() - known):
        raise SinkError(f"{path}: a webhook has no option {unknown[0]!r}")
    for name, value in options.items():
        if isinstance(value, str) and _READ.get(name, str) is not str:
            options[name] = _read(name, value)
        elif not _fits(name, value):
            raise SinkError(f"{path}: {name} has a value of the wrong kind")
    if "url" not in options:
        raise SinkError(f"{path} lacks a url")
    return options


def _fits(name: str, value: object) -> bool:
    if name == "headers":
        return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
    if name == "secret":
        return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))
    if _READ.get(name, str) is str:
        return isinstance(value, str)
    return isinstance(value, (int, float) if _READ[name] is duration else int) and not isinstance(value, bool)


def _read(name: str, value: str) -> object:
    try:
        return _READ[name](value)
    except ValueError as error:
        raise SinkError(f"{name}: {error}") from None
