"""`cacofonisk run`: call events of live servers, as they happen."""

from __future__ import annotations

from pathlib import Path  # typer reads it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from cacofonisk.commands._common import DAMAGED, USAGE, Anomalies, Format, complain, make_sink
from cacofonisk.commands._only import Only, chosen
from cacofonisk.commands._trunks import Outside, Trunk, trunks_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable

    from cacofonisk.events import Event

Urls = Annotated[
    list[str], typer.Argument(metavar="URL", help="ami://user@host:5038, or amis:// for TLS; several PBXs at once.")
]
SecretFile = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="File whose first line is the secret; else $CACOFONISK_SECRET."),
]
Servers = Annotated[
    list[str] | None,
    typer.Option("--server", metavar="NAME", help="Name of each PBX in turn, else its systemname, else its host."),
]
Ca = Annotated[Path | None, typer.Option(metavar="PATH", help="Trust these authorities alone (TLS).")]
Certificate = Annotated[Path | None, typer.Option(metavar="PATH", help="Our own certificate (TLS).")]
Key = Annotated[Path | None, typer.Option(metavar="PATH", help="The key of our own certificate (TLS).")]


def run(
    urls: Urls,
    to: Annotated[
        list[str] | None,
        typer.Option(metavar="SINK", help="Where events go: stdout:, stdout:jsonl, file:PATH, https://…; repeatable."),
    ] = None,
    format: Annotated[  # noqa: A002  # the option is called so
        Format, typer.Option("--format", "-f", help="Lines for people, or JSON lines.")
    ] = Format.text,
    only: Only = None,
    trunk: Trunk = None,
    outside: Outside = None,
    secret_file: SecretFile = None,
    server: Servers = None,
    record: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also record what is received: replay gives the same call events."),
    ] = None,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
    anomalies: Annotated[bool, typer.Option("--anomalies", help="Show on standard error what makes no sense.")] = False,
) -> int:
    """Follow live PBXs and give their call events, until Ctrl-C."""
    import asyncio
    from functools import partial

    from reactivex import empty
    from reactivex import operators as ops

    from cacofonisk import sinks, sources
    from cacofonisk.commands._live import find_secret, said_aloud, status_of, until_signal
    from cacofonisk.commands._sighup import UnmovedBySighup
    from cacofonisk.errors import PipelineError, SinkError, SourceError
    from cacofonisk.operators import call_events

    failures: list[Exception] = []

    def fail_to_record(error: SourceError) -> None:
        failures.append(error)
        complain(f"{error}; the recording ends here, call events go on")

    def end_well(error: Exception, _source: Observable[Event]) -> Observable[Event]:
        if not isinstance(error, SourceError):
            raise error
        failures.append(error)
        complain(str(error))
        return empty()

    with said_aloud(), UnmovedBySighup() as sighup:
        recorder: sources.Recorder | None = None
        try:
            choose = chosen(only)
            rebuild = call_events(trunks=trunks_of(trunk, outside))
            outputs = [make_sink(spec, format, patient=False) for spec in to or ["stdout:"]]
            secret = find_secret(urls, secret_file)
            follow = partial(sources.ami, *urls, secret=secret, server=server, ca=ca, certificate=certificate, key=key)
            source = follow()
            if record is not None:
                recorder = sources.Recorder(record, on_failure=fail_to_record)
                source = follow(record=recorder)
        except (PipelineError, SinkError, SourceError) as error:
            return complain(str(error), USAGE)
        delivery = sinks.Delivery(*outputs)
        calls = source.pipe(ops.catch(end_well), rebuild, ops.do_action(Anomalies(show=anomalies)), choose)

        def start(ended: Callable[[], None]) -> Callable[[], None]:
            delivery.start(calls.pipe(ops.finally_action(ended)))
            return delivery.dispose

        try:
            interrupted = asyncio.run(until_signal(start, sighup))
        except SinkError as error:
            return complain(str(error), USAGE)
        finally:
            delivery.dispose()
            if recorder is not None:
                recorder.close()
    if delivery.error is not None:
        raise delivery.error
    if failures:
        return status_of(failures)
    failed = any(sink.error for sink in outputs)
    return interrupted if interrupted is not None else DAMAGED if failed else 0
