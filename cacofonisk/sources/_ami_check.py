"""Finds out what works with one AMI server."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Literal

from cacofonisk.ami_event import LISTS, AmiEvent
from cacofonisk.errors import SourceError
from cacofonisk.sources._ami_connection import Connection
from cacofonisk.sources._ami_finding import Finding
from cacofonisk.sources._ami_protocol import AmiProtocol, ConnectionLostError
from cacofonisk.sources._framing import Framer
from cacofonisk.sources._login import contexts

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.events import Event
    from cacofonisk.sources._login import Login

_CLASSES = {"system": "restarts", "call": "calls", "agent": "queues", "user": "user events"}
_TOO_MUCH = {"Originate": "originate", "Command": "command", "UpdateConfig": "config", "Redirect": "call"}
_TIMEOUT = 10.0
_ADVICE = "does Asterisk run, is `enabled = yes`, are bindaddr and port (tlsbindaddr) right, does permit let us in?"


async def check(login: Login, say: Callable[[Finding], None], *, seconds: float) -> list[Finding]:
    """Log in, look around and at events for some seconds; `say` hears of each finding. Raises SourceError."""
    address, [tls] = login.address, contexts([login])
    findings: list[Finding] = []

    def found(mark: Literal["ok", "missing", "unsure", "note"], what: str, change: str = "") -> None:
        findings.append(Finding(mark, what, change))
        say(findings[-1])

    events: list[Event] = []
    framer = Framer(live=True)
    try:
        connection = await Connection.open(
            address,
            lambda: AmiProtocol(framer, lambda some, _: events.extend(some)),
            tls=tls,
            timeout=_TIMEOUT,
            ping=_TIMEOUT,
        )
    except ConnectionLostError as error:
        found("missing", f"no connection to {address}: {error}", _ADVICE)
        return findings
    except SourceError as error:
        found("missing", str(error), "see user, secret and the permit and deny lines of this user in manager.conf")
        return findings
    try:
        _tell_of_connection(connection, found)
        await _tell_of_actions(connection, found)
        _tell_of_rights(await connection.ask("ListCommands"), found)
        await asyncio.wait({connection.protocol.lost}, timeout=seconds)
        _tell_of_events([event for event in events if isinstance(event, AmiEvent)], seconds, found)
        if connection.protocol.lost.done():
            found("missing", f"the connection was lost: {connection.protocol.lost.result()}")
    except ConnectionLostError as error:
        found("missing", f"the connection was lost: {error}")
    finally:
        connection.close()
        await asyncio.sleep(0)
    return findings


def _tell_of_connection(connection: Connection, found: Callable[..., None]) -> None:
    transport = connection.protocol.transport
    tls = transport.get_extra_info("ssl_object") if transport is not None else None
    found("ok", f"connected and logged in, Asterisk Call Manager/{connection.version}")
    if isinstance(tls, ssl.SSLObject):
        found("ok", f"encrypted with {tls.version()}, the certificate is trusted")
        return
    peer = transport.get_extra_info("peername") if transport is not None else None
    if peer and peer[0] not in ("127.0.0.1", "::1"):
        found("note", "not encrypted: who is on the way reads secret and calls", "tlsenable=yes, and use amis://")


async def _tell_of_actions(connection: Connection, found: Callable[..., None]) -> None:
    for action in LISTS:
        reply = await connection.ask(action)
        if reply.done:
            found("ok", f"{action} is permitted: {reply.items[-1].get('ListItems', '0') if reply.items else 0} listed")
        else:
            found(
                "missing",
                f"{action} is refused ({reply.message}): calls that are up at the login are not all seen",
                "write = reporting",
            )


def _tell_of_rights(reply: object, found: Callable[..., None]) -> None:
    commands = getattr(reply, "headers", {})
    more = sorted({right for command, right in _TOO_MUCH.items() if command in commands})
    if more:
        found("note", f"this user may do more than is needed: {', '.join(more)}", "write = reporting")


def _tell_of_events(events: list[AmiEvent], seconds: float, found: Callable[..., None]) -> None:
    classes: dict[str, int] = {}
    for event in events:
        for name in (event.get("Privilege") or "").lower().split(","):
            classes[name] = classes.get(name, 0) + 1
    stamped = [event for event in events if event.stamp is not None]
    wanted = "read = system,call,agent,user"
    for name, what in _CLASSES.items():
        if name in classes:
            found("ok", f"events of class {name} ({what}) come: {classes[name]} seen")
        elif name == "system":
            found("missing", "events of class system do not come: a restart of the PBX is not seen", wanted)
        elif name == "call":
            found("unsure", f"no call event in {seconds:g} s: make a call while this runs, or see", wanted)
    if classes and not stamped and "call" in classes:
        found("missing", "events have no Timestamp: times are those of receipt", "timestampevents = yes")
    noise = sum(count for name, count in classes.items() if name in ("dialplan", "dtmf", "verbose", "log", "cdr"))
    if noise:
        found("note", f"{noise} events came that nobody needs", wanted)
