"""Turns the AMI events of Asterisk into calls: who calls whom, whose phone rings, who talks, who transferred whom.

The names below are loaded when they are first used, so that the command line starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacofonisk import sinks, sources
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.classic import (
        AmiRunner,
        BaseReporter,
        CallerId,
        ChannelManager,
        DebugReporter,
        FileRunner,
        JsonFileReporter,
        JsonFileRunner,
        JsonReporter,
    )
    from cacofonisk.errors import (
        BadPacketError,
        CacofoniskError,
        MissingHeaderError,
        PipelineError,
        RepeatedHeaderError,
        SinkError,
        SourceError,
    )
    from cacofonisk.events import (
        Anomaly,
        CallerIdChanged,
        CallEvent,
        Event,
        Forward,
        Hangup,
        Hold,
        Joined,
        Left,
        Parked,
        Party,
        Pickup,
        Queued,
        QueueLeft,
        Ringing,
        RingingStopped,
        SourceEvent,
        Started,
        Transfer,
        TransferFailed,
        Unhold,
        Unparked,
        Up,
        UserEvent,
    )
    from cacofonisk.machine import Emit, Machine
    from cacofonisk.operators import (
        Operator,
        UniqueidGroup,
        call_events,
        detect_transfer,
        group_by_uniqueid,
        lift,
        number_events,
        only,
        redact_private,
        resolve_callerid,
        track_calls,
        track_channels,
        track_masquerade,
    )
    from cacofonisk.phonebook import Phonebook, e164
    from cacofonisk.running import run
    from cacofonisk.transfer_fact import TransferFact
    from cacofonisk.trunks import Trunks

_HOMES = {
    "cacofonisk.ami_event": ("AmiEvent",),
    "cacofonisk.classic": (
        "AmiRunner", "BaseReporter", "CallerId", "ChannelManager", "DebugReporter", "FileRunner", "JsonFileReporter",
        "JsonFileRunner", "JsonReporter",
    ),
    "cacofonisk.errors": (
        "BadPacketError", "CacofoniskError", "MissingHeaderError", "PipelineError", "RepeatedHeaderError", "SinkError",
        "SourceError",
    ),
    "cacofonisk.events": (
        "Anomaly", "CallEvent", "CallerIdChanged", "Event", "Forward", "Hangup", "Hold", "Joined", "Left", "Parked",
        "Party", "Pickup", "QueueLeft", "Queued", "Ringing", "RingingStopped", "SourceEvent", "Started", "Transfer",
        "TransferFailed", "Unhold", "Unparked", "Up", "UserEvent",
    ),
    "cacofonisk.machine": ("Emit", "Machine"),
    "cacofonisk.operators": (
        "Operator", "UniqueidGroup", "call_events", "detect_transfer", "group_by_uniqueid", "lift", "number_events",
        "only", "redact_private", "resolve_callerid", "track_calls", "track_channels", "track_masquerade",
    ),
    "cacofonisk.phonebook": ("Phonebook", "e164"),
    "cacofonisk.running": ("run",),
    "cacofonisk.transfer_fact": ("TransferFact",),
    "cacofonisk.trunks": ("Trunks",),
}  # fmt: skip
_HOME = {name: home for home, names in _HOMES.items() for name in names}
_MODULES = ("sinks", "sources")

__all__ = [
    "AmiEvent",
    "AmiRunner",
    "Anomaly",
    "BadPacketError",
    "BaseReporter",
    "CacofoniskError",
    "CallEvent",
    "CallerId",
    "CallerIdChanged",
    "ChannelManager",
    "DebugReporter",
    "Emit",
    "Event",
    "FileRunner",
    "Forward",
    "Hangup",
    "Hold",
    "Joined",
    "JsonFileReporter",
    "JsonFileRunner",
    "JsonReporter",
    "Left",
    "Machine",
    "MissingHeaderError",
    "Operator",
    "Parked",
    "Party",
    "Phonebook",
    "Pickup",
    "PipelineError",
    "QueueLeft",
    "Queued",
    "RepeatedHeaderError",
    "Ringing",
    "RingingStopped",
    "SinkError",
    "SourceError",
    "SourceEvent",
    "Started",
    "Transfer",
    "TransferFact",
    "TransferFailed",
    "Trunks",
    "Unhold",
    "UniqueidGroup",
    "Unparked",
    "Up",
    "UserEvent",
    "call_events",
    "detect_transfer",
    "e164",
    "group_by_uniqueid",
    "lift",
    "number_events",
    "only",
    "redact_private",
    "resolve_callerid",
    "run",
    "sinks",
    "sources",
    "track_calls",
    "track_channels",
    "track_masquerade",
]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"cacofonisk.{name}")
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'cacofonisk' has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
