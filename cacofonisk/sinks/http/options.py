"""What a webhook is to be like: checked, and free of secrets wherever it is shown."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args
from urllib.parse import urlsplit

from cacofonisk.errors import SinkError
from cacofonisk.sinks.http.body import Envelope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Sync = Literal["group", "each"]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_SHORTEST = 24  # bytes of a secret, by Standard Webhooks
_SMALLEST = 256 << 10  # bytes of an outbox, some of which SQLite wants for its own
_OURS = ("content-length", "content-type", "host", "transfer-encoding")


@dataclass(frozen=True, kw_only=True)
class HttpOptions:
    """The options of `sinks.http`, which tells what they mean; raises SinkError for what makes no sense."""

    url: str = field(repr=False)  # its path or query may be a password
    outbox: str | os.PathLike[str] | None = None
    secret: str | Sequence[str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    envelope: Envelope = "none"
    batch: int = 1
    concurrency: int = 8
    timeout: float = 15.0
    first_wait: float = 0.5
    most_wait: float = 300.0
    give_up: float = 7 * 86400.0
    drain: float = 10.0
    sync: Sync = "group"
    max_size: int = 1 << 30
    ca: str | os.PathLike[str] | None = None
    certificate: str | os.PathLike[str] | None = None
    key: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        _check_url(self.url)
        if self.envelope not in get_args(Envelope):
            raise SinkError(f"envelope is none or cloudevents, not {self.envelope!r}")
        if self.sync not in get_args(Sync):
            raise SinkError(f"sync is group or each, not {self.sync!r}")
        for name in ("batch", "concurrency", "max_size", "timeout", "first_wait", "most_wait", "give_up"):
            if not getattr(self, name) > 0:
                raise SinkError(f"{name} must be above 0, not {getattr(self, name)!r}")
        if self.max_size < _SMALLEST:
            raise SinkError(f"max_size must be 256K or more, not {self.max_size}")
        for name, value in self.headers.items():
            lower = name.lower()
            if not _TOKEN.fullmatch(name) or lower in _OURS or lower.startswith("webhook-"):
                raise SinkError(f"{name!r} cannot be the name of a header of your own")
            if not _VALUE.fullmatch(value):
                raise SinkError(f"the value of the header {name} cannot be sent")
        for secret in self.secrets:
            _check_secret(secret)
        _ = self.outbox_path  # there has to be one

    @property
    def secrets(self) -> list[str]:
        """The secrets to sign with."""
        if self.secret is None:
            return []
        return [self.secret] if isinstance(self.secret, str) else list(self.secret)

    @property
    def receiver(self) -> str:
        """The receiver as it may be shown: without path and query."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def is_local(self) -> bool:
        """Whether the receiver is on this very machine."""
        return urlsplit(self.url).hostname in ("127.0.0.1", "localhost", "::1")

    @property
    def outbox_path(self) -> Path:
        """Where the outbox is: a place of this receiver's own among the user's state, unless it was given.

        Raises SinkError where nobody knows whose home that is.
        """
        if self.outbox is not None:
            return Path(self.outbox)
        host = re.sub(r"[^0-9A-Za-z.-]", "_", urlsplit(self.url).hostname or "")
        return outbox_folder() / f"{host}-{hashlib.sha256(self.url.encode()).hexdigest()[:8]}.outbox"

    def make_folder(self) -> None:
        """Make the folder of an outbox whose place was not given; raises SinkError."""
        if self.outbox is None:
            folder = self.outbox_path.parent
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise SinkError(f"{folder} cannot be made: {(error.strerror or str(error)).lower()}") from None

    def tls(self) -> ssl.SSLContext | None:
        """How to make sure who the receiver is; None without TLS. Raises SinkError."""
        if urlsplit(self.url).scheme == "http":
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.ca is not None:
                # Whatever the version of Python: one that is no authority's may be named itself (as 3.13 lets one),
                # and none needs extensions (that 3.13 asks for) which few of those who sign for themselves write.
                context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
                context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            which = " or ".join(str(name) for name in (self.ca, self.certificate, self.key) if name is not None)
            why = (error.strerror or "").lower() if not isinstance(error, ssl.SSLError) else "that is no PEM of it"
            raise SinkError(f"{which} cannot be used for TLS: {why}") from None
        return context


def outbox_folder() -> Path:
    """The folder of the outboxes whose place was not given; raises SinkError."""
    state = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]  # as systemd gives it
    if state:
        return Path(state)
    try:
        home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    except RuntimeError:
        raise SinkError(
            "no place for the outbox: this user has no home; name the file with outbox=…, or set STATE_DIRECTORY"
        ) from None
    return Path(home) / "cacofonisk"


def secrets_in(path: str | os.PathLike[str]) -> list[str]:
    """The secrets in a file, one a line; raises SinkError."""
    try:
        secrets = Path(path).read_text().split()
    except (OSError, UnicodeError) as error:
        why = (getattr(error, "strerror", None) or "it is no text").lower()
        raise SinkError(f"{path} cannot be read: {why}") from None
    if not secrets:
        raise SinkError(f"{path} is empty: each of its lines should be a secret")
    return secrets


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, user, _ = parts.hostname, parts.username, parts.port
    except ValueError:
        raise SinkError("the URL of the webhook makes no sense") from None
    if parts.scheme not in ("http", "https") or not host or not url.isascii() or not url.isprintable() or " " in url:
        raise SinkError("the URL of the webhook makes no sense: it begins like https://crm.example")
    if user is not None or parts.password is not None:
        raise SinkError("a password in a URL can be seen by everybody: better use the header Authorization")


def _check_secret(secret: str) -> None:
    text = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _SHORTEST:
        raise SinkError(f"the secret is written like whsec_ and then at least {_SHORTEST} bytes in base64")
