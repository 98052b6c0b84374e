"""`cacofonisk outbox`: what a webhook's receiver refused for good, to be seen, sent again or dropped."""

from __future__ import annotations

from pathlib import Path  # typer reads it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from cacofonisk.commands._common import USAGE, complain, harmless, help_without_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.sinks import DeadLetters

outbox = typer.Typer(
    callback=help_without_command, invoke_without_command=True,
    help="See, resend or drop the events that a webhook's receiver refused.",
)  # fmt: skip

File = Annotated[Path, typer.Argument(metavar="FILE", help="The outbox of the sink; it may be in use.")]
Numbers = Annotated[
    list[int] | None, typer.Argument(metavar="[NUMBER]...", help="Which of them, as `list` numbers them.")
]
All = Annotated[bool, typer.Option("--all", help="All of them.")]


@outbox.command(name="list")
def list_(
    file: File,
    json: Annotated[bool, typer.Option("--json", help="JSON lines, with the events themselves.")] = False,
) -> int:
    """List the events that were refused: number, when, status, which event of which call, why."""
    return _with(file, _list_json if json else _list)


@outbox.command()
def resend(file: File, numbers: Numbers = None, all_: All = False) -> int:
    """Send refused events again, with the ids they had, behind what waits."""
    return _some(file, numbers, everything=all_, what="will be sent again", act=lambda dead: dead.resend)


@outbox.command()
def drop(file: File, numbers: Numbers = None, all_: All = False) -> int:
    """Delete refused events for ever."""
    return _some(file, numbers, everything=all_, what="dropped", act=lambda dead: dead.drop)


def _list(dead: DeadLetters) -> int:
    import sys
    from datetime import datetime

    import orjson

    count = 0
    for count, letter in enumerate(dead, 1):  # noqa: B007  # how many there were is told below
        event = orjson.loads(letter.body)
        when = datetime.fromtimestamp(letter.died_at).astimezone().isoformat(" ", "seconds")
        which = f"{event['event']} {event['sequence']} of {event['call_id']} on {event['server']}"
        said = f"{letter.number:>6}  {when}  {letter.status or '-':>3}  {which}  {letter.reason}"
        print(harmless(said, sys.stdout, 8))
    refused = "1 event was" if count == 1 else f"{count} events were"
    waiting = dead.waiting()
    print(f"{refused} refused, {waiting} {'waits' if waiting == 1 else 'wait'} to be sent")
    return 0


def _list_json(dead: DeadLetters) -> int:
    import sys

    import orjson

    from cacofonisk.sinks import visible_json
    from cacofonisk.sinks.stdout.output import StandardOutput

    output = StandardOutput()  # JSON is UTF-8, whatever the locale says
    for letter in dead:
        said = {
            "number": letter.number, "id": letter.id, "queued_at": letter.queued_at, "died_at": letter.died_at,
            "status": letter.status, "reason": letter.reason, "event": orjson.Fragment(letter.body),
        }  # fmt: skip
        line = orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)
        output.write(visible_json(line) if sys.stdout.isatty() else line)
    return 0


def _some(
    file: Path, numbers: list[int] | None, *, everything: bool, what: str,
    act: Callable[[DeadLetters], Callable[[list[int] | None], int]],
) -> int:  # fmt: skip
    if bool(numbers) == everything:
        return complain("name the numbers of some events, or --all", USAGE)

    def do(dead: DeadLetters) -> int:
        count = act(dead)(None if everything else numbers)
        print(f"{count} {'event' if count == 1 else 'events'} {what}")
        return 0 if everything or count == len(set(numbers or ())) else complain("some have no such number", USAGE)

    return _with(file, do)


def _with(file: Path, do: Callable[[DeadLetters], int]) -> int:
    from cacofonisk.errors import SinkError
    from cacofonisk.sinks import DeadLetters

    try:
        with DeadLetters(file) as dead:
            return do(dead)
    except SinkError as error:
        return complain(str(error), USAGE)
