"""Reads the URL of an AMI server: `ami://user:secret@host:5038`, `amis://` for TLS; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from cacofonisk.errors import SourceError

_PORTS = {"ami": 5038, "amis": 5039}
_EXAMPLE = "as in ami://user@host:5038"


@dataclass(slots=True, frozen=True)
class Address:
    """Where an AMI server is, and who logs in there; its text never shows the secret."""

    host: str
    port: int
    tls: bool
    user: str
    secret: str = field(repr=False)

    def __str__(self) -> str:
        """Host and port as people write them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_url(url: str, secret: str | None = None) -> Address:
    """The address in a URL; `secret` is used where the URL holds none.

    Raises SourceError, whose text holds nothing of the URL behind its scheme: that may be the secret.
    """
    scheme, marks, _ = url.partition("://")
    scheme = scheme.lower()
    if not marks or scheme not in _PORTS:
        raise SourceError(f"an AMI server is named by a URL, {_EXAMPLE} (amis:// for TLS)")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SourceError(f"the {scheme}:// URL has no valid host and port, {_EXAMPLE}{_HINT}") from None
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise SourceError(f"the {scheme}:// URL goes on behind host and port, {_EXAMPLE}{_HINT}")
    if not parts.hostname:
        raise SourceError(f"the {scheme}:// URL names no host, {_EXAMPLE}")
    user = unquote(parts.username or "")
    if not user:
        raise SourceError(f"the {scheme}:// URL names no user, {_EXAMPLE}")
    if parts.password is not None:
        secret = unquote(parts.password)
    if secret is None:
        raise SourceError(f"no secret for {user} at {parts.hostname}: give it apart or in the URL, {_EXAMPLE}")
    # A line break would end the header and begin another action.
    if any(mark in text for text in (user, secret) for mark in "\r\n\0"):
        raise SourceError(f"user and secret for {parts.hostname} must be one line each")
    return Address(parts.hostname, port or _PORTS[scheme], scheme == "amis", user, secret)


_HINT = "; write / # ? @ : % in a secret as %2F %23 %3F %40 %3A %25"
