"""`cacofonisk record`: writes down all that a live server says, to be replayed later."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from cacofonisk.commands._common import USAGE, complain
from cacofonisk.commands.run import Ca, Certificate, Key, SecretFile  # noqa: TC001  # typer reads them

if TYPE_CHECKING:
    from collections.abc import Callable


def record(
    url: Annotated[str, typer.Argument(metavar="URL", help="ami://user@host:5038, or amis:// for TLS.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="JSON lines; raw bytes if it is called .ami; gzip if .gz."),
    ],
    secret_file: SecretFile = None,
    server: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the PBX in the recording.")] = None,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> int:
    """Append every AMI event of a PBX to a recording, until Ctrl-C."""
    import asyncio
    from functools import partial

    from cacofonisk import sources
    from cacofonisk.commands._live import find_secret, said_aloud, status_of, until_signal
    from cacofonisk.commands._sighup import UnmovedBySighup
    from cacofonisk.errors import SourceError

    failures: list[Exception] = []
    with said_aloud(), UnmovedBySighup() as sighup:
        try:
            secret = find_secret([url], secret_file)
            follow = partial(sources.ami, url, secret=secret, server=server, ca=ca, certificate=certificate, key=key)
            follow()  # what is wrong with it is said before there is a file
            recorder = sources.Recorder(output, on_failure=failures.append)
            source = follow(record=recorder)
        except SourceError as error:
            return complain(str(error), USAGE)

        def start(ended: Callable[[], None]) -> Callable[[], None]:
            def fail(error: Exception) -> None:
                failures.append(error)
                ended()

            recorder.on_failure = fail
            return source.subscribe(on_error=fail).dispose

        try:
            interrupted = asyncio.run(until_signal(start, sighup))
        finally:
            recorder.close()
    for failure in failures:
        complain(str(failure))
    return status_of(failures) or interrupted or 0
