"""Who logs in at which AMI server, and how."""

from __future__ import annotations

import os
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any

from cacofonisk.errors import SourceError
from cacofonisk.sources._ami_url import Address, read_url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence

Path = str | os.PathLike[str]


class LoginRefusedError(SourceError):
    """The AMI server does not let this user in: nothing is won by trying again before somebody has changed that."""


@dataclass(frozen=True)
class Login:
    """One AMI server, in place of its URL where several have secrets or certificates of their own.

    ::

        sources.ami(Login("amis://me@pbx1", secret=first, ca="pbx1.crt"), Login("amis://me@pbx2", secret=second))

    The parameters are those of `sources.ami`, for this server alone. Raises SourceError for a URL of no use.
    """

    url: str = field(repr=False)  # it may hold the secret
    _: KW_ONLY
    secret: str | None = field(default=None, repr=False)
    server: str = ""
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    verify: bool = True
    address: Address = field(init=False)
    """What its URL says."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", read_url(self.url, self.secret))


def logins_for(urls: Sequence[str | Login], names: Sequence[str], shared: Mapping[str, Any]) -> list[Login]:
    """A login for each URL, named in turn, else alike; raises SourceError where two could be mixed up."""
    if len(names) > len(urls):
        raise SourceError(
            f"there are more names ({', '.join(names)}) than servers: give one for each URL, in their order"
        )
    names = [*names, *[""] * (len(urls) - len(names))]
    logins = [
        url if isinstance(url, Login) else Login(url, server=name, **shared)
        for url, name in zip(urls, names, strict=True)
    ]
    given = [login.server for login in logins if login.server]
    if len(set(given)) < len(given):
        raise SourceError("two servers with one name: give each a name of its own, in the order of the URLs")
    places = [str(login.address) for login in logins]
    for place in places:
        if places.count(place) > 1:
            raise SourceError(f"{place} is named twice: each of its calls would be told twice")
    return logins


def contexts(logins: Sequence[Login]) -> list[ssl.SSLContext | None]:
    """How to speak TLS at each of these; those with the same files share it. Raises SourceError for files of no use."""
    from cacofonisk.sources._ami_tls import tls_for

    alike: dict[tuple[object, ...], list[Login]] = {}
    for login in logins:
        alike.setdefault((login.ca, login.certificate, login.key, login.verify), []).append(login)
    made = {
        files: tls_for(
            [login.address for login in group],
            ca=group[0].ca, certificate=group[0].certificate, key=group[0].key, verify=group[0].verify,
        )
        for files, group in alike.items()
    }  # fmt: skip
    return [made[login.ca, login.certificate, login.key, login.verify] for login in logins]
