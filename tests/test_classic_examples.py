"""What people who know cacofonisk 0.x have written: programs of that kind, run on real calls."""

from __future__ import annotations

import io
import json
import unittest
from typing import TYPE_CHECKING, Any

import pytest

from cacofonisk.classic import (
    BaseReporter,
    CallerId,
    ChannelManager,
    DebugReporter,
    FileRunner,
    JsonFileReporter,
    JsonFileRunner,
    JsonReporter,
)
from cacofonisk.errors import SourceError
from cacofonisk.utils.testcases import BaseTestCase, SilentReporter
from tests.recordings import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from cacofonisk.ami_event import Headers

ATTENDED = FOLDER / "ast22" / "attended_transfer_by_caller.jsonl"
BLIND = FOLDER / "ast16sip" / "blind_transfer_by_callee.jsonl"
USER_EVENT = FOLDER / "ast22" / "user_event.jsonl"
ALICE = '"Alice A" <201;pub;code=126680201>'
CAROL = '"Carol C" <203;pub;code=126680203>'


def packets_in(path: Path) -> list[dict[str, str]]:
    """The AMI events of a recording, without the recorder's own notes."""
    return [packet for line in path.read_text().splitlines() if "Event" in (packet := json.loads(line))]


class Announcer(BaseReporter):
    """Prints who is rung, who talks, who transfers whom and who is done."""

    def __init__(self) -> None:
        self.accounts: set[str] = set()

    def on_b_dial(self, call_id: str, caller: CallerId, callee: CallerId) -> None:  # noqa: ARG002  # as documented
        self.accounts.add(callee.code)
        print(f"{caller.number} rings {callee.code}")

    def on_up(self, call_id: str, caller: CallerId, callee: CallerId) -> None:  # noqa: ARG002
        print(f"{caller.number} talks with {callee.code}")

    def on_transfer(self, call_id: str, redirector: CallerId, party1: CallerId, party2: CallerId) -> None:  # noqa: ARG002
        sentence = "{redirector.account_code} sends {party1.cli} to {party2.exten}"
        print(sentence.format(redirector=redirector, party1=party1, party2=party2))

    def on_hangup(self, call_id: str, caller: CallerId, callee: CallerId, reason: str) -> None:  # noqa: ARG002
        print("{} / {}: {}".format(caller, callee, reason))  # noqa: UP032  # that is how people print them


def test_a_reporter_of_all_hooks(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Announcer()
    FileRunner(str(BLIND), reporter).run()
    assert capsys.readouterr().out.splitlines() == [
        "201 rings 126680202",
        "201 talks with 126680202",
        "126680202 sends 201 to 203",
        "201 rings 126680203",
        "201 talks with 126680203",
        f"{ALICE} / {CAROL}: completed",
    ]
    assert reporter.accounts == {"126680202", "126680203"}


def test_a_transfer_hook_without_call_id(capsys: pytest.CaptureFixture[str]) -> None:
    class Spammer(BaseReporter):
        def on_transfer(self, redirector: CallerId, party1: CallerId, party2: CallerId) -> None:  # type: ignore[override]  # the other documented form
            print(redirector.account_code, party1.cli, party2.exten)

    FileRunner(ATTENDED, Spammer()).run()
    assert capsys.readouterr().out == "126680201 202 203\n"


def test_the_hooks_of_the_later_release() -> None:
    told: list[tuple[str, ...]] = []

    class Later(BaseReporter):
        def on_b_dial(self, caller: CallerId, targets: list[CallerId]) -> None:  # type: ignore[override]  # the later form
            told.append(("b_dial", caller.number, *[target.number for target in targets]))

        def on_b_dial_end(self, call_id: str, caller: CallerId, callee: CallerId, reason: str) -> None:  # noqa: ARG002
            told.append(("b_dial_end", callee.number, reason))

        def on_up(self, caller: CallerId, target: CallerId) -> None:  # type: ignore[override]
            told.append(("up", caller.number, target.number))

        def on_attended_transfer(self, caller: CallerId, transferer: CallerId, target: CallerId) -> None:
            told.append(("attended", caller.number, transferer.number, target.number))

        def on_blind_transfer(self, caller: CallerId, transferer: CallerId, targets: list[CallerId]) -> None:
            told.append(("blind", caller.number, transferer.number, *[target.number for target in targets]))

        def on_blonde_transfer(self, caller: CallerId, transferer: CallerId, targets: list[CallerId]) -> None:
            told.append(("blonde", caller.number, transferer.number, *[target.number for target in targets]))

        def on_hangup(self, caller: CallerId, reason: str) -> None:  # type: ignore[override]
            told.append(("hangup", caller.number, reason))

        def on_queue_caller_abandon(self, caller: CallerId) -> None:
            told.append(("abandon", caller.number))

    blonde = FOLDER / "ast16sip" / "blonde_transfer_by_callee.jsonl"
    FileRunner([ATTENDED, BLIND, blonde, FOLDER / "ast22" / "queue_abandoned.jsonl"], Later()).run()
    assert [one for one in told if one[0] in ("attended", "blind", "blonde", "abandon")] == [
        ("attended", "202", "201", "203"),
        ("blind", "201", "202"),
        ("blonde", "201", "202", "203"),
        ("abandon", "201"),
    ]
    assert told[:3] == [("b_dial", "201", "202"), ("b_dial_end", "202", "answered"), ("up", "201", "202")]
    assert ("hangup", "201", "transferred") in told


def test_user_events_come_as_asterisk_sends_them() -> None:
    told: list[tuple[Any, ...]] = []

    class Listener(BaseReporter):
        def on_user_event(self, event: Headers, caller: CallerId | None = None) -> None:
            told.append((event["UserEvent"], event["Channel"], event["Linkedid"], caller and caller.number))

    FileRunner(USER_EVENT, Listener()).run()
    assert told
    name, channel, linkedid, number = told[0]
    assert (bool(name), channel.startswith("PJSIP/201"), bool(linkedid), number) == (True, True, True, "201")


# Recording and replaying


def numbers(recording: Any) -> list[tuple[str, ...]]:
    """What the hooks say of a recording, in short."""
    told: list[tuple[str, ...]] = []

    class Noting(BaseReporter):
        def on_up(self, call_id: str, caller: CallerId, callee: CallerId) -> None:
            told.append((call_id, caller.number, callee.number))

        def on_transfer(self, call_id: str, redirector: CallerId, party1: CallerId, party2: CallerId) -> None:
            told.append((call_id, redirector.number, party1.number, party2.number, party2.exten))

        def on_hangup(self, call_id: str, caller: CallerId, callee: CallerId, reason: str) -> None:
            told.append((call_id, caller.number, callee.number, reason))

    FileRunner(recording, Noting()).run()
    return told


@pytest.mark.parametrize("make", [JsonReporter, JsonFileReporter])
def test_a_recorded_run_is_replayed(tmp_path: Path, make: type[JsonReporter]) -> None:
    path = tmp_path / "file.json"
    JsonFileRunner(str(ATTENDED), make(str(path))).run()
    events = json.loads(path.read_text())
    assert len(events) == len(packets_in(ATTENDED))
    assert numbers(path) == numbers(str(path)) == numbers([path]) == numbers(ATTENDED) != []


def test_a_recording_is_whole_after_each_event(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text("what was there before")
    reporter = JsonReporter(path)
    assert json.loads(path.read_text()) == []
    for count, name in enumerate(["One", "Two", "Three \udcff"], 1):
        reporter.on_ami_event({"Event": name})
        assert len(json.loads(path.read_text())) == count
    reporter.close()
    assert json.loads(path.read_text())[2] == {"Event": "Three \udcff"}


def test_a_recording_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        JsonReporter(tmp_path / "nowhere" / "file.json")


def test_a_recording_keeps_when_an_event_came(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    reporter = JsonReporter(path)
    manager = ChannelManager(reporter)
    manager.on_event({"Event": "FullyBooted", "Received": "1795398074.500000"})
    manager.on_event({"Event": "Newchannel", "Timestamp": "1795398075.1"})
    reporter.close()
    assert [sorted(event) for event in json.loads(path.read_text())] == [["Event", "Received"], ["Event", "Timestamp"]]


def test_every_file_is_a_source_of_its_own() -> None:
    runner = FileRunner([ATTENDED, BLIND])
    one, two = runner.channel_managers
    assert one is not two
    assert numbers([ATTENDED, BLIND]) == numbers(ATTENDED) + numbers(BLIND)


def test_a_recording_that_is_none() -> None:
    reporter = Closing()
    with pytest.raises(SourceError, match="nowhere"):
        FileRunner("nowhere.json", reporter).run()
    assert reporter.closed == 1


class Closing(BaseReporter):
    """Counts how often it is closed."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_the_end_of_a_recording_ends_its_calls(tmp_path: Path) -> None:
    path = tmp_path / "torn.jsonl"
    lines = ATTENDED.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[: len(lines) // 2]))
    assert numbers(path)[-1][-1] == "lost"


# Showing


def test_what_happens_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    FileRunner(BLIND, DebugReporter()).run()
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 8
    assert shown[0].split()[0] == "on_b_dial"
    assert shown[-1].endswith(f"{ALICE} {CAROL} completed")

    FileRunner(BLIND, DebugReporter(verbosity=2)).run()
    more = capsys.readouterr().out.splitlines()
    assert {"Newchannel", "Hangup", *shown} <= set(more)

    FileRunner(BLIND, DebugReporter(verbosity=3)).run()
    assert "'Uniqueid': '" in capsys.readouterr().out


def test_what_a_caller_is_called_does_no_harm(capsys: pytest.CaptureFixture[str]) -> None:
    evil = CallerId(name="\x1b[2J", number="201")
    DebugReporter().on_up("1.1", evil, evil)
    print(evil)
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("silent", [None, DebugReporter(0), BaseReporter(), SilentReporter()])
def test_silence(silent: BaseReporter | None, capfd: pytest.CaptureFixture[str]) -> None:
    FileRunner([ATTENDED, BLIND], silent).run()
    assert capfd.readouterr() == ("", "")


# A manager of one's own


def test_a_manager_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    class Mine(ChannelManager):
        def on_event(self, event: Headers) -> None:  # noqa: ARG002  # as documented
            print("never")

    reporter = Announcer()
    FileRunner(BLIND, reporter, Mine()).run()
    said = capsys.readouterr().out.splitlines()
    assert (set(said), len(said)) == ({"never"}, len(packets_in(BLIND)))
    assert reporter.accounts == set()


class Counting(ChannelManager):
    """Counts events, keeps what belongs to one account from the pipeline."""

    def __init__(self, reporter: BaseReporter | None = None) -> None:
        self.events = 0
        if reporter is not None:
            super().__init__(reporter)

    def on_event(self, event: Headers) -> None:
        self.events += 1
        super().on_event(event)


@pytest.mark.parametrize("given", [Counting, Counting()])
def test_as_class_or_instance(given: Any) -> None:
    reporter = Announcer()
    runner = FileRunner([BLIND, ATTENDED], reporter, given)
    runner.run()
    assert reporter.accounts == {"126680202", "126680203"}
    one, two = runner.channel_managers
    assert isinstance(one, Counting)
    assert isinstance(two, Counting)
    assert (one.events, two.events) == (len(packets_in(BLIND)), len(packets_in(ATTENDED)))
    assert (given is one) == isinstance(given, ChannelManager)


def test_the_managers_own_reporter_is_used_where_the_runner_has_none() -> None:
    reporter = Announcer()
    runner = FileRunner(BLIND, None, ChannelManager(reporter))
    runner.run()
    assert runner.reporter is reporter
    assert reporter.accounts


# A test case of one's own


class CountingReporter(SilentReporter):
    def __init__(self) -> None:
        self.total_events = 0

    def on_event(self, event: Headers) -> None:  # noqa: ARG002  # as documented
        self.total_events += 1


class MyVeryOwnTestCase(BaseTestCase):
    __test__ = False  # unittest runs it, below

    def test_events_come_in(self) -> None:
        reporter = CountingReporter()
        events = self.load_events_from_disk(ATTENDED)
        chanmgr = ChannelManager(reporter=reporter)
        for event in events:
            chanmgr.on_event(event)
        self.assertNotEqual(reporter.total_events, 0)  # noqa: PT009  # people use unittest
        self.assertEqual(reporter.total_events, len(events))  # noqa: PT009

    def test_paths_begin_beside_the_test(self) -> None:
        events = self.load_events_from_disk("../marbles/recordings/ast22/attended_transfer_by_caller.jsonl")
        self.assertEqual(events[0]["Event"], packets_in(ATTENDED)[0]["Event"])  # noqa: PT009

    def test_no_such_file(self) -> None:
        with self.assertRaisesRegex(SourceError, "nowhere"):  # noqa: PT027
            self.load_events_from_disk("nowhere.json")


def test_a_test_case_of_ones_own() -> None:
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(MyVeryOwnTestCase)
    result = unittest.TextTestRunner(io.StringIO()).run(suite)
    assert result.testsRun == 3
    assert result.wasSuccessful(), [*result.failures, *result.errors]


# CallerId


def test_a_caller_id_says_who_somebody_is() -> None:
    caller = CallerId("15001", "Alice", "201", True)
    assert caller == CallerId(code="15001", name="Alice", number="201", is_public=True)
    assert str(caller) == f"{caller}" == '"Alice" <201;pub;code=15001>'
    assert (caller.account_code, caller.cli, caller.exten) == ("15001", "201", "")
    assert {caller: 1}[caller.replace(exten="202")] == 1


def test_a_caller_id_never_changes() -> None:
    caller = CallerId("15001", "Alice", "201", True)
    with pytest.raises(AttributeError):
        caller.name = "Bob"  # type: ignore[misc]  # that is the point
    hidden = caller.replace(is_public=False, name="Anonymous")
    assert str(hidden) == '"Anonymous" <201;priv;code=15001>'
    assert caller.is_public


def test_nobody_is_false() -> None:
    assert not CallerId()
    assert CallerId(number="201")
