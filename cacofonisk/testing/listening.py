"""Ending a server of asyncio so that no connection outlives it unseen."""

from __future__ import annotations

import asyncio


async def stop_listening(server: asyncio.Server) -> None:
    """Accept no more; what was accepted until now is handed to the server's callback as ever."""
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        loop.remove_reader(listening.fileno())
    # What was accepted in this turn of the loop gets a transport in the next one. After close() asyncio (3.11)
    # cannot give it one any more, and forgets its socket without closing it.
    await asyncio.sleep(0)
    server.close()
