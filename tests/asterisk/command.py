"""The command `cacofonisk` in a process of its own, and what it says.

async with Command("run", "ami://cacofonisk@127.0.0.1:5038", "--to", "stdout:jsonl") as command:
    await command.until(lambda: command.events, "the first call event")
"""

import asyncio
import dataclasses
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cacofonisk.events import CALL_EVENTS, CallEvent, Party

from .diary import Diary
from .live import SECRET
from .pbx import die_with_parent

KINDS = {
    str(field.default): kind for kind in CALL_EVENTS for field in dataclasses.fields(kind) if field.name == "event"
}


def read_event(line: str) -> CallEvent:
    """The call event in a line of JSON."""
    fields = {name: _read(value) for name, value in json.loads(line).items()}
    return KINDS[fields.pop("event")](**fields)


def read_events(path: Path) -> list[CallEvent]:
    """The call events in a file of JSON lines."""
    return [read_event(line) for line in path.read_text().splitlines()]


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return [_read(item) for item in value]
    return Party(**value) if isinstance(value, dict) and "uniqueid" in value else value


class Command:
    """It has the secret from the environment. What it writes is kept: call events, and all else it says."""

    def __init__(self, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self.events: list[CallEvent] = []
        self.lines: list[str] = []  # on standard output, but for the events
        self.said: list[str] = []  # on standard error
        self._arguments = arguments
        self._environment = {"CACOFONISK_SECRET": SECRET} if environment is None else environment
        self._watch = Diary()
        self._process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process
        return self._process

    async def __aenter__(self) -> Self:
        inherited = {name: value for name, value in os.environ.items() if name != "CACOFONISK_SECRET"}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "cacofonisk",
            *self._arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**inherited, **self._environment},
            limit=1 << 20,
            preexec_fn=die_with_parent,
        )
        assert self._process.stdout
        assert self._process.stderr
        self._readers = [
            asyncio.create_task(self._read(self._process.stdout, self._take)),
            asyncio.create_task(self._read(self._process.stderr, self.said.append)),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            await self.end(signal.SIGKILL)

    async def end(self, how: signal.Signals = signal.SIGINT) -> int:
        """Send it a signal (Ctrl-C, if no other is named) and wait for its end; its exit status."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(how)
        return await self.ended()

    async def ended(self) -> int:
        """Wait until it ends by itself; its exit status."""
        async with asyncio.timeout(20):
            status = await self.process.wait()
            await asyncio.gather(*self._readers)
        return status

    async def until(self, found: Callable[[], object], what: str, within: float = 20) -> None:
        """Wait until it is so; looked at with every line that the command writes."""
        await self._watch.until(lambda: found() or self.process.returncode is not None, what, within)
        if not found():
            raise AssertionError(f"the command ended, and nobody saw: {what}; it said: {self.said}")

    async def connected(self, times: int = 1) -> None:
        """Wait until it says so, so often."""
        await self.until(lambda: sum("connected to" in line for line in self.said) >= times, f"connection {times}")

    def _take(self, line: str) -> None:
        if line.startswith("{"):
            self.events.append(read_event(line))
        else:
            self.lines.append(line)

    async def _read(self, stream: asyncio.StreamReader, take: Callable[[str], object]) -> None:
        while line := await stream.readline():
            take(line.decode().rstrip("\n"))
            self._watch.wake()
        self._watch.wake()
