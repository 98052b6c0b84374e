"""Recordings as a source: three formats, packed or plain, whole or damaged."""

from __future__ import annotations

import gzip
import io
import json
import os
import threading
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as ops
from reactivex.testing import TestScheduler

from cacofonisk import sources
from cacofonisk.ami_event import AmiEvent
from cacofonisk.errors import SourceError
from cacofonisk.events import Anomaly, SourceEvent
from cacofonisk.sources._decode import Decoder
from cacofonisk.sources._framing import Answer, BadPacket, Framer, Greeting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cacofonisk.events import Event

HEADERS: list[dict[str, str | list[str]]] = [
    {"Event": "FullyBooted", "Privilege": "system,all", "Status": "Fully Booted"},
    {"Event": "Newchannel", "Timestamp": "1795389400.640891", "Uniqueid": "1.1", "CallerIDName": "Zoë } {"},
    {"Event": "VarSet", "Timestamp": "1795389400.75", "Uniqueid": "1.1", "ChanVariable": ["a=1", "b=2"]},
    {"Event": "Hangup", "Timestamp": "1795389401.5", "Uniqueid": "1.1", "Cause-txt": "Normal \\ Clearing"},
]


def raw(*packets: dict[str, str | list[str]], greeting: bool = True) -> bytes:
    lines = ["Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nMessage: Hello\r\n\r\n"] if greeting else []
    for packet in packets:
        for key, value in packet.items():
            lines += [f"{key}: {item}\r\n" for item in (value if isinstance(value, list) else [value])]
        lines.append("\r\n")
    return "".join(lines).encode()


def jsonl(*packets: object) -> bytes:
    return "".join(json.dumps(packet, ensure_ascii=False) + "\n" for packet in packets).encode()


def replay(*paths: object, **options: object) -> tuple[list[Event], Exception | None]:
    """All values of the source, and the error that ended it."""
    got: list[Event] = []
    errors: list[Exception] = []
    completed: list[bool] = []
    source = sources.file(*paths, **options)  # type: ignore[arg-type]  # each test gives what it is about
    source.subscribe(got.append, errors.append, lambda: completed.append(True))
    assert len(errors) + len(completed) == 1
    return got, errors[0] if errors else None


def events(values: list[Event]) -> list[AmiEvent]:
    return [value for value in values if isinstance(value, AmiEvent)]


def anomalies(values: list[Event]) -> list[str]:
    return [value.what for value in values if isinstance(value, Anomaly)]


def source_events(values: list[Event]) -> list[SourceEvent]:
    return [value for value in values if isinstance(value, SourceEvent)]


FORMATS: dict[str, bytes] = {
    "raw": raw(*HEADERS),
    "raw with unix line ends": raw(*HEADERS).replace(b"\r\n", b"\n"),
    "raw without greeting": raw(*HEADERS, greeting=False),
    "lines": jsonl(*HEADERS),
    "lines with answers": jsonl({"Response": "Success"}, *HEADERS),
    "lines with a byte order mark": b"\xef\xbb\xbf" + jsonl(*HEADERS),
    "lines without the last line end": jsonl(*HEADERS).rstrip(b"\n"),
    "lines with CRLF": jsonl(*HEADERS).replace(b"\n", b"\r\n\r\n"),
    "array": json.dumps([{"content": "", **packet} for packet in HEADERS]).encode(),
    "array, pretty": json.dumps(HEADERS, indent=2, ensure_ascii=False).encode(),
    "array, one a line": b"[\n" + jsonl(*HEADERS).rstrip(b"\n").replace(b"}\n", b"},\n") + b"\n]\n",
}


@pytest.mark.parametrize("form", FORMATS)
def test_the_format_is_known_from_the_content(tmp_path: Path, form: str) -> None:
    path = tmp_path / "recording.bin"
    path.write_bytes(FORMATS[form])
    values, error = replay(path)
    assert error is None
    assert [event.headers for event in events(values)] == HEADERS
    assert not anomalies(values)


@pytest.mark.parametrize("form", FORMATS)
@given(cuts=st.lists(st.integers(0, 1200), max_size=12))
def test_it_does_not_matter_how_the_bytes_are_cut(form: str, cuts: list[int]) -> None:
    data = FORMATS[form]
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    decoder = Decoder("x")
    values = [value for start, end in pairwise(places) for value in decoder.feed(data[start:end])]
    values += decoder.finish()
    assert [event.headers for event in events(values)] == HEADERS
    assert [event.received for event in events(values)] == [
        1795389400.640891,
        1795389400.640891,
        1795389400.75,
        1795389401.5,
    ]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_packed_recordings_are_unpacked_whatever_their_name(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "recording"
    half = len(FORMATS["lines"]) // 2
    path.write_bytes(pack(FORMATS["lines"][:half]) + pack(FORMATS["lines"][half:]))  # two streams, as `cat` makes
    values, error = replay(path)
    assert error is None
    assert [event.headers for event in events(values)] == HEADERS


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_of_a_cut_off_packed_recording_the_beginning_is_used(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    many = b"".join(
        jsonl({"Event": "Hangup", "Uniqueid": os.urandom(200).hex()}) for _ in range(3000)
    )  # more than one block of either format
    path = tmp_path / "recording"
    packed = pack(many)
    path.write_bytes(packed[: len(packed) * 3 // 4])
    values, error = replay(path)
    assert 0 < len(events(values)) < 3000
    assert isinstance(error, sources.DamagedRecordingError)
    assert "data ends in the middle; what could be read was used" in str(error)


def test_several_recordings_are_one_stream() -> None:
    first, second = io.BytesIO(raw(*HEADERS[:2])), io.BytesIO(raw(*HEADERS[2:]))
    values, error = replay(first, second)
    assert error is None
    assert [event.name for event in events(values)] == ["FullyBooted", "Newchannel", "VarSet", "Hangup"]
    assert [event.kind for event in source_events(values)] == ["connected", "lost", "connected"]
    assert source_events(values)[1].time == "2026-11-22T23:16:40.640891Z"


def test_wanted_leaves_all_other_events_out() -> None:
    for form in ("raw", "lines", "array"):
        values, _ = replay(io.BytesIO(FORMATS[form]), wanted={"Newchannel", "Hangup"})
        assert [event.name for event in events(values)] == ["Newchannel", "Hangup"]


def test_an_event_without_timestamp_happened_when_the_one_before_it_did() -> None:
    values, _ = replay(io.BytesIO(jsonl(*HEADERS, {"Event": "FullyBooted"})))
    assert [event.timestamp for event in events(values)][-2:] == [1795389401.5, 1795389401.5]


def test_the_server_is_named_by_the_user_else_by_the_recording_else_pbx() -> None:
    text = jsonl(
        {"Event": "FullyBooted"},
        {"Source": "connected", "Server": "pbx1", "Time": "1795389588.42", "Detail": "AMI 11"},
        {"Event": "FullyBooted"},
    )
    values, _ = replay(io.BytesIO(text))
    assert [value.server for value in events(values)] == ["pbx", "pbx1"]
    assert source_events(values) == [
        SourceEvent(
            server="pbx1", time="2026-11-22T23:19:48.420000Z", kind="connected", detail="AMI 11", takes_stock=True
        )
    ]
    values, _ = replay(io.BytesIO(text), server="mine")
    assert {value.server for value in events(values)} == {"mine"}


def test_a_lost_connection_is_told() -> None:
    values, _ = replay(io.BytesIO(jsonl(HEADERS[1], {"Lab": "connection lost"}, HEADERS[0])))
    assert [value.kind for value in source_events(values)] == ["lost"]


def test_a_connection_that_follows_another_one_means_that_the_first_was_lost() -> None:
    connected = {"Source": "connected", "Server": "pbx1"}
    values, _ = replay(io.BytesIO(jsonl(connected, HEADERS[1], connected, HEADERS[0])))
    assert [value.kind for value in source_events(values)] == ["connected", "lost", "connected"]
    torn = raw(HEADERS[1])[:-40] + raw(HEADERS[0])
    values, error = replay(io.BytesIO(torn))
    assert error is None
    assert [value.kind for value in source_events(values)] == ["connected", "lost", "connected"]
    assert "torn by a new connection" in anomalies(values)[0]


def test_a_torn_last_packet_is_dropped_and_said() -> None:
    values, error = replay(io.BytesIO(raw(*HEADERS)[:-30]))
    assert error is None
    assert [event.name for event in events(values)] == ["FullyBooted", "Newchannel", "VarSet"]
    place = len(raw(*HEADERS[:3]))
    assert anomalies(values) == [f"the last packet is torn and was dropped, at byte {place} of the open file"]


def test_a_caller_whose_name_is_a_greeting_is_no_new_connection() -> None:
    hostile: dict[str, str | list[str]] = {
        "Event": "Newchannel",
        "CallerIDName": "Asterisk Call Manager/5.0",
        "Uniqueid": "1.1",
    }
    values, _ = replay(io.BytesIO(raw(hostile)))
    assert [event.headers for event in events(values)] == [hostile]
    assert [value.kind for value in source_events(values)] == ["connected"]


SNAPSHOT = dict.fromkeys((
    "Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
    "ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid",
), "1")  # fmt: skip


def test_in_json_too_a_call_event_has_all_of_its_channel_once_that_was_seen() -> None:
    bare, whole = {"Event": "Hangup", "Uniqueid": "2"}, {"Event": "Newstate", **SNAPSHOT}
    values, _ = replay(io.BytesIO(jsonl(bare, bare, whole, bare, whole)))
    assert [event.name for event in events(values)] == ["Hangup", "Hangup", "Newstate", "Newstate"]
    assert anomalies(values) == [
        "Hangup lacks headers of a channel, which this server always writes, at line 4 of the open file"
    ]


def test_in_json_too_a_list_has_to_be_announced_once_one_was() -> None:
    item = {"Event": "CoreShowChannel", "ActionID": "1", **SNAPSHOT}
    forged = {"Event": "CoreShowChannelsComplete", "ListItems": "0"}
    follows = {"Response": "Success", "ActionID": "1", "EventList": "start"}
    values, _ = replay(io.BytesIO(jsonl(forged, follows, item, item, forged)))
    assert [event.name for event in events(values)] == [
        "CoreShowChannelsComplete", "CoreShowChannel", "CoreShowChannel"
    ]  # fmt: skip
    assert anomalies(values) == [
        "CoreShowChannelsComplete is the answer to a question that nobody asked, at line 5 of the open file"
    ]


def test_values_that_are_no_text_become_the_text_that_asterisk_would_send() -> None:
    text = jsonl({"Event": "X", "A": 3, "B": 1.5, "C": True, "D": None, "E": [1, "2"], "F": ["a"], "G": []})
    (event,) = events(replay(io.BytesIO(text))[0])
    assert event.headers == {
        "Event": "X", "A": "3", "B": "1.5", "C": "1", "D": "", "E": ["1", "2"], "F": "a", "G": "",
    }  # fmt: skip


def test_bytes_that_are_no_utf8_survive() -> None:
    for data in (
        b'{"Event": "X", "CallerIDName": "Jos\xe9"}\n',
        b'{"Event": "X", "CallerIDName": "Jos\\udce9"}\n',
        b"Event: X\r\nCallerIDName: Jos\xe9\r\n\r\n",
    ):
        (event,) = events(replay(io.BytesIO(data))[0])
        assert event["CallerIDName"] == "Jos\udce9"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b'{"Event": "Newst\n', "line 2 of the open file is not JSON: "),
        (b'{"Event": "X", "A": {"b": "c"}}\n', "line 2 of the open file has a header that holds an object"),
        (b"[1, 2]\n", "line 2 of the open file is no JSON object"),
        (b"\x00\xff\x00\n", "line 2 of the open file is not JSON: "),
        (b"[" * 100_000 + b"\n", "line 2 of the open file is not JSON: "),
        (b'{"Event": "' + b"x" * (1 << 20) + b'"}\n', "line 2 of the open file is larger than 1048576 bytes"),
    ],
)
def test_a_damaged_line_harms_no_other(line: bytes, what: str) -> None:
    values, error = replay(io.BytesIO(jsonl(HEADERS[0]) + line + jsonl(*HEADERS[1:])))
    assert [event.headers for event in events(values)] == HEADERS
    assert len(anomalies(values)) == 1
    assert anomalies(values)[0].startswith(what)
    assert isinstance(error, sources.DamagedRecordingError)
    assert str(error).startswith("the open file: damaged at line 2: it ")
    assert str(error).endswith("; what could be read was used")


@pytest.mark.parametrize(
    "damage",
    [b'{"Event": "Newst', b'{"Event": "X", "A": "b",', b'{"Event" "X"},', b"garbage,", b'{"A": {"Event": 1}},'],
)
def test_damage_in_an_array_harms_no_other_event(damage: bytes) -> None:
    lines = [json.dumps(packet).encode() for packet in HEADERS]
    values, error = replay(io.BytesIO(b"[" + lines[0] + b",\n" + damage + b"\n" + b",\n".join(lines[1:]) + b"]"))
    assert [
        event.headers for event in events(values) if "Privilege" in event.headers or "Timestamp" in event.headers
    ] == HEADERS
    assert isinstance(error, sources.DamagedRecordingError)
    assert str(error).startswith("the open file: damaged at line 2: it ")


def test_an_array_that_was_cut_off_is_damaged() -> None:
    values, error = replay(io.BytesIO(FORMATS["array, pretty"][:-60]))
    assert [event.headers for event in events(values)] == HEADERS[:3]
    assert isinstance(error, sources.DamagedRecordingError)
    values, error = replay(io.BytesIO(FORMATS["array, pretty"].rstrip(b"]")))
    assert [event.headers for event in events(values)] == HEADERS
    assert "ends before the array does" in str(error)


def test_an_object_that_is_no_event_is_an_anomaly() -> None:
    values, error = replay(io.BytesIO(jsonl(HEADERS[0], {"Foo": "bar"}, {"Source": "made up"})))
    assert error is None
    assert anomalies(values) == [
        "line 2 of the open file has no Event header",
        "line 3 of the open file has an unknown marker",
    ]


@pytest.mark.parametrize("first", [{"Source": "connected"}, {"Response": "Success"}])
def test_damage_before_the_first_good_line_is_told_whatever_that_line_is(first: dict[str, str]) -> None:
    values, error = replay(io.BytesIO(b'{"Event": "Newst\n' + jsonl(first)))
    assert [what.partition(" is not JSON")[0] for what in anomalies(values)] == ["line 1 of the open file"]
    assert isinstance(error, sources.DamagedRecordingError)


@pytest.mark.parametrize("size", [1, 100, 10_000])
def test_a_hundred_bad_lines_and_no_good_one_are_no_recording_however_they_are_cut(size: int) -> None:
    def decode(bad: int) -> list[Event]:
        data = b"{x\n" * bad + jsonl(*HEADERS)
        decoder = Decoder("x")
        values = [value for at in range(0, len(data), size) for value in decoder.feed(data[at : at + size])]
        return values + decoder.finish()

    assert len(decode(99)) == 99 + len(HEADERS)
    with pytest.raises(SourceError, match="x is no AMI recording"):
        decode(100)


def test_what_cannot_be_a_recording_is_one_clear_line(tmp_path: Path) -> None:
    def error_of(content: bytes) -> str:
        path = tmp_path / "x"
        path.write_bytes(content)
        values, error = replay(path)
        assert not values
        assert type(error) is SourceError
        return str(error).replace(str(path), "FILE")

    expected = "FILE is no AMI recording: expected packets as JSON, or 'Asterisk Call Manager/…', found "
    assert error_of(b"\x89PNG\r\n\x1a\n" + b"\0" * 100).startswith(expected)
    assert error_of(b"SIP/2.0 200 OK\x1b[31m\r\n") == expected + r"'SIP/2.0 200 OK\x1b[31m\r\n'"
    assert error_of(b'{\n "name": "left-pad"\n}\n').startswith(expected)
    assert error_of(b'{"name": "left-pad"}').startswith(expected)
    assert error_of(b"{" * 200 + b"\n{" * 200).startswith(expected)
    assert error_of(b"") == "FILE is empty: there is nothing to replay"
    assert error_of(b" \n\n") == "FILE is empty: there is nothing to replay"
    assert error_of(gzip.compress(b"")) == "FILE is empty: there is nothing to replay"


def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    good = tmp_path / "good"
    good.write_bytes(FORMATS["lines"])
    for path, what in (
        (tmp_path / "nope", "no such file"),
        (tmp_path, "is a folder: name the recordings in it"),
        ("a\0b", "cannot be a path"),
    ):
        values, error = replay(good, path)
        assert not values  # better to fail before anything was emitted
        assert type(error) is SourceError
        assert str(error).endswith(what)
    _, error = replay(io.StringIO("{}"))
    assert "open it in binary mode" in str(error)


def test_a_missing_zstd_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "zstandard", None)
    path = tmp_path / "x.zst"
    path.write_bytes(zstandard.compress(b"{}"))
    _, error = replay(path)
    assert str(error) == f"{path} is packed with zstd: pip install 'cacofonisk[zstd]', or unpack it first"


def test_wrong_arguments_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="at least one recording"):
        sources.file()
    for speed in (0, -1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="speed must be a number above 0"):
            sources.file("x", speed=speed)


def test_disposing_stops_reading() -> None:
    class Endless(io.RawIOBase):
        chunks = 0

        def read(self, size: int = -1) -> bytes:  # noqa: ARG002  # as every file has it
            self.chunks += 1
            return FORMATS["lines"]

    endless = Endless()
    got: list[Event] = []
    sources.file(endless).pipe(ops.take(2)).subscribe(got.append)  # type: ignore[arg-type]  # has what is needed of a BinaryIO
    assert len(got) == 2
    assert endless.chunks == 1


def test_disposing_wakes_a_reader_that_waits_for_a_pipe() -> None:
    readable, writable = os.pipe()
    os.write(writable, jsonl(HEADERS[0]) + jsonl(HEADERS[1]))
    first = threading.Event()
    scheduled: list[object] = []
    errors: list[Exception] = []

    def read() -> None:
        def subscribe(*_: object) -> None:
            scheduled.append(sources.file(f"/dev/fd/{readable}").subscribe(lambda _: first.set(), errors.append))

        # Within a trampoline the subscription is there before the reading begins.
        from reactivex.scheduler import CurrentThreadScheduler

        CurrentThreadScheduler.singleton().schedule(subscribe)

    thread = threading.Thread(target=read)
    thread.start()
    assert first.wait(30)
    scheduled[0].dispose()  # type: ignore[attr-defined]  # a disposable
    thread.join(30)
    assert not thread.is_alive()
    assert not errors
    os.close(readable)
    os.close(writable)


def test_it_can_be_subscribed_again(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(FORMATS["raw"])
    source = sources.file(path)
    for _ in range(2):
        got: list[Event] = []
        source.subscribe(got.append)
        assert [event.headers for event in events(got)] == HEADERS


def test_a_bug_of_the_observer_reaches_whoever_subscribed() -> None:
    def bug(_: Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sources.file(io.BytesIO(FORMATS["lines"])).subscribe(bug)
    assert replay(io.BytesIO(FORMATS["lines"]))[1] is None


def test_progress_counts_the_bytes_that_were_read(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(FORMATS["lines"]))
    size = path.stat().st_size
    heard: list[tuple[int, int]] = []
    replay(path, path, on_progress=lambda done, total: heard.append((done, total)))
    assert heard == [(size, 2 * size), (2 * size, 2 * size)]


def stamped(*times: float) -> io.BytesIO:
    return io.BytesIO(jsonl(*({"Event": "X", "Timestamp": str(time)} for time in times)))


@pytest.mark.parametrize(("speed", "expected"), [(1, [200, 201.5, 201.5, 202]), (0.5, [200, 203, 203, 204])])
def test_a_replay_in_original_time_on_a_virtual_clock(speed: float, expected: list[float]) -> None:
    scheduler = TestScheduler()
    recording = stamped(1000, 1001.5, 1001.25, 1002)  # the third steps back: no wait, and no debt
    results = scheduler.start(lambda: sources.file(recording, speed=speed), disposed=1000)
    times = [message.time for message in results.messages]
    assert times == pytest.approx([*expected, expected[-1]], abs=0.001)  # the end comes with the last event


def test_the_next_recording_follows_at_once_however_old_it_is() -> None:
    scheduler = TestScheduler()
    results = scheduler.start(lambda: sources.file(stamped(1000, 1001), stamped(5, 7), speed=1), disposed=1000)
    assert [message.time for message in results.messages] == pytest.approx([200, 201, 201, 203, 203], abs=0.001)


def test_disposing_ends_a_timed_replay() -> None:
    scheduler = TestScheduler()
    results = scheduler.start(lambda: sources.file(stamped(1000, 1001, 1005), speed=1), disposed=203)
    assert [message.time for message in results.messages] == [200, 201]


def test_a_replay_without_scheduler_waits_on_its_own_thread() -> None:
    got: list[Event] = []
    sources.file(stamped(1000, 1000.02), speed=10).subscribe(got.append)
    assert len(got) == 2


class TestFramer:
    """The framing that live connections share."""

    def test_the_greeting_is_given_before_anything_follows_it(self) -> None:
        framer = Framer()
        assert framer.feed(b"Asterisk Call Mana") == []
        assert framer.feed(b"ger/5.0.4\r\n") == [Greeting("5.0.4")]
        assert framer.feed(b"Response: Success\r\nMessage: x\r\n\r\n") == [
            Answer({"Response": "Success", "Message": "x"})
        ]

    def test_an_event_that_has_a_response_header_is_an_event(self) -> None:
        (event,) = Framer(server="pbx1").feed(
            b"Event: OriginateResponse\r\nResponse: Failure\r\nReason: 5\r\n\r\n", 12.5
        )
        assert isinstance(event, AmiEvent)
        assert (event.name, event["Response"], event.server, event.received) == (
            "OriginateResponse", "Failure", "pbx1", 12.5,
        )  # fmt: skip

    def test_an_event_that_does_not_begin_with_its_name_is_an_event(self) -> None:
        packets = Framer({"Foo"}).feed(b"Privilege: call,all\r\nEvent: Foo\r\n\r\nA: b\r\nEvent: Bar\r\n\r\n")
        assert [packet.name for packet in packets if isinstance(packet, AmiEvent)] == ["Foo"]
        assert len(packets) == 1

    def test_a_packet_of_one_line(self) -> None:
        (event,) = Framer().feed(b"Event: Foo\r\n\r\n")
        assert isinstance(event, AmiEvent)
        assert event.headers == {"Event": "Foo"}

    def test_what_is_no_packet_is_told_with_its_place(self) -> None:
        event, bad = Framer().feed(b"Event: Foo\r\n\r\nsmuggled\r\nCause: 1\r\n\r\n")
        assert isinstance(event, AmiEvent)
        assert bad == BadPacket("a packet has no Event header", 14, b"smuggled\r\nCause: 1")

    @pytest.mark.parametrize("size", [1, 7, 100, 5000])
    def test_a_packet_that_is_too_large_is_dropped_and_the_stream_goes_on(self, size: int) -> None:
        framer = Framer(limit=1000)
        data = b"Event: A\r\n\r\nEvent: B\r\nX: " + b"x" * 3000 + b"\r\n\r\nEvent: C\r\n\r\n"
        packets = [p for at in range(0, len(data), size) for p in framer.feed(data[at : at + size])]
        assert [p.name if isinstance(p, AmiEvent) else type(p) for p in packets] == ["A", BadPacket, "C"]
        assert packets[1].what == "a packet is larger than 1000 bytes and was dropped"  # type: ignore[union-attr]  # the line above says what it is
        assert packets[1].at == 12  # type: ignore[union-attr]  # as above

    @given(st.lists(st.binary(max_size=60), max_size=20))
    def test_no_bytes_break_it(self, chunks: list[bytes]) -> None:
        framer = Framer()
        for chunk in chunks:
            framer.feed(chunk)
        framer.finish()


@pytest.mark.parametrize("write", [raw, jsonl], ids=["raw", "jsonl"])
def test_a_timestamp_of_the_dialplan_stands_behind_that_of_asterisk(
    tmp_path: Path, write: Callable[..., bytes]
) -> None:
    """A UserEvent may hold whatever the dialplan writes."""
    stamps: list[str] = ["1795389400.640891", "yesterday"]
    packet = {"Event": "UserEvent", "Privilege": "user,all", "Timestamp": stamps, "UserEvent": "Bill", "Note": "x"}
    path = tmp_path / "x.rec"
    path.write_bytes(write(packet, {**packet, "Timestamp": "1795389401.5"}))
    got, error = replay(path)
    found = [event for event in got if isinstance(event, AmiEvent)]
    assert error is None
    assert [event.timestamp for event in found] == [1795389400.640891, 1795389401.5]
    assert found[0].headers["Timestamp"] == stamps
