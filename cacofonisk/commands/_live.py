"""What the commands for live servers have in common: the secret, signals, and what is said meanwhile."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cacofonisk.commands._common import DAMAGED, PROGRAM, USAGE, say
from cacofonisk.errors import SourceError
from cacofonisk.sources._ami_url import read_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from cacofonisk.commands._sighup import UnmovedBySighup

ENVIRONMENT = "CACOFONISK_SECRET"


def status_of(failures: Sequence[Exception]) -> int:
    """The exit status of what failed: USAGE where a login was refused, for who starts it again is refused again."""
    from cacofonisk.sources import LoginRefusedError

    if not failures:
        return 0
    return USAGE if any(isinstance(failure, LoginRefusedError) for failure in failures) else DAMAGED


def find_secret(urls: Sequence[str], path: Path | None) -> str | None:
    """The secret for URLs that hold none: from the file, else from the environment; raises SourceError.

    It does so first for a URL that makes no sense: whoever wrote it should not look for a secret in vain.
    """
    for url in urls:
        read_url(url, "that of another place")
    within = [_holds_secret(url) for url in urls]
    if any(within):
        logging.getLogger("cacofonisk").warning(
            "the secret in the URL can be seen in the list of processes: better use --secret-file or %s", ENVIRONMENT
        )
    if path is None:
        secret = os.environ.get(ENVIRONMENT) or None
        if secret is None and not all(within):
            raise SourceError(f"no secret: put it into the environment as {ENVIRONMENT}, or use --secret-file")
        return secret
    return secret_in(path)


def secret_in(path: Path) -> str:
    """The secret that is the first line of a file; raises SourceError."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeError) as error:
        why = (getattr(error, "strerror", None) or "it is no text").lower()
        raise SourceError(f"{path} cannot be read: {why}") from None
    if not lines or not lines[0]:
        raise SourceError(f"{path} is empty: its first line should be the secret")
    return lines[0]


def _holds_secret(url: str) -> bool:
    user, at, _ = url.partition("://")[2].partition("@")
    return bool(at) and ":" in user


@contextmanager
def said_aloud() -> Iterator[None]:
    """What the sources log is shown on standard error, one line each."""
    log = logging.getLogger("cacofonisk")
    before = log.level
    handler = _Aloud()
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


class _Aloud(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Say it in one line; where the log has one, the traceback of a bug below it."""
        try:
            lines = [f"{PROGRAM}{record.getMessage()}"]
            if record.exc_info:
                lines += logging.Formatter().formatException(record.exc_info).splitlines()
        except Exception:  # noqa: BLE001  # so every handler does: who logs a thing goes on
            self.handleError(record)
            return
        for line in lines:
            say(line)


async def until_signal(
    start: Callable[[Callable[[], None]], Callable[[], None]], sighup: UnmovedBySighup
) -> int | None:
    """Let something go on until it ends by itself or a signal comes; the exit status that the signal makes.

    `start(ended)` starts it and gives what stops it. A second signal ends the program at once.
    """
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    status: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)

    def handle(number: int) -> None:
        status.append(128 + number)
        for each in numbers:
            loop.remove_signal_handler(each)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        over.set()

    for number in numbers:
        loop.add_signal_handler(number, handle, number)
    sighup.ended = lambda: loop.call_soon_threadsafe(handle, signal.SIGHUP)
    try:
        stop = start(over.set)
        await over.wait()
        stop()
        await asyncio.sleep(0)  # sockets are closed in the loop's next turn
    finally:
        sighup.ended = None
        if not status:
            for number in numbers:
                loop.remove_signal_handler(number)
    return status[0] if status else None
