"""A recorded call as a template: the same packets for any number of calls, each with ids of its own."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

RECORDINGS = Path(__file__).parent / "recordings"
FILTERED = frozenset({
    "BridgeCreate", "BridgeDestroy", "DeviceStateChange", "ExtensionStatus", "MusicOnHoldStart", "MusicOnHoldStop",
    "NewConnectedLine", "Newexten", "QueueMember", "QueueMemberStatus", "RTCPReceived", "RTCPSent", "SoftHangupRequest",
    "SuccessfulAuth", "TestEvent", "VarSet",
})  # fmt: skip
"""What Asterisk does not send a user with the rights and the event filter of docs/ami.md."""

_CHANNEL = re.compile(r"(.+-)([0-9a-f]{8})(?:;[12])?")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Headers = dict[str, "str | list[str]"]


class Template:
    """The packets of one recorded call. `offsets` are their times in seconds since its first packet.

    `talk` is the number of the packet that ends the talk, which can be made longer there; None where nobody talked.
    """

    def __init__(self, packets: Iterable[Headers]) -> None:
        dated = [packet for packet in packets if "Timestamp" in packet and packet["Event"] != "SuccessfulAuth"]
        times = [float(str(packet["Timestamp"])) for packet in dated]
        self.offsets = [time - times[0] for time in times]
        self.talk = _end_of_talk([str(packet["Event"]) for packet in dated], self.offsets)
        self._ids = _Ids(dated)
        self._texts = [self._ids.format(_text(packet)) for packet in dated]

    def __len__(self) -> int:
        return len(self.offsets)

    def new_ids(self, number: int, time: float, uuid: Callable[[], str]) -> dict[bytes, bytes]:
        """Ids for one more call that begins at `time` (seconds since 1970), when `number` channels have been made."""
        return self._ids.new(number, time, uuid)

    @property
    def channels(self) -> int:
        """How many channels the call has."""
        return self._ids.channels

    def packet(self, index: int, ids: dict[bytes, bytes], time: float) -> bytes:
        """A packet of the call with these ids, as it comes at `time`, its end included."""
        ids[b"time"] = b"%.6f" % time
        return self._texts[index] % ids


class _Ids:
    """The Uniqueids, channel names and bridge ids in a recording, and what is put in their place."""

    def __init__(self, packets: Iterable[Headers]) -> None:
        uniqueids: dict[str, None] = {}
        channels: dict[str, None] = {}
        bridges: dict[str, None] = {}
        for packet in packets:
            for key, value in packet.items():
                if not isinstance(value, str) or not value:
                    continue
                if _UUID.fullmatch(value):
                    bridges[value] = None
                elif key.endswith(("Uniqueid", "Linkedid")):
                    uniqueids[value] = None
                elif key.endswith("Channel") and (name := _CHANNEL.fullmatch(value)):
                    channels[name[1] + name[2]] = None
        self._uniqueids = list(uniqueids)
        self._channels = list(channels)
        self._bridges = list(bridges)
        names = {**_slots("u", self._uniqueids), **_slots("c", self._channels), **_slots("b", self._bridges)}
        # An id may begin like another one, or like a time.
        longest_first = sorted(names, key=len, reverse=True)
        self._search = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
        self._slots = names

    @property
    def channels(self) -> int:
        return len(self._uniqueids)

    def format(self, text: str) -> bytes:
        """A packet with `%(slots)b` where ids were."""
        stamped = re.sub(r"(?m)^(Timestamp: )[\d.]+\r$", "\\1\0\r", text.replace("%", "%%"))
        filled = self._search.sub(lambda found: f"%({self._slots[found[0]]})b", stamped)
        return filled.replace("\0", "%(time)b").encode()

    def new(self, number: int, time: float, uuid: Callable[[], str]) -> dict[bytes, bytes]:
        ids = {f"u{at}": f"{int(time)}.{number + at}" for at in range(len(self._uniqueids))}
        for at, name in enumerate(self._channels):
            ids[f"c{at}"] = f"{name[:-8]}{(number + at) & 0xFFFFFFFF:08x}"
        for at in range(len(self._bridges)):
            ids[f"b{at}"] = uuid()
        return {key.encode(): value.encode() for key, value in ids.items()}


def _slots(letter: str, names: list[str]) -> dict[str, str]:
    return {name: f"{letter}{at}" for at, name in enumerate(names)}


def _end_of_talk(names: list[str], offsets: list[float]) -> int | None:
    """Where the longest pause since the last one came into a bridge ends: there people talk."""
    if "BridgeEnter" not in names:
        return None
    last = len(names) - 1 - names[::-1].index("BridgeEnter")
    pauses = {at: offsets[at] - offsets[at - 1] for at in range(last + 1, len(names))}
    return max(pauses, key=lambda at: pauses[at]) if pauses else None


def _text(packet: Headers) -> str:
    lines = [
        f"{key}: {item}" for key, value in packet.items() for item in ([value] if isinstance(value, str) else value)
    ]
    return "\r\n".join(lines) + "\r\n\r\n"


def load(path: Path, *, filtered: bool = False) -> Template:
    """The template of a recording in JSON lines; `filtered` leaves out what an event filter would."""
    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    packets = [json.loads(line) for line in text.splitlines()]
    return Template(
        packet for packet in packets if "Event" in packet and not (filtered and packet["Event"] in FILTERED)
    )
