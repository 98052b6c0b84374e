"""What the tests of webhooks have in common."""

from __future__ import annotations

import ssl
import subprocess
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from reactivex import from_iterable

from cacofonisk import events, sinks

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from cacofonisk.events import Event
    from tests.webhook_receiver import Receiver


SECRET, OTHER = "whsec_c2VjcmV0LW9mLTI0LWJ5dGVzLW9yLW1vcmU=", "whsec_YW5vdGhlci1zZWNyZXQtb2YtMjQtYnl0ZXM="


def hold(sequence: int, call: str | None = "1.1", name: str = "Alice") -> events.Hold:
    party = events.Party("PJSIP/201-1", "1.201", "201", name, "", True, "202")
    time = "2026-11-22T12:19:48.426123Z"
    return events.Hold(call_id=call, server="pbx 1", time=time, sequence=sequence, by=party)


def send(receiver: Receiver, outbox: Path, values: list[Event], **options: Any) -> sinks.HttpSink:
    """Send all of this, wait until it is settled."""
    sink = sinks.http(receiver.url, outbox=outbox, **{"first_wait": 0.01, "most_wait": 0.05, **options})
    from_iterable(values).subscribe(sink)
    return sink


def logged(caplog: pytest.LogCaptureFixture, text: str) -> None:
    """Wait until this was logged, by whatever thread."""
    for _ in range(3000):
        if text in caplog.text:
            return
        time.sleep(0.01)  # a log record is no event that can be awaited
    raise AssertionError(f"{text!r} is not in {caplog.text!r}")


def dead(outbox: Path) -> list[sinks.DeadLetter]:
    with sinks.DeadLetters(outbox) as letters:
        return list(letters)


def waiting(outbox: Path) -> int:
    with sinks.DeadLetters(outbox) as letters:
        return letters.waiting()


class Tls(NamedTuple):
    """An authority of one's own, and how a server proves that it is localhost."""

    authority: Path
    server: ssl.SSLContext


def own_tls(folder: Path) -> Tls:
    """An authority that trusts nobody but a server on localhost."""

    def openssl(*arguments: str | Path) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=our own authority", "-days", "2")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "server.ext").write_text("subjectAltName=DNS:localhost")
    openssl(
        "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
        "-extfile", "server.ext", "-out", "server.pem",
    )  # fmt: skip
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(folder / "server.pem", folder / "server.key")
    return Tls(folder / "ca.pem", server)
