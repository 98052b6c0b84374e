"""The floor for Python: `python benchmarks/limit.py FILE` prints SECONDS EVENTS.

The least that a program can do which makes something of AMI: it splits bytes, picks the few headers it needs, and
writes started, ringing, up and hangup of plain calls as JSON lines. No transfers, no Local channels, no queues,
no pickups, no forged packets, no packets out of order, no bad input: wrong on many real streams, and no equal.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

CHUNK = 1 << 16  # bytes


def header(name: bytes) -> Callable[[bytes], str]:
    """Reads one header of a packet."""
    mark = b"\r\n" + name + b": "
    size = len(mark)

    def read(packet: bytes) -> str:
        start = packet.find(mark) + size
        return packet[start : packet.find(b"\r", start)].decode()

    return read


uniqueid, linkedid, channel_name, state, number, name, exten, code, bridge_id, dest, cause = map(
    header,
    (
        b"Uniqueid", b"Linkedid", b"Channel", b"ChannelState", b"CallerIDNum", b"CallerIDName", b"Exten",
        b"AccountCode", b"BridgeUniqueid", b"DestUniqueid", b"Cause",
    ),
)  # fmt: skip


class Limit:
    """Plain calls, and nothing else."""

    def __init__(self, out: BinaryIO) -> None:
        self.events = 0
        self._write = out.write
        self._parties: dict[str, dict[str, str]] = {}
        self._diallers: dict[str, str] = {}
        self._bridges: dict[str, list[str]] = {}
        self._tail = b""
        self._handlers = {
            b"Newchannel": self._newchannel,
            b"Newstate": self._newstate,
            b"DialBegin": self._dial_begin,
            b"BridgeEnter": self._bridge_enter,
            b"BridgeLeave": self._bridge_leave,
            b"Hangup": self._hangup,
        }

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        *packets, self._tail = (self._tail + chunk).split(b"\r\n\r\n")
        get = self._handlers.get
        for packet in packets:
            handle = get(packet[7 : packet.find(b"\r", 7)])
            if handle is not None:
                handle(packet + b"\r")

    def _emit(self, event: str, caller: dict[str, str], other: dict[str, str] | None, reason: str | None) -> None:
        self.events += 1
        line = {"event": event, "call_id": caller["linkedid"], "caller": caller, "other": other, "reason": reason}
        self._write(orjson.dumps(line, None, orjson.OPT_APPEND_NEWLINE))

    def _newchannel(self, packet: bytes) -> None:
        party = {
            "channel": channel_name(packet),
            "uniqueid": uniqueid(packet),
            "linkedid": linkedid(packet),
            "number": number(packet),
            "name": name(packet),
            "code": code(packet),
            "exten": exten(packet),
        }
        self._parties[party["uniqueid"]] = party
        if party["uniqueid"] == party["linkedid"]:
            self._emit("started", party, None, None)

    def _newstate(self, packet: bytes) -> None:
        if state(packet) == "5":
            called = uniqueid(packet)
            dialler = self._diallers.get(called)
            if dialler in self._parties and called in self._parties:
                self._emit("ringing", self._parties[dialler], self._parties[called], None)

    def _dial_begin(self, packet: bytes) -> None:
        self._diallers[dest(packet)] = uniqueid(packet)

    def _bridge_enter(self, packet: bytes) -> None:
        inside = self._bridges.setdefault(bridge_id(packet), [])
        inside.append(uniqueid(packet))
        if len(inside) == 2:
            first, second = (self._parties.get(one) for one in inside)
            if first is not None and second is not None:
                self._emit("up", first, second, None)

    def _bridge_leave(self, packet: bytes) -> None:
        bridge = bridge_id(packet)
        inside = self._bridges.get(bridge, [])
        gone = uniqueid(packet)
        if gone in inside:
            inside.remove(gone)
        if not inside:
            self._bridges.pop(bridge, None)

    def _hangup(self, packet: bytes) -> None:
        gone = uniqueid(packet)
        self._diallers.pop(gone, None)
        party = self._parties.pop(gone, None)
        if party is not None and party["linkedid"] == gone:
            self._emit("hangup", party, None, cause(packet))


def run(data: bytes) -> tuple[float, int]:
    """Seconds taken and events written for these bytes."""
    with Path(os.devnull).open("wb", buffering=CHUNK) as out:
        limit = Limit(out)
        start = time.perf_counter()
        for at in range(0, len(data), CHUNK):
            limit.feed(data[at : at + CHUNK])
        return time.perf_counter() - start, limit.events


if __name__ == "__main__":
    seconds, count = run(Path(sys.argv[1]).read_bytes())
    print(f"{seconds:.6f} {count}")
