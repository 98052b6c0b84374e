"""Call events to a URL: none is lost, each comes at least once, those of a call in their order."""

from __future__ import annotations

import atexit
import logging
import time
from typing import TYPE_CHECKING

from cacofonisk.errors import SinkError
from cacofonisk.events import CallEvent
from cacofonisk.sinks._sink import Sink, is_in_loop
from cacofonisk.sinks.http.letter import Letter
from cacofonisk.sinks.http.options import HttpOptions, secrets_in

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from cacofonisk.events import Event
    from cacofonisk.sinks._sink import OnFailure
    from cacofonisk.sinks.http.body import Envelope
    from cacofonisk.sinks.http.courier import Courier
    from cacofonisk.sinks.http.options import Sync
    from cacofonisk.sinks.http.outbox import Outbox
    from cacofonisk.sinks.http.writer import OutboxWriter

_IN_MEMORY = 10_000  # events that wait for a disk in trouble; then the sink ends with an error
_PATIENCE = 10.0  # seconds without progress that a caller without an event loop waits for such a disk
_log = logging.getLogger("cacofonisk.sinks")


class HttpSink(Sink):
    """Stores each call event in an outbox on disk, from where a thread of its own posts it to a URL.

    What `on_next` has returned from outlives the process, however it ends; it never waits for the receiver. `flush`
    returns when all events so far would also outlive a power cut.
    """

    never_waits = True

    def __init__(self, options: HttpOptions, *, on_failure: OnFailure | None = None) -> None:
        super().__init__(on_failure=on_failure)
        self.options = options
        self._drain = options.drain
        self._outbox: Outbox | None = None
        self._writer: OutboxWriter | None = None
        self._courier: Courier | None = None

    def __repr__(self) -> str:
        return f"HttpSink({self.options.receiver!r}, outbox={str(self.options.outbox_path)!r})"

    def open(self) -> None:
        """Open the outbox and start to send what an earlier run left in it; raises SinkError."""
        try:
            from cacofonisk.sinks.http.courier import Courier
            from cacofonisk.sinks.http.outbox import Outbox
            from cacofonisk.sinks.http.writer import OutboxWriter
        except ModuleNotFoundError as error:
            raise SinkError(f"webhooks need {error.name}: pip install 'cacofonisk[http]'") from None
        options = self.options
        tls = options.tls()
        if tls is None and not options.is_local:
            _log.warning("events go to %s in the clear: better use https", options.receiver)
        options.make_folder()
        courier: Courier
        outbox = self._outbox = Outbox(options.outbox_path, max_size=options.max_size)
        self._writer = OutboxWriter(outbox, most=_IN_MEMORY, patience=_PATIENCE, synced=lambda: courier.wake())
        courier = self._courier = Courier(options, outbox, self._writer, tls)
        courier.start()
        atexit.register(self._at_exit)

    def write(self, event: Event) -> None:
        """Take a call event; other values pass unseen. Raises SinkError when no more can be stored."""
        if isinstance(event, CallEvent) and self._writer is not None:
            try:
                self._writer.put(Letter.of(event, time.time()), may_wait=not is_in_loop())
                if self.options.sync == "each":
                    self._writer.flush()
            except SinkError:
                self._drain = 0.0  # the end comes midway: whoever calls should not have to wait for it
                raise

    def flush(self) -> None:
        """Wait until all events so far are on disk; raises SinkError if the disk does not take them."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Give the receiver some time to take what is left, then close the outbox."""
        left, why = 0, ""
        atexit.unregister(self._at_exit)
        if self._courier is not None:
            self._courier.stop(self._drain, patient=self.completed)
            self.undelivered = self._courier.refused
            if self._courier.trouble:
                why = f", as {self.options.receiver} takes none: {self._courier.trouble}"
        if self._writer is not None:
            self._writer.close()
        if self._outbox is not None:
            left = self._outbox.count()
            self.undelivered += left
            self._outbox.close()
        if self._courier is not None and self._courier.error is not None:
            raise self._courier.error
        if left:
            _log.warning(
                "%d %s in %s%s; the next start sends them first",
                left, "event waits" if left == 1 else "events wait", self.options.outbox_path, why,
            )  # fmt: skip

    def _at_exit(self) -> None:
        """A program that ends without a word still tells what could not be stored."""
        self._drain = 0.0
        self.dispose()


def http(
    url: str,
    *,
    outbox: str | os.PathLike[str] | None = None,
    secret: str | Sequence[str] | None = None,
    secret_file: str | os.PathLike[str] | None = None,
    headers: Mapping[str, str] | None = None,
    envelope: Envelope = "none",
    batch: int = 1,
    concurrency: int = 8,
    timeout: float = 15.0,
    first_wait: float = 0.5,
    most_wait: float = 300.0,
    give_up: float = 7 * 86400.0,
    drain: float = 10.0,
    sync: Sync = "group",
    max_size: int = 1 << 30,
    ca: str | os.PathLike[str] | None = None,
    certificate: str | os.PathLike[str] | None = None,
    key: str | os.PathLike[str] | None = None,
    on_failure: OnFailure | None = None,
) -> HttpSink:
    """A sink that posts call events to `url`, through an outbox on disk; raises SinkError.

    `outbox` is a file of this sink's own, by default one among the user's state. `secret` signs requests as
    Standard Webhooks do; several while one is replaced by another. `secret_file` is where they stand instead, one
    a line. `headers` are sent with each request.
    `envelope` none or cloudevents; up to `batch` events in a request (1: no array); `concurrency` requests at
    once. Seconds: `timeout` of a request; `first_wait` before the second try, doubling up to `most_wait`;
    `give_up` after the first try an event becomes a dead letter; `drain` that closing may take without a success.
    `sync` each makes every event wait for the disk; with group it writes some milliseconds later all that has come,
    which a power cut, and nothing else, may take. `max_size` bounds the outbox, in bytes. `ca` is trusted instead
    of the system's authorities, `certificate` and `key` are our own.
    """
    if secret_file is not None:
        if secret is not None:
            raise SinkError("a webhook has a secret or a secret_file, not both")
        secret = secrets_in(secret_file)
    options = HttpOptions(
        url=url, outbox=outbox, secret=secret, headers=dict(headers or {}), envelope=envelope, batch=batch,
        concurrency=concurrency, timeout=timeout, first_wait=first_wait, most_wait=most_wait, give_up=give_up,
        drain=drain, sync=sync, max_size=max_size, ca=ca, certificate=certificate, key=key,
    )  # fmt: skip
    sink = HttpSink(options, on_failure=on_failure)
    try:
        sink.start()  # now, not with the first call: whoever wrote the path learns of a mistake at once
    except SinkError:
        sink.dispose()
        raise
    return sink
