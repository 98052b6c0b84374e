"""Takes stock after a login: asks for the channels and bridges that are there already."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cacofonisk.ami_event import LISTS
from cacofonisk.sources._ami_connection import NoAnswerError

if TYPE_CHECKING:
    from cacofonisk.sources._ami_connection import Connection

_log = logging.getLogger("cacofonisk.sources")


class Stock:
    """Asks one server for its channels and bridges, after each login; what cannot be listed is said once."""

    def __init__(self) -> None:
        self._said: dict[str, None] = {}
        self._unanswered: dict[str, None] = {}

    async def take(self, connection: Connection, server: str) -> str:
        """Ask, until all answers are there; what could be listed, in words. Raises ConnectionLostError.

        It does so, too, where a list does not come: a new connection may be luckier. One that does not come there
        either is done without, as one that is refused.
        """
        listed: list[str] = []
        missing: list[str] = []
        for action in LISTS:
            try:
                reply = await connection.ask(action)
            except NoAnswerError as error:
                if action not in self._unanswered:
                    self._unanswered[action] = None
                    raise
                missing.append(str(error))
                continue
            self._unanswered.pop(action, None)
            if not reply.done:
                missing.append(f"it refused {action}: {reply.message or 'no reason given'}")
                continue
            count = reply.items[-1].get("ListItems", "") if reply.items else ""
            listed.append(f"{action} {count}".rstrip())
        for what in missing:
            if what not in self._said:
                self._said[what] = None
                _log.warning("%s: calls that are up already cannot all be seen: %s", server, what)
        if not listed:
            return f"nothing could be listed: {'; '.join(missing)}"
        return "; ".join([", ".join(listed), *missing])
