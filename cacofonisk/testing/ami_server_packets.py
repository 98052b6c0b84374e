"""Packets as bytes, read from recordings for the AMI server for tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cacofonisk.ami_event import lines_of
from cacofonisk.errors import SourceError
from cacofonisk.sources._json import Array, Lines, parse
from cacofonisk.sources._unpack import PackedDataError, Unpacker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LOST = b""
"""Stands where the connection was lost."""

_GREETING = b"Asterisk Call Manager/"


def read_packets(path: str | os.PathLike[str]) -> list[bytes]:
    """The event packets of a recording as they were on the wire; raises SourceError if it cannot be read."""
    name = os.fspath(path)
    try:
        packed = Path(path).read_bytes()
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {(error.strerror or str(error)).lower()}") from None
    unpacker = Unpacker(name)
    try:
        data = b"".join([*unpacker.feed(packed), *unpacker.finish()])
    except PackedDataError as error:
        raise SourceError(f"{name} is damaged: {error}") from None
    if data.lstrip()[:1] in (b"{", b"["):
        return list(_from_json(name, data))
    return list(_from_bytes(data))


def encode(packet: Mapping[str, Any]) -> bytes:
    """Headers as Asterisk writes them; a list is a header that comes several times."""
    lines = [f"{header}: {value}" for header, value in lines_of(packet)]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


def decode(data: bytes) -> dict[str, str]:
    """The headers of a packet; of one that comes several times the first."""
    packet: dict[str, str] = {}
    for line in data.decode("utf-8", "surrogateescape").split("\r\n"):
        key, colon, value = line.partition(":")
        if colon:
            packet.setdefault(key, value.removeprefix(" "))
    return packet


def _from_json(name: str, data: bytes) -> Iterator[bytes]:
    cutter = Array() if data.lstrip()[:1] == b"[" else Lines()
    for line, text in [*cutter.feed(data), *cutter.finish()]:
        if isinstance(text, str):
            raise SourceError(f"{name}, line {line}: it {text}")
        try:
            packet = parse(text)
        except ValueError as error:
            raise SourceError(f"{name}, line {line}: it is not JSON: {error}") from None
        if isinstance(packet, dict) and "Event" in packet:
            packet.pop("Received", None)
            yield encode(packet)
        elif isinstance(packet, dict) and (packet.get("Source") == "lost" or packet.get("Lab") == "connection lost"):
            yield LOST


def _from_bytes(data: bytes) -> Iterator[bytes]:
    greeted = False
    for part in data.split(b"\r\n\r\n")[:-1]:
        packet = part
        if packet.startswith(_GREETING):
            if greeted:
                yield LOST
            greeted = True
            packet = packet.partition(b"\r\n")[2]
        # What does not begin with Event: may be the rest of a packet that a hostile caller has cut.
        if not packet.startswith(b"Response: "):
            yield packet + b"\r\n\r\n"
