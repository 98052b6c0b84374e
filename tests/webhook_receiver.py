"""A receiver of webhooks as bad as a test wants it, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import threading
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable
    from typing import Self

_GONE = 0.1  # seconds that a restart takes


class Receiver:
    """Takes what is posted to `url`; `events` are the ids and bodies that it has answered with 2xx.

    Of its requests it answers the share of `errors` with 503, `hangs` never, and `drops` it cuts off; after
    every `restart_every` requests it is gone for a moment. `answer` instead decides on each request.
    """

    def __init__(
        self, *, errors: float = 0.0, hangs: float = 0.0, drops: float = 0.0, restart_every: int = 0, seed: int = 0,
        answer: Callable[[web.Request, int], Awaitable[web.StreamResponse | None]] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self.events: list[tuple[str, bytes]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.connections: set[object] = set()
        self.requests = self.failed = 0
        self._shares = (errors, hangs, drops)
        self._restart_every = restart_every
        self._chance = random.Random(seed)  # noqa: S311  # not for secrets
        self._answer = answer
        self._tls = tls
        self._changed = threading.Condition()
        # Bound all the time, so that nobody else is given the port while a restart takes its moment.
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind(("127.0.0.1", 0))
        self.port = self._reserved.getsockname()[1]
        self._socket = socket.create_server(("127.0.0.1", self.port))
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}/hook?token=t0ken"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._ready = threading.Event()
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def wait_for_requests(self, count: int) -> None:
        """Until it has seen so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.requests >= count, 30), self.requests

    def wait_for_distinct(self, count: int, what: bytes = b"") -> None:
        """Until it has taken so many different events with this in them."""
        with self._changed:
            assert self._changed.wait_for(lambda: len({id_ for id_, body in self.events if what in body}) >= count, 30)

    def wait_for_events(self, count: int) -> list[tuple[str, bytes]]:
        """The first so many that it took."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.events) >= count, 30), self.events
            return self.events[:count]

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        self._over = asyncio.Event()
        self._restart = asyncio.Event()
        self._forever = asyncio.Event()
        while not self._over.is_set():
            application = web.Application(client_max_size=1 << 26)
            application.router.add_route("*", "/{tail:.*}", self._handle)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            self._restart.clear()
            site = web.SockSite(runner, self._socket, ssl_context=self._tls)
            await site.start()
            self._ready.set()
            waits = [asyncio.ensure_future(each.wait()) for each in (self._over, self._restart)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            self._forever.set()
            await runner.cleanup()  # it closes the socket, too: who knocks now is refused
            self._forever.clear()
            if not self._over.is_set():
                await asyncio.sleep(_GONE)
                self._socket = socket.create_server(("127.0.0.1", self.port))
        self._socket.close()
        self._reserved.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        number = self._count(request)
        if self._restart_every and number % self._restart_every == 0:
            self._restart.set()
        body = await request.read()
        self.bodies.append(body)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if self._answer is not None:
            answer = await self._answer(request, number)
            if answer is not None:
                return answer
        chance, (errors, hangs, drops) = self._chance.random(), self._shares
        if chance < errors + hangs + drops:
            self.failed += 1
            if chance < hangs:
                await self._forever.wait()
            elif chance < hangs + drops:
                with contextlib.suppress(AttributeError):  # it may be gone already
                    request.transport.abort()  # type: ignore[union-attr]  # as just said
            return web.Response(status=503)
        self._take(request.headers["webhook-id"], body)
        return web.Response(status=204)

    def _count(self, request: web.Request) -> int:
        self.connections.add(request.transport)
        with self._changed:
            self.requests += 1
            self._changed.notify_all()
            return self.requests

    def _take(self, id_: str, body: bytes) -> None:
        with self._changed:
            if body.startswith(b"["):
                for event in orjson.loads(body):
                    self.events.append((event.pop("id"), orjson.dumps(event)))
            else:
                self.events.append((id_, body))
            self._changed.notify_all()
