"""The errors that cacofonisk raises, split by whose fault they are."""

from __future__ import annotations


class CacofoniskError(Exception):
    """Base of every error that a user may want to catch; its text is one clear line."""


class BadPacketError(CacofoniskError):
    """Asterisk (or a caller's hostile name) sent a packet that makes no sense; it becomes an `Anomaly` value."""


class MissingHeaderError(BadPacketError, KeyError):
    """A packet lacks a header that its kind always has."""

    def __init__(self, packet: str, header: str) -> None:
        super().__init__(packet, header)
        self.packet = packet
        self.header = header

    def __str__(self) -> str:
        return f"{self.packet} has no {self.header} header"


class RepeatedHeaderError(BadPacketError):
    """A packet has a header twice that belongs there once, so nobody can tell which one is true."""


class UnknownChannelError(BadPacketError):
    """A packet is about a channel that nobody has heard of."""


class SourceError(CacofoniskError):
    """A source cannot give (more) events: no such file, not AMI, damaged at a line, refused login."""


class SinkError(CacofoniskError):
    """A sink cannot take events: a path that cannot be written, a disk that is full."""


class PipelineError(CacofoniskError):
    """Operators are put together in a way that cannot work, such as `track_calls` without `track_channels`."""
