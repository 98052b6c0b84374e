"""Live AMI connections as a source of events."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from reactivex import Observable
from reactivex.disposable import Disposable

from cacofonisk.ami_event import AmiEvent
from cacofonisk.errors import SourceError
from cacofonisk.sources._ami_lists import NEEDED, with_lists
from cacofonisk.sources._login import Login, contexts, logins_for

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Container, Sequence

    from reactivex import abc

    from cacofonisk.events import Event
    from cacofonisk.sources._ami_finding import Finding
    from cacofonisk.sources._recorder import Recorder


def ami(
    *urls: str | Login,
    secret: str | None = None,
    server: str | Sequence[str] | None = None,
    wanted: Container[str] | None = NEEDED,
    ca: str | os.PathLike[str] | None = None,
    certificate: str | os.PathLike[str] | None = None,
    key: str | os.PathLike[str] | None = None,
    verify: bool = True,
    resync: bool = True,
    record: Recorder | None = None,
    ping: float = 10.0,
    timeout: float = 10.0,
    retry_first: float = 1.0,
    retry_most: float = 60.0,
    buffer: int = 32 << 20,
    random: Callable[[], float] = random.random,
) -> Observable[Event]:
    """Receive the AMI events of one or several Asterisk servers, live, as one stream.

    `urls` are like `ami://user:secret@host:5038`, or `amis://` for TLS. `secret` is used for
    those that hold none. `server` names the server, or each in turn (None: its `systemname`, else its host).
    A `Login` in place of a URL has all of these, and the files for TLS, of its own.
    `wanted` holds the names of the events to emit (None: all; else those that `call_events` needs); the lists of
    channels and bridges always are.
    TLS is verified with the system's authorities or the file `ca`, unless `verify` is False; `certificate` and
    `key` are files of our own. After each login the live channels and bridges are listed, unless `resync` is
    False. `record` writes down what is received.

    A ping is sent every `ping` seconds; when nothing came for so long the connection is given up. Connecting,
    greeting and login have `timeout` seconds each. A lost server is tried again for ever, after `retry_first`
    seconds and then ever longer, up to `retry_most`; `random` (0 to 1) spreads the tries. Up to `buffer` bytes
    a server wait for slow subscribers.

    Emits AmiEvent values, Anomaly values for what makes no sense, and SourceEvent values: `connected`, `lost`,
    `resynced` after the lists, `gap` where events were dropped. Ends with SourceError when the login is
    refused; of several servers the others go on, until none is left. Raises SourceError for a URL or file that
    is of no use. Subscribe where an asyncio loop runs; each subscription has connections of its own.
    """
    # Here, not above: who replays a file does not wait for asyncio, ssl and panoramisk to be loaded.
    from cacofonisk.sources._ami_server import Settings
    from cacofonisk.sources._ami_servers import Servers, running_loop

    if not urls:
        raise SourceError("ami() needs at least one URL, as in ami://user:secret@host:5038")
    shared = {"secret": secret, "ca": ca, "certificate": certificate, "key": key, "verify": verify}
    logins = logins_for(urls, [server] if isinstance(server, str) else server or (), shared)
    if record is not None and record.raw and len(urls) > 1:
        raise SourceError(
            f"{record.path} would hold raw bytes of several servers, which nobody can tell apart: "
            "record JSON lines, as in calls.jsonl.gz"
        )
    names_wanted = with_lists(wanted)
    settings = [
        Settings(
            wanted=None if record is not None and not record.raw else names_wanted,
            ping=ping,
            timeout=timeout,
            retry_first=retry_first,
            retry_most=retry_most,
            buffer=buffer,
            resync=resync,
            random=random,
            tap=record.begin_bytes if record is not None and record.raw else None,
            tls=tls,
        )
        for tls in contexts(logins)
    ]

    flush = None if record is None else record.flush

    def subscribe(
        observer: abc.ObserverBase[Event],
        scheduler: abc.SchedulerBase | None = None,  # noqa: ARG001  # asyncio's
    ) -> abc.DisposableBase:
        loop = running_loop()
        if loop is None:
            observer.on_error(SourceError("sources.ami needs a running asyncio loop: subscribe in a coroutine"))
            return Disposable()
        push = observer.on_next if record is None else _recorded(record, names_wanted, observer.on_next)
        servers = Servers(loop, logins, settings, push, observer.on_error, flush)
        return Disposable(servers.stop)

    return Observable(subscribe)


def _recorded(
    record: Recorder, wanted: Container[str] | None, push: Callable[[Event], None]
) -> Callable[[Event], None]:
    """Write every event down, hand the wanted ones on."""

    def take(event: Event) -> None:
        record.take(event)
        if wanted is None or event.__class__ is not AmiEvent or event.name in wanted:
            push(event)

    return take


async def check_ami(
    url: str | Login, say: Callable[[Finding], None], *, secret: str | None = None, seconds: float = 5.0
) -> list[Finding]:
    """Log in to an AMI server, look around and at its events for some seconds; `say` hears of each finding.

    `url` is as for `ami`, a `Login` where files for TLS are needed. Raises SourceError for one that is of no use.
    """
    from cacofonisk.sources._ami_check import check

    return await check(url if isinstance(url, Login) else Login(url, secret=secret), say, seconds=seconds)
