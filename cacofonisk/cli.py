"""The command line; every command is one function here, and imports what it needs when it runs."""

from __future__ import annotations

import errno
import os
import signal
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cacofonisk.commands._common import (
    DAMAGED,
    USAGE,
    Anomalies,
    Format,
    complain,
    help_without_command,
    make_sink,
)
from cacofonisk.commands._only import Only, chosen
from cacofonisk.commands._trunks import Outside, Trunk, trunks_of
from cacofonisk.commands.check import check
from cacofonisk.commands.outbox import outbox
from cacofonisk.commands.record import record
from cacofonisk.commands.run import run
from cacofonisk.commands.schema import schema
from cacofonisk.running import Signals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from rich.progress import Progress

    from cacofonisk.sinks import Sink

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a file says that takes no more; sinks and recordings tell it themselves."""
_LARGE = 8_000_000  # bytes of recordings from which on a progress bar is shown

app = typer.Typer(
    name="cacofonisk", add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,  # plain help comes twice as fast
)  # fmt: skip


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"cacofonisk {version('cacofonisk')}")
        except PackageNotFoundError:
            print("cacofonisk (not installed: run from its source)")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _cacofonisk(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Turns the AMI events of Asterisk into calls: who calls whom, who talks, who transferred whom."""
    help_without_command(context)


@app.command()
def replay(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Recordings: JSON or raw AMI, plain, gzip, zstd; - is standard input."),
    ],
    format: Annotated[  # noqa: A002  # the option is called so
        Format, typer.Option("--format", "-f", help="Lines for people, or JSON lines.")
    ] = Format.text,
    to: Annotated[
        list[str] | None,
        typer.Option(metavar="SINK", help="Where events go: stdout:, stdout:jsonl, file:PATH, https://…; repeatable."),
    ] = None,
    only: Only = None,
    trunk: Trunk = None,
    outside: Outside = None,
    server: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the PBX, else as the recording says, else pbx."),
    ] = None,
    speed: Annotated[
        float | None, typer.Option(metavar="X", help="1: original time, 10: ten times as fast; else at once.")
    ] = None,
    anomalies: Annotated[
        bool, typer.Option("--anomalies", help="Show on standard error what made no sense in the recording.")
    ] = False,
) -> int:
    """Turn recordings of AMI events into call events."""
    from reactivex import operators as ops

    from cacofonisk import sinks, sources
    from cacofonisk.ami_event import WANTED
    from cacofonisk.commands._ending import Ending
    from cacofonisk.commands._live import said_aloud
    from cacofonisk.errors import PipelineError, SinkError
    from cacofonisk.operators import call_events

    if speed is not None and not 0 < speed < float("inf"):
        return complain(f"--speed must be above 0 (1 is original time), not {speed:g}", USAGE)
    patient = speed is None and all(Path(file).is_file() for file in files)
    try:
        kinds = chosen(only)
        rebuild = call_events(trunks=trunks_of(trunk, outside))
        outputs = [make_sink(spec, format, patient=patient, only=kinds) for spec in to or ["stdout:"]]
    except (PipelineError, SinkError) as error:
        return complain(str(error), USAGE)
    odd = Anomalies(show=anomalies)
    delivery = sinks.Delivery(*outputs)
    failures: list[Exception] = []

    with said_aloud(), _Progress(files, outputs) as progress, Signals(delivery.stop) as signals:
        recording = sources.file(*files, server=server, speed=speed, wanted=WANTED, on_progress=progress)
        try:
            delivery.start(recording.pipe(Ending(failures.append), rebuild, ops.do_action(odd)))
        except SinkError as error:
            return complain(str(error), USAGE)
        finally:
            delivery.dispose()
    if delivery.error is not None:
        raise delivery.error
    return _outcome(failures, outputs, odd if delivery.completed else None, signals.exit_status)


for _command in (run, record, check, schema):
    app.command()(_command)
app.add_typer(outbox, name="outbox")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with these arguments (None: the program's own); the exit status."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that the locale has no letters for
    try:
        status = typer.main.get_command(app).main(arguments, prog_name="cacofonisk", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except SystemExit as end:
        # Typer ends so where the reader of its help is gone, which is nobody's failure.
        return end.code if isinstance(end.code, int) and end.code > DAMAGED else 0
    except BrokenPipeError:  # `cacofonisk --version | true`
        _drop_output()
        return 0
    except OSError as error:
        if error.filename is not None or error.errno not in _FULL:
            raise
        _drop_output()
        return complain(f"standard output cannot be written: {os.strerror(error.errno).lower()}", DAMAGED)
    except Exception as error:
        # The base class of usage errors is public in no typer: they are known by what they have.
        said = getattr(error, "format_message", None)
        if said is None:
            raise
        command = getattr(getattr(error, "ctx", None), "command_path", "cacofonisk")
        return complain(f"{said().rstrip('.')}; try '{command} --help'", USAGE)
    return status if isinstance(status, int) else 0


def _drop_output() -> None:
    """What is left in Python's own buffer must not fail again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Progress:
    """A bar on standard error while a large recording is read, where nothing else is shown."""

    def __init__(self, files: Sequence[str], outputs: Sequence[Sink]) -> None:
        from cacofonisk.sinks import StdoutSink

        size = sum(path.stat().st_size for path in map(Path, files) if path.is_file())
        crowded = _is_terminal(sys.stdout) and any(isinstance(sink, StdoutSink) for sink in outputs)
        self._bar: Progress | None = None
        if size >= _LARGE and _is_terminal(sys.stderr) and not crowded:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

            columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)

    def __enter__(self) -> Callable[[int, int], None] | None:
        if self._bar is None:
            return None
        bar = self._bar
        bar.start()
        task = bar.add_task("replay", total=None)
        return lambda done, total: bar.update(task, completed=done, total=total or None)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _outcome(
    failures: Sequence[Exception], outputs: Sequence[Sink], odd: Anomalies | None, interrupted: int | None
) -> int:
    """Say what went wrong, one line each; the exit status."""
    from cacofonisk.sources import DamagedRecordingError

    status = DAMAGED if any(sink.error or sink.undelivered for sink in outputs) else 0
    for error in failures:
        status = complain(str(error), DAMAGED if isinstance(error, DamagedRecordingError) else USAGE)
    if odd is not None and odd.count and not odd.shown:
        some = "1 anomaly" if odd.count == 1 else f"{odd.count} anomalies"
        complain(f"{some} in this recording; --anomalies shows {'it' if odd.count == 1 else 'them'}")
    return status if interrupted is None else interrupted
