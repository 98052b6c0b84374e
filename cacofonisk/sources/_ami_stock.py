"""Takes stock after a login: asks for the channels and bridges that are there already."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacofonisk.sources._ami_connection import Connection

ACTIONS = ("CoreShowChannels", "Status", "BridgeList")

_log = logging.getLogger("cacofonisk.sources")


class Stock:
    """Asks one server for its channels and bridges, after each login; what is not permitted is said once."""

    def __init__(self) -> None:
        self._said: dict[str, None] = {}

    async def take(self, connection: Connection, server: str) -> str:
        """Ask, until all answers are there; what could be listed, in words. Raises ConnectionLostError."""
        listed: list[str] = []
        refused: list[str] = []
        bridges: list[str] = []
        for action in ACTIONS:
            reply = await connection.ask(action)
            if not reply.done:
                refused.append(f"{action}: {reply.message or 'no reason given'}")
                continue
            count = reply.items[-1].get("ListItems", "") if reply.items else ""
            listed.append(f"{action} {count}".rstrip())
            if action == "BridgeList":
                named = (item.get("BridgeUniqueid") for item in reply.items if item.get("Event") == "BridgeListItem")
                bridges = [bridge for bridge in named if bridge and bridge.isprintable()]
        for bridge in bridges:
            # One that is gone by now answers with an error, which tells as much.
            await connection.ask("BridgeInfo", BridgeUniqueid=bridge)
        for what in refused:
            if what not in self._said:
                self._said[what] = None
                _log.warning("%s: calls that are up already cannot all be seen: it refused %s", server, what)
        if not listed:
            return f"nothing could be listed ({'; '.join(refused)})"
        return "; ".join([", ".join(listed), *(f"refused {what}" for what in refused)])
