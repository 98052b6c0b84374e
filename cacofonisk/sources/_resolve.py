"""Looks host names up, each in a thread of its own: a name server that does not answer holds nobody else up."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from contextlib import suppress

Place = tuple[socket.AddressFamily, str]
"""The family of an IP address, and the address."""


async def resolve(host: str, port: int) -> list[Place]:
    """The IP addresses of a host, in the order in which to try them; raises OSError or UnicodeError.

    Not in the loop's own threads: those are few, and a program that ends waits for them.
    """
    with suppress(ValueError):
        is_6 = ipaddress.ip_address(host).version == 6
        return [(socket.AF_INET6 if is_6 else socket.AF_INET, host)]
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[Place]] = loop.create_future()

    def settle(places: list[Place], error: Exception | None) -> None:
        if found.done():
            return  # nobody waits any more
        if error is None:
            found.set_result(places)
        else:
            found.set_exception(error)

    def look_up() -> None:
        places: list[Place] = []
        failure: Exception | None = None
        try:
            for family, _, _, _, where in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                places.append((family, str(where[0])))
        except Exception as error:  # noqa: BLE001  # whatever it is, who waits is told
            failure = error
        with suppress(RuntimeError):  # the loop is closed: the program has ended
            loop.call_soon_threadsafe(settle, places, failure)

    threading.Thread(target=look_up, name=f"cacofonisk: address of {host}", daemon=True).start()
    return await found
