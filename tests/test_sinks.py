"""Sinks: what a line looks like, what a failing one harms, what a killed one leaves."""

from __future__ import annotations

import json
import logging
import os
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest
from reactivex import Subject, from_iterable, throw

from cacofonisk import events, sinks
from cacofonisk.ami_event import AmiEvent
from cacofonisk.errors import SinkError
from cacofonisk.sinks import _registry
from cacofonisk.sinks.http.options import HttpOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cacofonisk.events import CallEvent, Event

KNOWN = ", ".join(f"{scheme}:" for scheme in _registry.known())
NOW = "2026-11-22T12:19:48.426123Z"


def party(number: str, name: str = "", exten: str = "", *, is_public: bool = True) -> events.Party:
    return events.Party(f"PJSIP/{number}-1", f"1.{number}", number, name, "", is_public, exten)


ALICE = party("201", "Alice A", "202")
BOB = party("202", "Bob B")
CAROL = party("203", "Carol C")
BASE: dict[str, Any] = {"call_id": "1.201", "server": "pbx1", "time": NOW}
STARTED = events.Started(**BASE, caller=ALICE, linkedid="1.201")

LINES: list[tuple[CallEvent, str]] = [
    (STARTED, "201 Alice A calls 202"),
    (
        events.Started(**BASE, caller=party("", "Alice"), direction="inbound", linkedid=""),
        "Alice starts a call (inbound)",
    ),
    (
        events.Started(**BASE, caller=party("201", "201", "9", is_public=False), linkedid=""),
        "201 (withheld) calls 9",
    ),
    (
        events.Queued(**BASE, caller=ALICE, queue="support", position=2),
        "201 Alice A waits in queue support at position 2",
    ),
    (
        events.QueueLeft(**BASE, caller=ALICE, queue="q", reason="connected", agent=BOB, waited_s=12.34),
        "201 Alice A left queue q after 12.3 s: connected to 202 Bob B",
    ),
    (
        events.QueueLeft(**BASE, caller=ALICE, queue="q", reason="abandoned", agent=None, waited_s=75),
        "201 Alice A left queue q after 1:15 min: abandoned",
    ),
    (events.Ringing(**BASE, caller=ALICE, targets=[BOB]), "202 Bob B rings"),
    (events.Ringing(**BASE, caller=ALICE, targets=[BOB, CAROL]), "202 Bob B and 203 Carol C ring"),
    (
        events.Ringing(**BASE, caller=None, targets=[ALICE, BOB, CAROL]),
        "201 Alice A, 202 Bob B and 203 Carol C ring, called by the PBX",
    ),
    (
        events.RingingStopped(**BASE, caller=ALICE, target=BOB, reason="busy"),
        "202 Bob B stopped ringing: busy",
    ),
    (events.Up(**BASE, caller=ALICE, callee=BOB), "201 Alice A talks with 202 Bob B"),
    (
        events.Up(**BASE, caller=ALICE, callee=BOB, inferred=True),
        "201 Alice A talks with 202 Bob B (inferred)",
    ),
    (
        events.Transfer(**BASE, kind="attended", transferer=BOB, transferee=ALICE, targets=[CAROL], exten="203"),
        "202 Bob B transferred 201 Alice A to 203 Carol C (attended)",
    ),
    (
        events.Transfer(**BASE, kind="blind", transferer=BOB, transferee=ALICE, targets=[], exten="203"),
        "202 Bob B transferred 201 Alice A to 203 (blind)",
    ),
    (
        events.TransferFailed(
            **BASE, kind="blind", transferer=BOB, transferee=None, targets=[], exten="999", reason="Invalid"
        ),
        "202 Bob B could not transfer somebody to 999 (blind): Invalid",
    ),
    (events.Forward(**BASE, by=BOB, exten="203", how="302"), "202 Bob B forwarded the call to 203 (302)"),
    (
        events.Pickup(**BASE, by=CAROL, caller=ALICE, targets=[BOB]),
        "203 Carol C picked up the call of 201 Alice A for 202 Bob B",
    ),
    (events.Hold(**BASE, by=BOB), "202 Bob B put the other on hold"),
    (events.Unhold(**BASE, by=BOB), "202 Bob B took the other back from hold"),
    (events.Parked(**BASE, caller=ALICE, by=BOB, space="701"), "201 Alice A was parked on 701 by 202 Bob B"),
    (events.Parked(**BASE, caller=ALICE, by=None, space="701"), "201 Alice A was parked on 701"),
    (
        events.Unparked(**BASE, caller=ALICE, by=CAROL, space="701", reason="retrieved"),
        "203 Carol C took 201 Alice A from parking space 701",
    ),
    (
        events.Unparked(**BASE, caller=ALICE, by=None, space="701", reason="timeout"),
        "201 Alice A left parking space 701: nobody took it",
    ),
    (events.Joined(**BASE, party=ALICE, room="900", count=1), "201 Alice A joined 900 (1 person in it)"),
    (events.Left(**BASE, party=ALICE, room="900", count=2), "201 Alice A left 900 (2 people in it)"),
    (
        events.CallerIdChanged(**BASE, party=BOB, previous=party("202"), cause="lookup"),
        "202 is now 202 Bob B (lookup)",
    ),
    (
        events.UserEvent(**BASE, name="Note", fields={"A": "b", "C": ["d", "e"]}, party=ALICE),
        "user event Note of 201 Alice A: A=b C=d, e",
    ),
    (
        events.Hangup(**BASE, caller=ALICE, callee=BOB, reason="completed", answered="person", ring_s=0.3, talk_s=4.2),
        "201 Alice A and 202 Bob B hung up: completed, rang 0.3 s, talked 4.2 s",
    ),
    (
        events.Hangup(**BASE, caller=ALICE, callee=None, reason="busy", answered=None, ring_s=0.0, talk_s=3725.4),
        "201 Alice A hung up: busy, talked 1:02:05 h",
    ),
]


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def shown(values: list[Event], capsys: pytest.CaptureFixture[str], **options: object) -> str:
    from_iterable(values).subscribe(sinks.stdout(**options))  # type: ignore[arg-type]  # each test gives what it is about
    return capsys.readouterr().out


@pytest.mark.parametrize(("event", "said"), LINES)
def test_every_kind_of_event_is_one_line_for_people(
    event: CallEvent, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown([event], capsys) == f"12:19:48.426  #1   {said}\n"


def test_no_kind_is_without_a_line() -> None:
    assert {kind.__name__ for kind in events.CallEvent.__subclasses__()} == {type(event).__name__ for event, _ in LINES}


def test_calls_are_numbered_as_they_appear(capsys: pytest.CaptureFixture[str]) -> None:
    def on(call_id: str | None) -> events.Hold:
        return events.Hold(**{**BASE, "call_id": call_id}, by=BOB)

    marks = [line.split()[1] for line in shown([on("a"), on("b"), on("a"), on(None)], capsys).splitlines()]
    assert marks == ["#1", "#2", "#1", "-"]


def test_only_call_events_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    others: list[Event] = [
        AmiEvent({"Event": "Newchannel"}),
        events.Anomaly(server="", time=NOW, what="odd", packet={}),
        events.SourceEvent(server="", time=NOW, kind="lost"),
    ]
    assert shown(others, capsys) == ""
    assert shown(others, capsys, format="jsonl") == ""


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\r\nb", r"a\x0d\x0ab"),
        ("abc\u202edef", r"abc\u202edef"),
        ("\u2066x\u200f", r"\u2066x\u200f"),
        ("\U000e0041", r"\U000e0041"),
        ("Jos\udce9", r"Jos\udce9"),
        ("Zoë\u00a0von Ñ 漢字", "Zoë von Ñ 漢字"),
        ("x" * 200, "x" * 79 + "…"),
        # Nothing is drawn for these, and all are `printable`.
        ("Al\ufe0fi\u034fce", r"Al\ufe0fi\u034fce"),
        ("\u3164\u115f\u2800\U000e0100", r"\u3164\u115f\u2800\U000e0100"),
        # Marks are drawn over what stands before them.
        ("\u0336x \u20e0", r"\u0336x \u20e0"),
        ("e\u0301\u0302\u0303\u0304\u0305\u0306", "e\u0301\u0302\u0303\u0304" + r"\u0305\u0306"),
        ("\u1100" + "\u1161" * 5, "\u1100" + "\u1161" * 4 + r"\u1161"),
        # What people are called in their own scripts.
        ("Jose\u0301 हिन्दी कों ไก่ 각 שָׁלוֹם مُحَمَّد", "Jose\u0301 हिन्दी कों ไก่ 각 שָׁלוֹם مُحَمَّد"),
    ],
)
def test_a_hostile_name_is_shown_harmlessly(name: str, safe: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = shown([events.Hold(**BASE, by=party("202", name))], capsys)
    assert line == f"12:19:48.426  #1   202 {safe} put the other on hold\n"


def test_json_has_the_fields_in_their_order() -> None:
    text = sinks.to_json(STARTED)
    assert text.endswith(b"}\n")
    assert list(json.loads(text)) == [
        "event", "call_id", "server", "time", "sequence", "inferred", "caller", "direction", "linkedid",
    ]  # fmt: skip
    assert list(json.loads(text)["caller"]) == [
        "channel", "uniqueid", "number", "name", "code", "is_public", "exten",
    ]  # fmt: skip


def test_json_of_what_was_no_utf8() -> None:
    event = events.UserEvent(**BASE, name="x", fields={"a\udce9": ["b\udcff"]}, party=party("1", "Jos\udce9"))
    said = json.loads(sinks.to_json(event))
    assert said["fields"] == {"a\ufffd": ["b\ufffd"]}
    assert said["party"]["name"] == "Jos\ufffd"


def test_json_is_one_line_for_every_reader_and_harmless_to_look_at() -> None:
    name = "Zoë\x85\u2028\u2029\x9b31m\u202e\u2066\u200f\x1b[2J 東"
    line = sinks.to_json(events.Hold(**BASE, by=party("202", name)))
    assert json.loads(line)["by"]["name"] == name
    assert len(line.decode().splitlines()) == 1
    assert line.decode().removesuffix("\n").isprintable()
    assert "Zoë" in line.decode()


class Failing(sinks.Sink):
    """Fails at one of its steps."""

    def __init__(self, at: str, **options: Callable[[Exception], None]) -> None:
        super().__init__(**options)
        self.steps: list[str] = []
        self._at = at

    def _step(self, name: str) -> None:
        self.steps.append(name)
        if name == self._at:
            raise SinkError(f"no {name}")

    def open(self) -> None:
        self._step("open")

    def write(self, event: Event) -> None:  # noqa: ARG002  # what it is makes no difference
        self._step("write")

    def flush(self) -> None:
        self._step("flush")

    def close(self) -> None:
        self._step("close")


@pytest.mark.parametrize(
    ("at", "steps"),
    [
        ("nowhere", ["open", "write", "write", "flush", "close"]),
        ("open", ["open", "close"]),
        ("write", ["open", "write", "close"]),
        ("flush", ["open", "write", "write", "flush", "close"]),
        ("close", ["open", "write", "write", "flush", "close"]),
    ],
)
def test_a_failing_sink_harms_neither_the_source_nor_the_others(at: str, steps: list[str]) -> None:
    told: list[Exception] = []
    failing, other = Failing(at, on_failure=told.append), sinks.list_()
    source: Subject[Event] = Subject()
    source.subscribe(failing)
    source.subscribe(other)
    for event in (STARTED, STARTED):
        source.on_next(event)
    source.on_completed()
    assert failing.steps == steps
    assert failing.closed
    assert [str(error) for error in told] == ([] if at == "nowhere" else [f"no {at}"])
    assert failing.error is (told[0] if told else None)
    assert other.events == [STARTED, STARTED]
    assert other.completed


def test_without_a_callback_failures_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    from_iterable([STARTED]).subscribe(Failing("write"))
    throw(SinkError("gone")).subscribe(sinks.list_())
    assert caplog.record_tuples == [
        ("cacofonisk.sinks", logging.ERROR, "the sink Failing failed: no write"),
        ("cacofonisk.sinks", logging.ERROR, "the source failed: gone"),
    ]


def test_a_sink_is_flushed_and_closed_when_the_source_fails_or_it_is_disposed_of() -> None:
    sink = Failing("nowhere", on_failure=lambda _: None)
    throw(ValueError("x")).subscribe(sink)
    assert isinstance(sink.source_error, ValueError)
    assert sink.closed
    with Failing("nowhere") as sink:
        sink.on_next(STARTED)
    sink.on_next(STARTED)
    sink.dispose()
    assert sink.steps == ["open", "write", "flush", "close"]


def test_a_delivery_feeds_all_sinks_from_one_subscription() -> None:
    subscriptions: list[object] = []
    source: Subject[Event] = Subject()
    failing, one, two = Failing("write", on_failure=lambda _: None), sinks.list_(), sinks.list_()
    delivery = sinks.Delivery(failing, one, two)
    delivery.start(source)
    subscriptions += source.observers
    source.on_next(STARTED)
    source.on_next(STARTED)
    assert len(subscriptions) == 1
    assert one.events == two.events == [STARTED, STARTED]
    assert failing.steps == ["open", "write", "close"]
    delivery.dispose()
    assert not source.observers
    assert one.closed


def test_a_delivery_ends_when_all_its_sinks_have_ended() -> None:
    source: Subject[Event] = Subject()
    sinks.Delivery(Failing("write", on_failure=lambda _: None)).start(source)
    source.on_next(STARTED)
    assert not source.observers


def test_a_delivery_whose_sink_cannot_be_opened_never_subscribes() -> None:
    source: Subject[Event] = Subject()
    other = Failing("nowhere")
    with pytest.raises(SinkError, match="no open"):
        sinks.Delivery(other, Failing("open")).start(source)
    assert not source.observers
    assert other.steps == ["open", "flush", "close"]


def test_how_a_delivery_ended() -> None:
    delivery = sinks.Delivery(sinks.list_())
    delivery.start(throw(ValueError("x")))
    assert str(delivery.error) == "x"
    assert not delivery.completed
    delivery = sinks.Delivery(sinks.list_())
    delivery.start(from_iterable([STARTED]))
    assert delivery.completed


def test_a_file_gets_one_whole_line_per_event_at_once(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    sink = sinks.file(path)
    sink.on_next(STARTED)
    assert path.read_bytes() == sinks.to_json(STARTED)  # before any flush or close: what kill -9 would leave
    sink.on_next(AmiEvent({"Event": "Newchannel"}))
    sink.on_completed()
    with sinks.file(path) as again:
        again.on_next(STARTED)
    assert path.read_bytes() == sinks.to_json(STARTED) * 2


def test_a_file_that_cannot_be_opened_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"calls\.jsonl: there is no folder .*/nope; make it first$"):
        sinks.file(tmp_path / "nope" / "calls.jsonl")
    with pytest.raises(SinkError, match="cannot be written: is a directory"):
        sinks.file(tmp_path)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a full device")  # noqa: PTH110  # shorter
def test_a_full_disk_is_one_clear_line() -> None:
    sink = sinks.FileSink("/dev/full", on_failure=lambda _: None)
    from_iterable([STARTED, STARTED]).subscribe(sink)
    assert str(sink.error) == "/dev/full cannot be written: no space left on device"


def test_standard_output_may_collect_lines(capfd: pytest.CaptureFixture[str]) -> None:
    print("before")
    sink = sinks.stdout("jsonl", hold=1000)
    sink.on_next(STARTED)
    assert capfd.readouterr().out == "before\n"
    for _ in range(3):
        sink.on_next(STARTED)
    line = sinks.to_json(STARTED).decode()
    assert capfd.readouterr().out == line * 4
    sink.on_next(STARTED)
    assert capfd.readouterr().out == ""
    sink.dispose()
    assert capfd.readouterr().out == line


def test_standard_output_knows_two_formats() -> None:
    with pytest.raises(ValueError, match="format is 'text' or 'jsonl', not 'xml'"):
        sinks.stdout("xml")  # type: ignore[arg-type]  # that is the mistake


def test_a_sink_is_found_by_its_name(tmp_path: Path) -> None:
    out, lines, file = map(sinks.sink_for, ("stdout:", "stdout:jsonl", f"file:{tmp_path}/a:b"))
    assert isinstance(out, sinks.StdoutSink)
    assert out.format == "text"
    assert isinstance(lines, sinks.StdoutSink)
    assert lines.format == "jsonl"
    assert isinstance(file, sinks.FileSink)
    assert file.path == f"{tmp_path}/a:b"


def test_a_scheme_may_be_written_in_capitals(tmp_path: Path) -> None:
    out, file, webhook = map(sinks.sink_for, ("Stdout:jsonl", f"FILE:{tmp_path}/A", "HTTPS://crm.example/Hook"))
    assert isinstance(out, sinks.StdoutSink)
    assert isinstance(file, sinks.FileSink)
    assert file.path == f"{tmp_path}/A"
    assert isinstance(webhook, sinks.HttpSink)
    assert webhook.options.outbox_path == HttpOptions(url="https://crm.example/Hook").outbox_path


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        ("calls.jsonl", "a sink is named like file:PATH or stdout:jsonl; did you mean file:calls.jsonl?"),
        (
            "nope://user:secret@host/",
            f"there is no sink nope: (there are {KNOWN}); install the package that adds it",
        ),
        (
            "htps://host/secret",
            f"there is no sink htps: (there are {KNOWN}); did you mean https:?",
        ),
        ("", "a sink is named like file:PATH or stdout:jsonl"),
        ("http:", "http: needs a URL, as in https://crm.example, or a file, as in http:FILE.toml"),
        ("HTTPS:", "https: needs a URL, as in https://crm.example, or a file, as in http:FILE.toml"),
        ("https://crm.example#batch=a", "batch: a number is written like 7, not 'a'"),
        ("https://crm.example#concurrency=", "concurrency: a number is written like 7, not ''"),
        ("https://crm.example#max_size=10", "max_size must be 256K or more, not 10"),
        ("file:", "file: needs a path, as in file:calls.jsonl"),
        ("stdout:xml", "stdout: takes text or jsonl, as in stdout:jsonl, not 'xml'"),
    ],
)
def test_a_wrong_name_is_one_clear_line_without_secrets(spec: str, what: str) -> None:
    with pytest.raises(SinkError) as caught:
        sinks.sink_for(spec)
    assert str(caught.value) == what


def test_an_installed_package_can_add_a_sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "my_sinks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-sinks\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{_registry.GROUP}]\nmine = my_sinks:Mine\nbroken = my_sinks:Nope\n")
    (tmp_path / "my_sinks.py").write_text(
        "from cacofonisk.sinks import ListSink\n"
        "class Mine(ListSink):\n"
        "    def __init__(self, spec):\n"
        "        super().__init__()\n"
        "        self.spec = spec\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    sink = sinks.sink_for("mine://host/path")
    assert isinstance(sink, sinks.ListSink)
    assert sink.spec == "mine://host/path"  # type: ignore[attr-defined]  # as Mine has it
    assert _registry.known() == ["broken", "file", "http", "https", "metrics", "mine", "stdout"]
    with pytest.raises(SinkError, match="the sink broken: of my_sinks:Nope cannot be loaded: "):
        sinks.sink_for("broken:")


def test_a_file_is_as_private_as_the_user_has_set(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        sinks.file(tmp_path / "calls.jsonl").dispose()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "calls.jsonl").stat().st_mode) == 0o600
