"""Let scenarios happen, follow them with `cacofonisk run`, and show what it says beside what the phones saw.

    python -m tests.asterisk.run [--version 22] [--technology pjsip] NAME ...

The exit status is 0 if they agree.
"""

import argparse
import asyncio
import sys
from contextlib import suppress
from typing import Any

from cacofonisk.events import CallEvent, Hangup

from ..rules import broken_rules
from ..truth_check import compare
from .command import Command
from .diary import NotSeenError
from .fetch import LabUnavailable
from .live import LiveLab
from .office import Office
from .pbx import Technology
from .record import perform
from .scenarios import Scenario, all_scenarios


class RunFollower:
    """`cacofonisk run` as a follower of scenarios."""

    def __init__(self) -> None:
        self.command = Command()  # until there is a port to connect to

    async def start(self, port: int) -> None:
        url = f"ami://cacofonisk@127.0.0.1:{port}"
        self.command = Command("run", url, "--to", "stdout:jsonl", "--to", "stdout:text", "--anomalies")
        await self.command.__aenter__()

    async def attached(self, times: int) -> None:
        await self.command.connected(times)
        await asyncio.sleep(0.3)  # stock is taken, which nobody says

    async def stop(self) -> None:
        """Wait until the last call is over, and end it as Ctrl-C does."""
        with suppress(NotSeenError):  # then the comparison tells
            await self.command.until(lambda: not live_calls(self.command.events), "the end of all calls", 5)
        await self.command.end()


def live_calls(events: list[CallEvent]) -> set[str | None]:
    """The calls that have no hangup yet."""
    ended = {event.call_id for event in events if isinstance(event, Hangup)}
    return {event.call_id for event in events} - ended - {None}


async def run(scenario: Scenario, version: int, technology: Technology) -> list[str]:
    """Let it happen and show it; answers the differences."""
    async with Office(version, technology) as office:
        follower = RunFollower()
        lab = LiveLab(office, follower)
        try:
            await perform(office, scenario, lab)
            await follower.stop()
        finally:
            await follower.command.__aexit__(None, None, None)
            await lab.leave_proxy()
        command = follower.command
        print(f"{scenario.name} on {office.pbx.release}, {technology}: {scenario.sentence}")
        show(lab.truth.steps, command)
        wrong = [*compare({"steps": lab.truth.steps}, command.events), *broken_rules(command.events)]
        for difference in wrong:
            print(f"   WRONG  {difference}")
        print("" if wrong else "   They agree.\n")
        return wrong


def show(steps: list[dict[str, Any]], command: Command) -> None:
    """What was seen and what was said, in the order of time."""
    begin = min([step["at"] for step in steps] + [event.when.timestamp() for event in command.events], default=0)
    lines = [(step["at"], "phones", _words(step)) for step in steps]
    lines += [
        (event.when.timestamp(), "events", line.partition("  ")[2])
        for event, line in zip(command.events, command.lines, strict=False)
    ]
    for at, who, words in sorted(lines, key=lambda line: line[0]):
        print(f"{at - begin:8.3f}  {who} {'|' if who == 'phones' else '|     '} {words}")
    for line in command.said:
        print(f"          {line}")


def _words(step: dict[str, Any]) -> str:
    """A step of the truth, as a person reads it."""
    words = [step["t"].replace("_", " ")]
    for key, value in step.items():
        if key not in ("t", "at"):
            words.append(f"{key}={' '.join(map(str, value)) if isinstance(value, list) else value}")
    return "  ".join(words)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.asterisk.run", description="Follow scenarios live with `cacofonisk run`."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="scenarios")
    parser.add_argument("--version", type=int, default=22, help="of Asterisk: 22 or 16")
    parser.add_argument("--technology", choices=["pjsip", "chan_sip"], default="pjsip", help="chan_sip is in 16 only")
    options = parser.parse_args()
    known = all_scenarios()
    unknown = [name for name in options.names if name not in known]
    if unknown or not options.names:
        what = f"no such scenario: {', '.join(unknown)}" if unknown else "name a scenario"
        parser.error(f"{what}; python -m tests.asterisk.record --list tells all")
    wrong: list[str] = []
    try:
        for name in options.names:
            wrong += asyncio.run(run(known[name], options.version, options.technology))
    except LabUnavailable as error:
        print(f"no lab on this machine: {error.reason}", file=sys.stderr)
        return 2
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
