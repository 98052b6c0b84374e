"""Posts letters to a receiver, signed."""

from __future__ import annotations

import os
import re
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus, urljoin, urlsplit

import aiohttp
from standardwebhooks import Webhook

from cacofonisk.sinks.http.answer import Answer, retry_after
from cacofonisk.sinks.http.body import make_body

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from cacofonisk.sinks.http.letter import Letter
    from cacofonisk.sinks.http.options import HttpOptions

_LONGEST = 1 << 16  # bytes of an answer that are read so that its connection can be used again
_EXCERPT = 200  # characters of a refusal that are kept
_HOPS = 3


class HttpClient:
    """Connections to one receiver; to be entered within a running event loop."""

    def __init__(self, options: HttpOptions, tls: ssl.SSLContext | None) -> None:
        self._options = options
        self._tls = tls
        self._signers = [Webhook(secret) for secret in options.secrets]
        # What the receiver says is kept and shown: it must not be able to play our secrets back.
        self._hidden = _hidden(options)

    async def __aenter__(self) -> Self:
        options = self._options
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=options.concurrency, ssl=self._tls if self._tls is not None else True),
            timeout=aiohttp.ClientTimeout(total=options.timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Nobody can make us unpack a bomb that we never asked for.
            headers={"user-agent": "cacofonisk", "accept-encoding": "identity", **options.headers},
            auto_decompress=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def post(self, letters: Sequence[Letter]) -> Answer:
        """Send the letters in one request; what went wrong on the way is an Answer of status 0."""
        options = self._options
        id_, kind, body = make_body(letters, options.envelope, batch=options.batch > 1)
        now = datetime.now(UTC)
        headers = {"content-type": kind, "webhook-id": id_, "webhook-timestamp": str(int(now.timestamp()))}
        if self._signers:
            text = body.decode()
            headers["webhook-signature"] = " ".join(each.sign(id_, now, text) for each in self._signers)
        try:
            return await self._post(body, headers)
        except TimeoutError:
            return Answer(0, f"no answer within {options.timeout:g} s")
        except aiohttp.ClientConnectorCertificateError as error:
            return Answer(0, f"its certificate is not trusted: {_certificate(error.certificate_error)}")
        except aiohttp.ClientConnectorError as error:
            return Answer(0, f"no connection: {_why(error.os_error)}")
        except aiohttp.ServerDisconnectedError:
            return Answer(0, "it closed the connection without an answer")
        except (aiohttp.ClientError, OSError) as error:
            # The text of these may hold the URL, and with it a token.
            return Answer(0, f"no answer: {type(error).__name__}")

    async def _post(self, body: bytes, headers: dict[str, str]) -> Answer:
        url = self._options.url
        for _ in range(_HOPS):
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                # The status has decided: what becomes of the rest of the answer makes no difference.
                said = await self._read(response)
            if response.status in (307, 308):
                there = _resolved(url, response.headers.get("location"))
                if there is not None:
                    if _origin(there) != _origin(self._options.url):
                        return Answer(response.status, "it redirects to another host, which is not followed")
                    url = there
                    continue
            wait = retry_after(response.headers.get("retry-after"), datetime.now(UTC))
            return Answer(response.status, "" if response.ok else self._excerpt(said), wait)
        return Answer(response.status, "it redirects in a circle")

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """The beginning of what is said in an answer; all of it if it is short, less if it breaks off."""
        said = bytearray()
        try:
            while chunk := await response.content.read(_LONGEST):
                said += chunk
                if len(said) > _LONGEST:
                    response.close()
                    break
        except (TimeoutError, aiohttp.ClientError, OSError):
            response.close()
        return bytes(said[:_LONGEST])

    def _excerpt(self, said: bytes) -> str:
        text = said.decode("utf-8", "replace")
        for secret in self._hidden:
            text = text.replace(secret, "…")
        return text[:_EXCERPT]


def _hidden(options: HttpOptions) -> list[str]:
    """What nobody may be shown, the longest first: secrets, headers, and of the URL what may be one."""
    parts = urlsplit(options.url)
    target = [parts.path, parts.query, *parts.path.split("/"), *re.split("[&=]", parts.query)]
    values = [*options.headers.values(), *target, *map(unquote, target), *map(unquote_plus, target)]
    return sorted({*options.secrets, *(value for value in values if len(value) > 3)}, key=len, reverse=True)


def _resolved(url: str, there: str | None) -> str | None:
    """Where a Location leads to; None where it makes no sense."""
    if there is None:
        return None
    try:
        return urljoin(url, there)
    except ValueError:
        return None


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", None, None
    return parts.scheme, parts.hostname, port


def _why(error: OSError) -> str:
    # asyncio's own text holds the address; that of a name that is not known is another error's.
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno).lower()
    return (error.strerror or "nobody says why").lower()


def _certificate(error: Exception) -> str:
    return error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else type(error).__name__
