"""One connection to an AMI server, from the TCP handshake to its loss; panoramisk logs in and pings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from panoramisk import Manager  # type: ignore[import-untyped]  # panoramisk has no types
from panoramisk.actions import Action  # type: ignore[import-untyped]  # as above

from cacofonisk.sources._ami_protocol import AmiProtocol, ConnectionLostError, why_lost
from cacofonisk.sources._login import LoginRefusedError
from cacofonisk.sources._resolve import resolve

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from cacofonisk.sources._ami_url import Address

_T = TypeVar("_T")
_LONG = 60.0  # seconds for an answer, and for more of one: a list may be long
_TWICE = "already in use"  # what is said of the user whose old connection was not yet given up


class NoAnswerError(ConnectionLostError):
    """An action was not answered, or not to the end, though the connection stands."""


@dataclass(slots=True, frozen=True)
class Reply:
    """What a server answers to an action: whether it was done, in which words, and the items of a list."""

    done: bool
    message: str
    headers: dict[str, str]
    items: list[dict[str, str]]


class Connection:
    """A connection that is logged in. `open` makes one."""

    def __init__(self, protocol: AmiProtocol, manager: _Manager, version: str) -> None:
        self.version = version
        self._protocol = protocol
        self._manager = manager

    @property
    def protocol(self) -> AmiProtocol:
        """The bytes of this connection."""
        return self._protocol

    @classmethod
    async def open(
        cls,
        address: Address,
        factory: Callable[[], AmiProtocol],
        *,
        tls: ssl.SSLContext | None,
        timeout: float,  # noqa: ASYNC109  # three waits in a row, each with this deadline
        ping: float,
    ) -> Connection:
        """Connect, wait for the greeting and log in, each within `timeout` seconds; then ping every `ping` seconds.

        Raises ConnectionLostError where the network or the server fails, LoginRefusedError.
        """
        transport, protocol = await _connect(address, factory, tls, timeout)
        manager = _Manager(asyncio.get_running_loop(), address, ping)
        try:
            greeting = await within(protocol, protocol.greeting, timeout, "greeting (does it want amis://?)")
            answer = await within(protocol, manager.begin(transport, protocol), timeout, "answer to the login")
        except BaseException:
            manager.close()
            raise
        if not answer.success:
            manager.close()
            said = str(answer.message)
            if _TWICE in said.lower():
                raise ConnectionLostError(f"it says: {said}")
            raise LoginRefusedError(f"{address} refused the login of {address.user}: {said}")
        return cls(protocol, manager, greeting)

    async def ask(self, name: str, **headers: str) -> Reply:
        """Do an action and wait for its whole answer, as long as more of it comes.

        Raises NoAnswerError if none does, ConnectionLostError if none can.
        """
        action = Action({"Action": name, **headers})
        protocol = self._protocol
        protocol.send(action)
        try:
            while True:
                listed = protocol.listed
                try:
                    answer = await within(protocol, action.future, _LONG, f"answer to {name}")
                    break
                except NoAnswerError:
                    if protocol.listed == listed:
                        raise
        finally:
            protocol.responses.pop(action.id, None)
        messages = answer if isinstance(answer, list) else [answer]
        first = messages[0]
        return Reply(bool(first.success), str(first.message), dict(first), [dict(item) for item in messages[1:]])

    async def lasts_until(self, event: asyncio.Event) -> None:
        """Wait for the event; raises ConnectionLostError if the connection is lost before."""
        waiting = asyncio.ensure_future(event.wait())
        try:
            await within(self._protocol, waiting, None, "")
        finally:
            waiting.cancel()

    def close(self) -> None:
        """Close it; nothing of it is left after the next turn of the event loop."""
        self._manager.close()


class _Manager(Manager):  # type: ignore[misc]  # as above
    """panoramisk's manager for one connection: it logs in and pings. Who connects again is not its business."""

    def __init__(self, loop: asyncio.AbstractEventLoop, address: Address, ping: float) -> None:
        super().__init__(loop=loop, username=address.user, secret=address.secret)
        self.ping_delay = self.ping_interval = ping

    def begin(self, transport: asyncio.Transport, protocol: AmiProtocol) -> asyncio.Future[Any]:
        """Log in; the future of the answer."""
        made: asyncio.Future[tuple[asyncio.Transport, AmiProtocol]] = self.loop.create_future()
        made.set_result((transport, protocol))
        self.connection_made(made)
        self.config["secret"] = None  # it is never needed again
        return self.authenticated_future  # type: ignore[no-any-return]  # as above

    def login(self, future: asyncio.Future[Any]) -> None:
        """The answer to the login came."""
        if not self.protocol.closed:
            super().login(future)

    def ping(self) -> None:
        """Give the connection up if nothing, not even the last ping's answer, was heard since; else ping."""
        protocol = self.protocol
        if protocol.closed:
            return
        if protocol.silent:
            protocol.fail(f"nothing was heard from it for {self.ping_interval:g} s, not even the answer to a ping")
            return
        protocol.silent = True
        super().ping()


async def _connect(
    address: Address,
    factory: Callable[[], AmiProtocol],
    tls: ssl.SSLContext | None,
    seconds: float,
) -> tuple[asyncio.Transport, AmiProtocol]:
    """A connection to the host; raises ConnectionLostError.

    Each of its addresses has a share of the time, for its IPv6 may lead nowhere. One after the other: asyncio's own
    race of addresses leaves a socket open when it is cancelled in a certain moment (Python 3.11).
    """
    loop = asyncio.get_running_loop()
    why: dict[str, None] = {}
    try:
        async with asyncio.timeout(seconds):
            found = await resolve(address.host, address.port)
        for family, where in found:
            try:
                async with asyncio.timeout(seconds / len(found)):
                    return await loop.create_connection(
                        factory, where, address.port, family=family, ssl=tls,
                        server_hostname=address.host if tls else None,
                    )  # fmt: skip
            except OSError as error:
                why[_why_not(error, seconds)] = None
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name that cannot be one
        why[_why_not(error, seconds)] = None
    raise ConnectionLostError(", ".join(why))


def _why_not(error: OSError | UnicodeError, seconds: float) -> str:
    late = isinstance(error, TimeoutError) and error.errno is None
    return f"no connection within {seconds:g} s" if late else why_lost(error)


async def within(protocol: AmiProtocol, future: asyncio.Future[_T], seconds: float | None, what: str) -> _T:
    """The future's result; raises ConnectionLostError if the connection is lost before, NoAnswerError if time is up."""
    waiting: set[asyncio.Future[_T] | asyncio.Future[str]] = {future, protocol.lost}
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if future.done():
        return future.result()
    if protocol.lost.done():
        raise ConnectionLostError(protocol.lost.result())
    raise NoAnswerError(f"there was no {what} within {seconds:g} s")
