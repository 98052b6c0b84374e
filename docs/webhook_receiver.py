"""A receiver of webhooks as it should be: it believes signed requests only, and counts no event twice.

Run it with `WEBHOOK_SECRET=whsec_… python webhook_receiver.py`, then send events to it with
`CACOFONISK_WEBHOOK_SECRET=whsec_… cacofonisk replay monday.jsonl.gz --to http://localhost:8080/`.
It needs the package standardwebhooks; the same exists for most other languages.
"""

from __future__ import annotations

import json
import os
import sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

from standardwebhooks import Webhook, WebhookVerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST = 10_000_000  # bytes of a request


class Hook:
    """Verifies requests and hands on each event once, with its id."""

    def __init__(self, secret: str, database: sqlite3.Connection, on_event: Callable[[str, dict[str, object]], None]):
        self._webhook = Webhook(secret)
        self._database = database
        self._on_event = on_event
        database.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)")  # to be emptied of old ones

    def receive(self, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer to a request: 2xx only when its events are safe."""
        try:
            # The signature covers the very bytes, and the time, so that nobody can play an old request again.
            said = self._webhook.verify(body, dict(headers))
        except (WebhookVerificationError, ValueError):
            return 401
        events = said if isinstance(said, list) else [{"id": headers["webhook-id"], **said}]
        for event in events:
            # Both or neither: a crash in between must not make us believe that we had it.
            with self._database:
                new = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (event["id"],)).rowcount
                if new:
                    self._on_event(event["id"], event)
        return 204


def serve(hook: Hook, port: int = 8080) -> HTTPServer:
    """A server of one thread: it closes each connection behind its answer, so that nobody waits for it in vain."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = hook.receive(headers, self.rfile.read(length)) if 0 < length <= LONGEST else 413
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

    return HTTPServer(("localhost", port), Handler)


def main() -> None:
    """Print what comes."""

    def show(_id: str, event: dict[str, object]) -> None:
        print(json.dumps(event), flush=True)  # JSON keeps what callers call themselves from playing with the terminal

    serve(Hook(os.environ["WEBHOOK_SECRET"], sqlite3.connect("seen.sqlite"), show)).serve_forever()


if __name__ == "__main__":
    main()
