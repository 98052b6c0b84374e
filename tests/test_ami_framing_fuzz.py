"""Honest streams, fuzzed: whatever headers hold and however the bytes are cut, packets are what a plain reader reads.

Headers come twice, are empty, hold bytes that are no UTF-8; packets are answers, too large, or torn at the end.
"""

from __future__ import annotations

import random
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacofonisk.ami_event import AmiEvent
from cacofonisk.sources._framing import MAX_PACKET, Answer, BadPacket, Framer, Greeting

if TYPE_CHECKING:
    from cacofonisk.sources._framing import Packet

LIMIT = 1500  # bytes
GREETING = b"Asterisk Call Manager/11.0.0\r\n"
CHANNEL = (
    "Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
    "ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid",
)  # fmt: skip

Read = tuple[str, object]


def plain(data: bytes) -> list[Read]:
    """The reference: what a reader makes of it that knows no chunks, no caller and no hurry."""
    found: list[Read] = []
    if data.startswith(GREETING):
        data = data.removeprefix(GREETING)
        found.append(("greeting", "11.0.0"))
    *parts, torn = data.split(b"\r\n\r\n")
    for part in parts:
        if len(part) > LIMIT:
            found.append(("bad", "large"))
            continue
        headers: dict[str, list[str]] = {}
        for line in part.decode("utf-8", "surrogateescape").split("\r\n"):
            key, value = line.split(": ", 1)
            headers.setdefault(key, []).append(value)
        kind = "answer" if part.startswith(b"Response") else "event"
        found.append((kind, {key: values[0] if len(values) == 1 else values for key, values in headers.items()}))
    if torn:
        found.append(("bad", "large" if len(torn) > LIMIT else "torn"))
    return found


def shown(packet: Packet) -> Read:
    """The same of what the framer gives."""
    match packet:
        case AmiEvent():
            single = {key: value for key, value in packet.headers.items() if isinstance(value, str)}
            assert {key: packet.get(key) for key in single} == single  # read late, one at a time
            return ("event", packet.headers)
        case Answer():
            return ("answer", packet.headers)
        case Greeting():
            return ("greeting", packet.version)
        case BadPacket():
            return (
                "bad",
                "large" if "larger than" in packet.what else "torn" if "torn" in packet.what else packet.what,
            )


value = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=12).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from([b"", b" ", b": ", b"\xff\xfe", "日本".encode(), b"\\'", b"Event: Hangup", b"x" * 700]),
).map(lambda some: some.replace(b"\r", b"").replace(b"\n", b""))
more = st.lists(
    st.tuples(st.sampled_from([b"Note", b"Variable", b"Value", b"ChanVariable(a)", b"A-b"]), value), max_size=6
)


def lines(pairs: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%s: %s\r\n" % pair for pair in pairs)


def channel(prefix: bytes, values: list[bytes]) -> list[tuple[bytes, bytes]]:
    return [(prefix + key.encode(), each) for key, each in zip(CHANNEL, values, strict=True)]


channels = st.lists(value, min_size=len(CHANNEL), max_size=len(CHANNEL))


def of_a_channel(name: bytes, values: list[bytes], others: list[bytes], extra: list[tuple[bytes, bytes]]) -> bytes:
    head = [(b"Event", name), (b"Privilege", b"call,all"), (b"Timestamp", b"1795398514.250000")]
    dial = channel(b"Dest", others) if name.startswith(b"Dial") else []
    return lines([*head, *channel(b"", values), *dial, *extra]) + b"\r\n"


packets = st.one_of(
    st.builds(
        of_a_channel,
        st.sampled_from([b"Newchannel", b"Hangup", b"Newstate", b"DialBegin", b"BridgeEnter", b"VarSet", b"UserEvent"]),
        channels, channels, more,
    ),
    st.builds(
        lambda name, extra: lines([(b"Event", name), (b"Privilege", b"system,all"), *extra]) + b"\r\n",
        st.sampled_from([b"QueueMemberStatus", b"DeviceStateChange", b"PeerStatus", b"Reload", b"RTCPSent"]), more,
    ),
    st.builds(
        lambda said, extra: lines([(b"Response", said), (b"ActionID", b"1"), *extra]) + b"\r\n",
        st.sampled_from([b"Success", b"Error"]), more,
    ),
)  # fmt: skip
streams = st.builds(
    lambda greeting, whole, cut: greeting + b"".join(whole)[: -cut or None],
    st.sampled_from([b"", GREETING]), st.lists(packets, min_size=1, max_size=8), st.integers(0, 60),
)  # fmt: skip


@given(streams, st.lists(st.integers(1, 5) | st.integers(1, 500), max_size=40))
def test_packets_are_what_a_plain_reader_reads_however_the_bytes_are_cut(data: bytes, sizes: list[int]) -> None:
    framer = Framer(live=True, limit=LIMIT)
    found: list[Packet] = []
    at = 0
    for size in [*sizes, len(data)]:
        found += framer.feed(data[at : at + size])
        at += size
    found += framer.finish()
    assert [shown(packet) for packet in found] == plain(data)


@pytest.mark.parametrize("seed", range(50))
def test_damaged_on_the_way_it_is_told_or_read_and_nothing_raises(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # the same damage every time
    head = "Event: Newstate\r\nPrivilege: call,all\r\nTimestamp: 1795770276.2\r\n"
    packet = (head + "".join(f"{name}: 1\r\n" for name in CHANNEL) + "\r\n").encode()
    for _ in range(100):
        damaged = bytearray(packet * 8)
        for _ in range(chance.randrange(20)):
            at = chance.randrange(8) * len(packet) + chance.choice((0, len(packet) - 20)) + chance.randrange(20)
            damaged[at : at + chance.choice((0, 1, 1, 40))] = chance.randbytes(chance.choice((0, 1, 1, 20)))
        framer = Framer({"Newstate"}, live=True)
        for at in range(0, len(damaged), 500):
            framer.feed(bytes(damaged[at : at + 500]), 0.0)
        framer.finish()


def test_sixteen_megabytes_without_an_end_take_no_more_room_than_the_largest_packet_and_the_stream_goes_on() -> None:
    framer = Framer(live=True)
    found: list[Packet] = []
    chunk = b"x" * 1024
    tracemalloc.start()
    try:
        for _ in range(16 << 10):  # so many small ones that reading each anew would take minutes
            found += framer.feed(chunk)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    found += framer.feed(b"\r\n\r\nEvent: Reload\r\nPrivilege: system,all\r\nModule: All\r\n\r\n")
    assert [shown(packet)[0] for packet in found] == ["bad", "event"]
    assert peak < 4 * MAX_PACKET
