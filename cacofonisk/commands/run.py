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


Config = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="All of it in a file instead: PBXs, their secrets, sinks; see docs/service.md."),
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

NO_PBX = "name a PBX, as in ami://user@host:5038, or a file that does with --config FILE"


def run(
    context: typer.Context,
    urls: Annotated[
        list[str] | None,
        typer.Argument(metavar="URL", help="ami://user@host:5038, or amis:// for TLS; several PBXs at once."),
    ] = None,
    config: Config = None,
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

    from reactivex import operators as ops

    from cacofonisk import sinks, sources
    from cacofonisk.commands._config import read_config
    from cacofonisk.commands._ending import Ending
    from cacofonisk.commands._live import find_secret, said_aloud, status_of, until_signal
    from cacofonisk.commands._plan import Plan
    from cacofonisk.commands._sighup import UnmovedBySighup
    from cacofonisk.errors import CacofoniskError, SinkError, SourceError
    from cacofonisk.operators import call_events

    failures: list[Exception] = []

    def fail_to_record(error: SourceError) -> None:
        failures.append(error)
        complain(f"{error}; the recording ends here, call events go on")

    def fail(error: SourceError) -> None:
        failures.append(error)
        complain(str(error))

    if config is not None and (more := given(context, "config")):
        return complain(f"--config says it all: put {more} into {config}", USAGE)
    if config is None and not urls:
        return complain(NO_PBX, USAGE)
    with said_aloud(), UnmovedBySighup() as sighup:
        recorder: sources.Recorder | None = None
        try:
            if config is not None:
                _, plan = read_config(config)
            else:
                kinds = chosen(only)
                plan = Plan(
                    source=partial(
                        sources.ami,
                        *urls or (),
                        secret=find_secret(urls or (), secret_file),
                        server=server or None,
                        ca=ca,
                        certificate=certificate,
                        key=key,
                    ),
                    outputs=[make_sink(spec, format, patient=False, only=kinds) for spec in to or ["stdout:"]],
                    trunks=trunks_of(trunk, outside),
                    record=record,
                    anomalies=anomalies,
                )
            source = plan.source()
            if plan.record is not None:
                recorder = sources.Recorder(plan.record, on_failure=fail_to_record)
                source = plan.source(record=recorder)
        except CacofoniskError as error:
            return complain(str(error), USAGE)
        delivery, ending = sinks.Delivery(*plan.outputs), Ending(fail)
        calls = source.pipe(ending, call_events(trunks=plan.trunks), ops.do_action(Anomalies(show=plan.anomalies)))

        def start(ended: Callable[[], None]) -> Callable[[], None]:
            delivery.start(calls.pipe(ops.finally_action(ended)))
            return ending.end

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
    failed = any(sink.error for sink in plan.outputs)
    return interrupted if interrupted is not None else DAMAGED if failed else 0


def given(context: typer.Context, *but: str) -> str:
    """What was said on the command line, as it is written there, but for some options."""
    said = []
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if name not in but and source is not None and source.name == "COMMANDLINE":
            said.append(parameter.opts[0] if parameter.param_type_name == "option" else "the URL")
    return " and ".join(said)
