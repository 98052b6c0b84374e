"""`--config`: which PBXs to follow and where their call events go, in a TOML file."""

from __future__ import annotations

import os
import tomllib
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cacofonisk import sources
from cacofonisk.commands._common import Format, make_sink
from cacofonisk.commands._live import ENVIRONMENT, secret_in
from cacofonisk.commands._only import chosen
from cacofonisk.commands._plan import Plan
from cacofonisk.commands._trunks import trunks_of
from cacofonisk.errors import CacofoniskError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cacofonisk.sinks import Sink

_WITHOUT: dict[str, dict[str, object]] = {"stdout": {"to": "stdout:"}}
"""The sinks of a file that names none."""

_PLAIN = {
    "Object missing": "the table lacks the", "Object contains": "the table has the",
    "Expected": "expected", "`object`": "a table", "`array`": "a list", "`str`": "a text",
    "`int`": "a number", "`float`": "a number", "`bool`": "true or false", " - at `$.": " at `",
}  # fmt: skip
"""What msgspec says, in the words of TOML."""


class ConfigError(CacofoniskError):
    """A configuration file that is of no use; its text quotes no value of the file, which may be a secret."""


class _Pbx(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[pbx.NAME]`: one Asterisk, called NAME in its events."""

    url: str
    secret: str | None = None
    secret_file: str | None = None
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


class _Sink(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[sink.NAME]`: one place where call events go."""

    to: str
    only: list[str] = []


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The whole file; its tables are looked at one by one, so that it can be said which of them is wrong."""

    pbx: dict[str, dict[str, object]]
    sink: dict[str, dict[str, object]] = {}
    trunks: list[str] = []
    outside: list[str] = []
    record: str | None = None
    anomalies: bool = False


def read_config(path: Path) -> tuple[list[sources.Login], Plan]:
    """The PBXs that the file names, and what is to be done; raises ConfigError, which tells where it goes wrong."""
    try:
        text = path.read_text()
    except (OSError, UnicodeError) as error:
        why = (getattr(error, "strerror", None) or "it is no text").lower()
        raise ConfigError(f"{path} cannot be read: {why}") from None
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = str(error).rpartition("(")[2].rstrip(")")  # what stands before may quote the line
        raise ConfigError(f"{path} is no TOML {place}") from None
    with _said_of(path):
        file = msgspec.convert(tables, _File)
        trunks = trunks_of(file.trunks, file.outside)
    if not file.pbx:
        raise ConfigError(f"{path} names no PBX: write [pbx.NAME], and below it its url")
    logins = [_login(path, name, table) for name, table in file.pbx.items()]
    with _said_of(path):
        sources.ami(*logins)  # do they go together?
    return logins, Plan(
        source=partial(sources.ami, *logins),
        outputs=[_output(path, name, table) for name, table in (file.sink or _WITHOUT).items()],
        trunks=trunks,
        record=None if file.record is None else Path(file.record),
        anomalies=file.anomalies,
    )


def _login(path: Path, name: str, table: object) -> sources.Login:
    with _said_of(path, f" [pbx.{name}]"):
        pbx = msgspec.convert(table, _Pbx)
        secret = pbx.secret if pbx.secret_file is None else secret_in(Path(pbx.secret_file))
        return sources.Login(
            pbx.url,
            secret=secret or os.environ.get(ENVIRONMENT) or None,
            server=name,
            ca=pbx.ca,
            certificate=pbx.certificate,
            key=pbx.key,
        )


def _output(path: Path, name: str, table: object) -> Sink:
    with _said_of(path, f" [sink.{name}]"):
        its = msgspec.convert(table, _Sink)
        return make_sink(its.to, Format.text, patient=False, only=chosen(its.only))


@contextmanager
def _said_of(path: Path, table: str = "") -> Iterator[None]:
    try:
        yield
    except CacofoniskError as error:
        raise ConfigError(f"{path}:{table} {error}") from None
    except msgspec.ValidationError as error:
        what = str(error)
        for word, plain in _PLAIN.items():
            what = what.replace(word, plain)
        raise ConfigError(f"{path}:{table} {what}") from None
