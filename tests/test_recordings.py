"""Real calls, replayed: each recording gives exactly the call events that stand beside it, and they are the truth."""

from __future__ import annotations

import dataclasses
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import CALL_EVENTS, Anomaly, CallEvent, Party
from tests.recordings import FOLDER, NOISE, beside, copy, draw, name_of, packets, recordings, replay, truth_of
from tests.rules import broken_rules
from tests.truth_check import compare

if TYPE_CHECKING:
    from pathlib import Path

    from cacofonisk.events import Event


def every(*, known_wrong: dict[str, str] | None = None, but_for: str = "no recording") -> pytest.MarkDecorator:
    """Every recording, where `known_wrong` names those that are not right yet, and why."""
    wrong = known_wrong or {}
    cases = [
        pytest.param(path, id=name, marks=[pytest.mark.xfail(reason=wrong[name], strict=True)] if name in wrong else [])
        for path in recordings()
        if but_for not in (name := name_of(path))
    ]
    return pytest.mark.parametrize("path", cases)


@every()
def test_gives_the_expected_call_events(path: Path, pytestconfig: pytest.Config) -> None:
    got = draw(replay(path), str(truth_of(path)["scenario"]))
    expected = beside(path, ".calls")
    if pytestconfig.getoption("--recordings-rewrite"):
        expected.write_text(got)
    assert got.splitlines() == expected.read_text().splitlines(), f"{expected} (--recordings-rewrite writes it anew)"


@every(known_wrong={"ast22/hostile_callerid_header": "nobody can tell which headers of its DialBegin are true"})
def test_is_what_the_phones_saw(path: Path) -> None:
    assert compare(truth_of(path), replay(path)) == []


@every()
def test_keeps_the_rules(path: Path) -> None:
    events = replay(path)
    assert broken_rules(events, whole=True) == []


@every(but_for="hostile")
def test_names_parties_as_their_channels_are_called(path: Path) -> None:
    channels = {}
    for packet in packets(path):
        if isinstance(packet, AmiEvent):
            for prefix in ("", "Dest"):
                if packet.get(prefix + "Uniqueid") and packet.get(prefix + "Channel"):
                    channels[packet[prefix + "Uniqueid"]] = packet[prefix + "Channel"]
    assert broken_rules(replay(path), channels=channels) == []


@every(but_for="hostile")
def test_finds_nothing_odd_in_what_asterisk_says(path: Path) -> None:
    assert [event.what for event in replay(path) if isinstance(event, Anomaly)] == []


def test_everything_that_can_happen_is_recorded() -> None:
    kinds = {type(event) for path in recordings() for event in replay(path)}
    assert set(CALL_EVENTS) <= kinds


@every()
def test_says_nothing_about_the_machine_it_was_made_on(path: Path) -> None:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text += beside(path, ".calls").read_bytes() + beside(path, ".truth.json").read_bytes()
    for place in (b"/tmp/", b"/root", b"/home/", str(FOLDER.parent.parent).encode()):
        assert place not in text


def test_no_file_is_left_over() -> None:
    known = {beside(path, suffix) for path in recordings() for suffix in (".calls", ".truth.json")}
    assert {path for path in FOLDER.rglob("*") if path.is_file()} == known | set(recordings())


# The table itself


def _changed(value: Any) -> list[Any]:
    """Other values for a field, each different in one place."""
    match value:
        case Party():
            return [
                dataclasses.replace(value, **{field.name: other})
                for field in dataclasses.fields(Party)
                for other in _changed(getattr(value, field.name))
            ]
        case bool():
            return [not value]
        case str():
            return [value + "x", ""] if value else ["x"]
        case int() | float():
            return [value + 1]
        case None:
            return ["x"]
        case list():
            return [
                [*value[:index], other, *value[index + 1 :]]
                for index, item in enumerate(value)
                for other in _changed(item)
            ] + [[]]
        case dict():
            return [{**value, "x": "y"}]
    raise TypeError(value)


@pytest.mark.parametrize(
    "name", ["ast22/attended_transfer_by_caller", "ast22/pickup_of_queue", "ast22/user_event", "ast22/park_and_fetch"]
)
def test_the_table_shows_every_field_of_every_event(name: str) -> None:
    events = replay(FOLDER / f"{name}.jsonl")
    table = draw(events)
    for index, event in enumerate(events):
        assert isinstance(event, CallEvent)
        for field in dataclasses.fields(event):
            for other in _changed(getattr(event, field.name)):
                if field.name == "time":
                    other = event.time.replace("2026", "2027") if index else event.time[:-2] + "xZ"
                changed = dataclasses.replace(event, **{field.name: other}) if field.init else _renamed(event, other)
                if changed == event:
                    continue
                assert draw([*events[:index], changed, *events[index + 1 :]]) != table, (event, field.name, other)


def _renamed(event: CallEvent, name: str) -> CallEvent:
    changed = dataclasses.replace(event)
    changed.event = name
    return changed


def test_the_table_can_be_read() -> None:
    table = draw(replay(FOLDER / "ast22" / "busy_486.jsonl"), "202 is busy")
    lines = table.splitlines()
    assert lines[0] == "# 202 is busy"
    assert [line.split()[1:4] for line in lines[4:]] == [
        ["A", "1", "started"],
        ["A", "2", "ringing_stopped"],
        ["A", "3", "hangup"],
    ]
    assert '201 "Alice A" PJSIP/201-' in lines[4]
    assert "exten=202" in lines[4]
    assert "Alice" not in lines[5]


def test_the_table_of_nothing() -> None:
    assert draw([], "silence") == "# silence\n# nothing happens\n"


def test_copying_a_recording_leaves_out_noise_only(tmp_path: Path) -> None:
    packets_ = [
        {"Event": "Newchannel", "Uniqueid": "1"},
        {"Event": "VarSet"},
        {"Lab": "connection lost"},
        {"Event": "Hangup"},
    ]
    assert "VarSet" in NOISE
    recording = tmp_path / "x.jsonl"
    recording.write_text("".join(json.dumps(packet) + "\n" for packet in packets_))
    (tmp_path / "x.truth.json").write_text(json.dumps({"name": "x", "steps": [{"t": "a"}, {"t": "b"}], "phones": [1]}))
    copy(recording, tmp_path / "to")
    assert [json.loads(line) for line in (tmp_path / "to" / "x.jsonl").read_text().splitlines()] == [
        packets_[0],
        *packets_[2:],
    ]
    assert json.loads((tmp_path / "to" / "x.truth.json").read_text()) == {
        "name": "x",
        "steps": [{"t": "a"}, {"t": "b"}],
    }


# The comparison with the truth


def _replay(name: str) -> list[Event]:
    return replay(FOLDER / f"{name}.jsonl")


NEEDED = {
    "ast22/attended_transfer_by_caller": ["ringing", "up", "hold", "transfer", "hangup"],
    "ast22/conference_of_three": ["joined", "left"],
    "ast22/forward_302": ["forward", "ringing", "up", "hangup"],
    "ast22/hold_and_unhold": ["hold", "unhold"],
    "ast22/park_and_fetch": ["parked", "unparked"],
    "ast22/pickup_directed": ["pickup", "ringing_stopped", "up"],
    "ast22/queue_two_callers": ["queued", "ringing", "up", "hangup"],
    "ast22/user_event": ["user_event"],
}


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, kinds in NEEDED.items() for kind in kinds])
def test_the_comparison_misses_an_event(name: str, kind: str) -> None:
    events = _replay(name)
    without = [event for event in events if not (event.event == kind and event is not events[-1])]  # type: ignore[union-attr]
    if kind == "hangup":
        without = events[:-1]
    assert compare(truth_of(FOLDER / f"{name}.jsonl"), without)


def test_the_comparison_sees_what_never_happened() -> None:
    truth = truth_of(FOLDER / "ast22" / "busy_486.jsonl")
    assert compare(truth, [*_replay("ast22/busy_486"), *_replay("ast22/hold_and_unhold")])


def test_the_comparison_sees_a_call_that_changes_its_name() -> None:
    events = _replay("ast22/blind_transfer_by_callee")
    events[-1] = dataclasses.replace(events[-1], call_id="another")  # type: ignore[type-var]
    assert "another" in str(compare(truth_of(FOLDER / "ast22" / "blind_transfer_by_callee.jsonl"), events))


def test_the_comparison_sees_another_reason() -> None:
    events = _replay("ast22/reject_603")
    events[-1] = dataclasses.replace(events[-1], reason="completed")  # type: ignore[type-var]
    assert "hangup 201" in str(compare(truth_of(FOLDER / "ast22" / "reject_603.jsonl"), events))
