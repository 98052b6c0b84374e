"""`cacofonisk outbox`: what a webhook's receiver refused for good, to be seen, sent again or dropped."""

from __future__ import annotations

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

_OUTBOX = "The file of an outbox, or the webhook as --to names it; it may be in use."
Place = Annotated[str, typer.Argument(metavar="OUTBOX", help=_OUTBOX)]
Numbers = Annotated[list[int] | None, typer.Argument(metavar="NUMBER", help="Which of them, as `list` numbers them.")]
All = Annotated[bool, typer.Option("--all", help="All of them.")]


@outbox.command(name="list")
def list_(
    place: Annotated[
        str | None, typer.Argument(metavar="OUTBOX", help=f"{_OUTBOX} Without it: which outboxes there are.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON lines, with the events themselves.")] = False,
) -> int:
    """List the events that were refused: number, when, status, which event of which call, why."""
    if place is None:
        return complain("--json is for one OUTBOX: name it", USAGE) if json else _list_outboxes()
    return _with(place, _list_json if json else _list)


@outbox.command()
def resend(place: Place, numbers: Numbers = None, all_: All = False) -> int:
    """Send refused events again, with the ids they had, behind what waits."""
    return _some(place, numbers, everything=all_, what="will be sent again", act=lambda dead: dead.resend)


@outbox.command()
def drop(place: Place, numbers: Numbers = None, all_: All = False) -> int:
    """Delete refused events for ever."""
    return _some(place, numbers, everything=all_, what="dropped", act=lambda dead: dead.drop)


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
    print(_counts(count, dead.waiting()))
    return 0


def _list_outboxes() -> int:
    """Those whose place nobody has chosen."""
    import sys

    from cacofonisk.errors import SinkError
    from cacofonisk.sinks import DeadLetters
    from cacofonisk.sinks.http.options import outbox_folder

    status = 0
    try:
        folder = outbox_folder()
        paths = sorted(folder.glob("*.outbox"))
    except SinkError as error:
        return complain(str(error), USAGE)
    for path in paths:
        try:
            with DeadLetters(path) as dead:
                print(harmless(f"{path}: {_counts(sum(1 for _ in dead), dead.waiting())}", sys.stdout, 8))
        except SinkError as error:
            status = complain(str(error), USAGE)
    if not paths:
        print(harmless(f"there is no outbox in {folder}", sys.stdout, 8))
    return status


def _counts(refused: int, waiting: int) -> str:
    were = "1 event was" if refused == 1 else f"{refused} events were"
    return f"{were} refused, {waiting} {'waits' if waiting == 1 else 'wait'} to be sent"


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
    place: str, numbers: list[int] | None, *, everything: bool, what: str,
    act: Callable[[DeadLetters], Callable[[list[int] | None], int]],
) -> int:  # fmt: skip
    if bool(numbers) == everything:
        return complain("name the numbers of some events, or --all", USAGE)

    def do(dead: DeadLetters) -> int:
        count = act(dead)(None if everything else numbers)
        print(f"{count} {'event' if count == 1 else 'events'} {what}")
        return 0 if everything or count == len(set(numbers or ())) else complain("some have no such number", USAGE)

    return _with(place, do)


def _with(place: str, do: Callable[[DeadLetters], int]) -> int:
    from cacofonisk.errors import SinkError
    from cacofonisk.sinks import DeadLetters
    from cacofonisk.sinks.http.spec import outbox_of

    try:
        with DeadLetters(outbox_of(place)) as dead:
            return do(dead)
    except SinkError as error:
        return complain(str(error), USAGE)
