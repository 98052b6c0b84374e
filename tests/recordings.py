"""The recordings of real calls in marbles/recordings, and how their call events are written for people to read.

A recording NAME.jsonl (or .ami, as it came from the socket, or packed as .gz) has beside it NAME.calls, the call
events it gives, and NAME.truth.json, what the phones saw. They were made by the lab (tests/asterisk) and copied with

    python tests/recordings.py FOLDER/NAME.jsonl … TO

which leaves out the packets that no operator reads (`--complete` keeps them), and the phones' own notes. `--packed` for
those that are large.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections.abc import Sized
from dataclasses import fields
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cacofonisk import operators, sources
from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import Anomaly, CallEvent, Party, SourceEvent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from reactivex import Observable

    from cacofonisk.events import Event
    from cacofonisk.machine import Chain

FOLDER = Path(__file__).parent.parent / "marbles" / "recordings"
SUFFIXES = (".jsonl", ".ami", ".jsonl.gz", ".ami.gz")
NOISE = frozenset({
    "ChallengeSent", "DTMFBegin", "DTMFEnd", "DeviceStateChange", "MusicOnHoldStart", "MusicOnHoldStop", "Newexten",
    "QueueMemberStatus", "RTCPReceived", "RTCPSent", "SuccessfulAuth", "TestEvent", "VarSet",
})  # fmt: skip
"""Packets that say nothing about who calls whom; three quarters of all bytes."""
NO_TIME = "1970"
"""The time of what came before any packet told the time."""


def recordings() -> list[Path]:
    """All recordings, in the order of their names."""
    found = [path for path in FOLDER.rglob("*") if path.name.endswith(SUFFIXES)]
    return sorted(found, key=lambda path: (path.parent, path.name))


def name_of(path: Path) -> str:
    """What a recording is called in test ids and file names: `ast22/busy_486`."""
    return str(path.relative_to(FOLDER)).split(".", 1)[0]


def beside(path: Path, suffix: str) -> Path:
    """The file of the same name with another suffix."""
    return path.with_name(path.name.split(".", 1)[0] + suffix)


def truth_of(path: Path) -> dict[str, object]:
    """What the phones saw."""
    truth: dict[str, object] = json.loads(beside(path, ".truth.json").read_text())
    return truth


def collect(source: Observable[Event]) -> list[Event]:
    """All that a source gives; raises the error it ends with."""
    got: list[Event] = []
    errors: list[Exception] = []
    source.subscribe(got.append, errors.append)
    if errors:
        raise errors[0]
    return got


def replay(path: str | PathLike[str]) -> list[Event]:
    """The call events (and anomalies, and what happened to the connection) of a recording."""
    events = collect(sources.file(path, server="pbx").pipe(operators.call_events()))
    for event in events:
        if isinstance(event, Anomaly):  # says in which file; not where that lies on this machine
            event.what = event.what.replace(f"{FOLDER}/", "")
    return events


@cache
def packets(path: Path) -> tuple[Event, ...]:
    """What a recording holds; feed copies of it, for a pipe binds what it is fed."""
    return tuple(collect(sources.file(path, server="pbx")))


def fresh(events: Iterable[Event]) -> list[Event]:
    """The same packets as no pipe has seen them."""
    return [event.copy() if isinstance(event, AmiEvent) else event for event in events]


def kept(chain: Chain) -> int:
    """How many things the machines of a pipe keep in memory."""
    return sum(kept_by(chain).values())


def kept_by(chain: Chain) -> dict[str, int]:
    """How many things each machine of a pipe keeps."""
    return {type(machine).__name__: len(machine) for machine in chain.machines if isinstance(machine, Sized)}


# NAME.calls ---------------------------------------------------------------------------------------------------------


class Drawing:
    """Writes events as a table: no two different lists of events look the same."""

    def __init__(self, events: list[Event], title: str = "") -> None:
        self._said = [event for event in events if isinstance(event, CallEvent | Anomaly | SourceEvent)]
        self._calls: dict[tuple[str, str], str] = {}
        for event in self._said:
            if isinstance(event, CallEvent) and event.call_id is not None:
                self._calls.setdefault((event.server, event.call_id), _letter(len(self._calls)))
        self._shown: dict[tuple[str, str], Party] = {}
        self._title = title

    def __str__(self) -> str:
        """The whole table."""
        lines = [f"# {self._title}"] if self._title else []
        if not self._said:
            return "\n".join([*lines, "# nothing happens", ""])
        dated = [event for event in self._said if not event.time.startswith(NO_TIME)]
        first = next((event for event in dated if isinstance(event, CallEvent)), self._said[0])
        lines.append(f"# 0.000000 is {first.time} on {first.server}")
        lines += [
            f"# {letter} is call {call_id}" + ("" if server == first.server else f" on {server}")
            for (server, call_id), letter in self._calls.items()
        ]
        lines.append("")
        lines += [self._line(event, first) for event in self._said]
        return "\n".join([*lines, ""])

    def _line(self, event: CallEvent | Anomaly | SourceEvent, first: CallEvent | Anomaly | SourceEvent) -> str:
        call, sequence, words = "", "", []
        hidden = {"event", "time", "server"}
        if event.server != first.server:
            words.append(f"server={_text(event.server)}")
        if isinstance(event, CallEvent):
            hidden |= {"call_id", "sequence", "inferred"}
            if event.inferred:
                words.append("inferred")
            call, sequence = self._call(event.server, event.call_id), str(event.sequence)
        if isinstance(event, Anomaly):  # its packet stands in the recording
            hidden.add("packet")
        for field in fields(event):
            if field.name not in hidden:
                value = getattr(event, field.name)
                words.append(f"{field.name}={self._value(event.server, field.name, value)}")
        seconds = _seconds(event.time, first.time)
        return f"{seconds:>11} {call:<2}{sequence:>2} {event.event:<16} {'  '.join(words)}".rstrip()

    def _call(self, server: str, call_id: str | None) -> str:
        return "-" if call_id is None else self._calls.get((server, call_id), call_id)

    def _value(self, server: str, name: str, value: object) -> str:
        if value is None:
            return "-"
        if isinstance(value, Party):
            return self._party(server, value)
        if isinstance(value, list):
            return "[" + ", ".join(self._value(server, name, item) for item in value) + "]"
        if isinstance(value, str):
            return self._call(server, value) if name in ("linkedid", "merged_call_id") else _text(value)
        return json.dumps(value, ensure_ascii=False)

    def _party(self, server: str, party: Party) -> str:
        """Complete where it is new or has changed, else its channel."""
        if self._shown.get((server, party.channel)) == party:
            return party.channel
        self._shown[server, party.channel] = party
        words = [_text(party.number), json.dumps(party.name, ensure_ascii=False), party.channel]
        words.append(f"uniqueid={party.uniqueid}")
        if party.code:
            words.append(f"code={_text(party.code)}")
        if party.exten:
            words.append(f"exten={_text(party.exten)}")
        if not party.is_public:
            words.append("withheld")
        return " ".join(words)


def draw(events: list[Event], title: str = "") -> str:
    """The events as a person reads them."""
    return str(Drawing(events, title))


def _letter(index: int) -> str:
    return chr(ord("A") + index) if index < 26 else f"C{index}"


def _text(text: str) -> str:
    """As it is when it is one plain word, else in quotes."""
    return text if re.fullmatch(r"[\w+*#.@/:;-]+", text) and text != "-" else json.dumps(text, ensure_ascii=False)


def _seconds(time: str, start: str) -> str:
    if time.startswith(NO_TIME) and time != start:
        return "-" if time[len(NO_TIME) :] == "-01-01T00:00:00.000000Z" else time
    try:
        micros = _micros(time) - _micros(start)
    except ValueError:
        return _text(time)
    return f"{'-' if micros < 0 else ''}{abs(micros) // 1_000_000}.{abs(micros) % 1_000_000:06}"


def _micros(time: str) -> int:
    when = datetime.fromisoformat(time)
    return int(when.replace(microsecond=0).timestamp()) * 1_000_000 + when.microsecond


# Copying from the lab -----------------------------------------------------------------------------------------------


def copy(path: Path, to: Path, *, complete: bool = False, packed: bool = False) -> None:
    """Copy a recording of the lab, and its truth without the phones' notes."""
    to.mkdir(parents=True, exist_ok=True)
    recording = path.read_bytes()
    if path.suffix == ".jsonl" and not complete:
        lines = recording.splitlines(keepends=True)
        recording = b"".join(line for line in lines if json.loads(line).get("Event") not in NOISE)
    target = to / path.name
    if packed:
        target = to / (path.name + ".gz")
        with target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as pack:
            pack.write(recording)
    else:
        target.write_bytes(recording)
    truth = json.loads(beside(path, ".truth.json").read_text())
    del truth["phones"]
    text = json.dumps(truth, ensure_ascii=False, separators=(", ", ": "))
    text = text.replace('"steps": [', '"steps": [\n  ').replace("}, {", "},\n  {").replace("}]}", "}\n]}\n")
    beside(target, ".truth.json").write_text(text)


def main() -> None:
    """Copy recordings, as the command line says."""
    parser = argparse.ArgumentParser(description="Copy recordings of the lab, without noise.")
    parser.add_argument("recordings", nargs="+", type=Path, metavar="RECORDING")
    parser.add_argument("to", type=Path, metavar="TO")
    parser.add_argument("--complete", action="store_true", help="keep all packets")
    parser.add_argument("--packed", action="store_true", help="pack with gzip")
    options = parser.parse_args()
    for path in options.recordings:
        copy(path, options.to, complete=options.complete, packed=options.packed)


if __name__ == "__main__":
    main()
