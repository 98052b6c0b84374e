"""A recording of the raw bytes of an AMI connection, turned into events; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.sources._framing import BadPacket, Framer, Greeting

if TYPE_CHECKING:
    from collections.abc import Container

    from cacofonisk.events import Event
    from cacofonisk.sources._framing import Packet
    from cacofonisk.sources._tape import Tape

BEGINNINGS = (b"Asterisk Call Manager/", b"Event: ", b"Response: ")
"""How such a recording may begin."""


class Raw:
    """Takes the bytes in chunks of any size; `unix` says that somebody has changed the line ends to LF."""

    def __init__(self, tape: Tape, wanted: Container[str] | None, *, unix: bool) -> None:
        self._tape = tape
        self._framer = Framer(wanted, server=tape.server)
        self._unix = unix

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes; the events that they complete."""
        if self._unix:
            chunk = chunk.replace(b"\n", b"\r\n")
        return self._events(self._framer.feed(chunk))

    def finish(self) -> list[Event]:
        """The recording has ended: what was still open."""
        return self._events(self._framer.finish())

    def _events(self, packets: list[Packet]) -> list[Event]:
        tape = self._tape
        events: list[Event] = []
        for packet in packets:
            if packet.__class__ is AmiEvent:
                stamp = packet.stamp
                if stamp is not None:
                    tape.now(stamp)
                packet.received = tape.time
                events.append(packet)
            elif isinstance(packet, Greeting):
                if events:
                    tape.connected.add(tape.server)
                events += tape.mark("connected", f"Asterisk Call Manager/{packet.version}")
            elif isinstance(packet, BadPacket):
                events.append(tape.anomaly(f"{packet.what}, at byte {packet.at} of {tape.name}", packet.headers))
        if events:
            tape.connected.add(tape.server)
        return events
