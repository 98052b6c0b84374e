"""Reporters, and how they are told who somebody is."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from functools import partialmethod
from operator import attrgetter
from pathlib import Path
from typing import Any

from cacofonisk.ami_event import Headers
from cacofonisk.channels import Channel
from cacofonisk.sinks import visible


@dataclass(frozen=True, slots=True)
class CallerId:
    """One person in a call; false where it is nobody.

    `exten` is what this person dialled or, of the target of a transfer, where the call went. `channel` is the
    channel the person is on, with your notes in its `custom`. Neither counts when two are compared.
    """

    code: str = ""
    name: str = ""
    number: str = ""
    is_public: bool = True
    exten: str = field(default="", compare=False)
    channel: Channel | None = field(default=None, compare=False, repr=False)
    account_code = property(attrgetter("code"), doc="Another word for `code`.")
    cli = num = property(attrgetter("number"), doc="Other words for `number`.")
    caller_id = property(lambda self: self, doc="Itself: later releases gave channels, which had one.")
    uniqueid = property(attrgetter("channel.uniqueid"), doc="The Uniqueid of its channel.")
    linkedid = property(attrgetter("channel.linkedid"), doc="The Linkedid of its channel.")

    def replace(self, **changes: Any) -> CallerId:
        """The same with other values for these fields."""
        return replace(self, **changes)

    def __bool__(self) -> bool:
        return bool(self.code or self.name or self.number or self.exten or self.channel)

    def __str__(self) -> str:
        return visible(f'"{self.name}" <{self.number};{"pub" if self.is_public else "priv"};code={self.code}>')


class BaseReporter:
    """Override the hooks you need; each gets the parameters it names, and what you leave out is not told.

    on_ami_event             an event of Asterisk, a dict of its headers, before the hooks that follow from it
    on_event                 the same, after them
    on_b_dial                the callee's phone starts to ring; `caller` is false while the PBX itself calls
    on_b_dial_end            the callee's phone stops to ring, or refused before it rang
    on_up                    two people start to talk
    on_transfer              the redirector hands party1 over to party2: any kind of transfer
    on_attended_transfer     to somebody whom the transferer talked with before
    on_blind_transfer        to a number; whose phone rings there is told by `on_b_dial`
    on_blonde_transfer       to phones that still ring
    on_hangup                the call is over; `callee` talked last, and is false where nobody did
    on_queue_caller_abandon  the caller hung up in a queue
    on_user_event            a UserEvent, a dict of its headers
    close                    the run is over
    """

    def on_ami_event(self, event: Headers) -> None: ...
    def on_event(self, event: Headers) -> None: ...
    def on_b_dial(self, call_id: str, caller: CallerId, callee: CallerId) -> None: ...
    def on_b_dial_end(self, call_id: str, caller: CallerId, callee: CallerId, reason: str) -> None: ...
    def on_up(self, call_id: str, caller: CallerId, callee: CallerId) -> None: ...
    def on_transfer(self, call_id: str, redirector: CallerId, party1: CallerId, party2: CallerId) -> None: ...
    def on_attended_transfer(self, caller: CallerId, transferer: CallerId, target: CallerId) -> None: ...
    def on_blind_transfer(self, caller: CallerId, transferer: CallerId, targets: list[CallerId]) -> None: ...
    def on_blonde_transfer(self, caller: CallerId, transferer: CallerId, targets: list[CallerId]) -> None: ...
    def on_hangup(self, call_id: str, caller: CallerId, callee: CallerId, reason: str) -> None: ...
    def on_queue_caller_abandon(self, caller: CallerId) -> None: ...
    def on_user_event(self, event: Headers) -> None: ...
    def close(self) -> None: ...


class DebugReporter(BaseReporter):
    """Prints what happens: 0 nothing, 1 calls, 2 the name of every AMI event too, 3 all of its headers."""

    def __init__(self, verbosity: int = 1) -> None:
        self.verbosity = verbosity

    def on_ami_event(self, event: Headers) -> None:
        """One line for the event."""
        if self.verbosity > 1:
            print(visible(str(event if self.verbosity > 2 else event["Event"])))

    def show(self, hook: str, *values: object) -> None:
        """One line for a hook and its values, in the order of the documentation."""
        if self.verbosity > 0:
            print(visible(" ".join([hook, *map(str, values)])))


for _hook in "b_dial b_dial_end up transfer hangup queue_caller_abandon user_event".split():  # noqa: SIM905
    setattr(DebugReporter, f"on_{_hook}", partialmethod(DebugReporter.show, f"on_{_hook}"))


class JsonReporter(BaseReporter):
    """Writes every AMI event over the file, as a JSON array that FileRunner replays; it is whole after each event."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = Path(path).open("wb", buffering=0)  # noqa: SIM115  # closed by close()
        self._file.write(b"[]\n")

    def on_ami_event(self, event: Headers) -> None:
        """Write it in place of the bracket that ends the array."""
        end = self._file.seek(-2, os.SEEK_END)
        self._file.write((b",\n" if end > 1 else b"\n") + json.dumps(event).encode() + b"]\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
