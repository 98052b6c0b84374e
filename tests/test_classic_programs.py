"""Programs in the form that each release of cacofonisk 0.x wanted: they run, on real calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import cacofonisk
from cacofonisk import BaseReporter, ChannelManager, FileRunner
from tests.recordings import FOLDER, kept

if TYPE_CHECKING:
    from pathlib import Path

ATTENDED = FOLDER / "ast22" / "attended_transfer_by_caller.jsonl"
BLIND = FOLDER / "ast16sip" / "blind_transfer_by_callee.jsonl"
BLONDE = FOLDER / "ast16sip" / "blonde_transfer_by_callee.jsonl"
GROUP = FOLDER / "ast22" / "pickup_of_group.jsonl"
ABANDONED = FOLDER / "ast22" / "queue_abandoned.jsonl"


class Release(BaseReporter):
    """Keeps what its hooks write down."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []


def told_by(make: type[Release], *recordings: Path) -> list[tuple[Any, ...]]:
    reporter = make()
    FileRunner([str(path) for path in recordings], reporter).run()
    return reporter.told


# Hooks are written without types in these programs; they are untyped here, too, for that is how they look.
# mypy: disable-error-code="no-untyped-def,override,no-untyped-call"
# ruff: noqa: ARG002


def test_release_0_1() -> None:
    """Parties by number and account code, a call_id first."""

    class Reporter(Release):
        def on_b_dial(self, call_id, caller, callee):
            self.told.append(("rings", call_id, caller.number, callee.code))

        def on_up(self, call_id, caller, callee):
            self.told.append(("talk", call_id, caller.number, callee.code))

        def on_hangup(self, call_id, caller, callee, reason):
            self.told.append(("over", call_id, f"{caller}", callee.number, reason))

    told = told_by(Reporter, ATTENDED)
    first, second = (call_id for what, call_id, *_ in told if what == "rings")
    assert told == [
        ("rings", first, "201", "126680202"),
        ("talk", first, "201", "126680202"),
        ("rings", second, "201", "126680203"),
        ("talk", second, "201", "126680203"),
        ("over", second, '"Alice A" <201;pub;code=126680201>', "203", "transferred"),
        ("over", first, '"Bob B" <202;pub;code=126680202>', "203", "completed"),
    ]


def test_release_0_2() -> None:
    """A transfer says which call ended in which; diagnostics and raw events come by trace hooks."""

    class Reporter(Release):
        def trace_ami(self, event):
            self.told.append(("raw", event["Event"]))

        def trace_msg(self, msg):
            self.told.append(("odd", msg))

        def on_transfer(self, call_id, merged_id, redirector, party1, party2):
            self.told.append((call_id != merged_id is not None, redirector.cli, party1.cli, party2.exten))

    told = told_by(Reporter, ATTENDED)
    assert [one for one in told if one[0] != "raw"] == [(True, "201", "202", "203")]
    assert ("raw", "AttendedTransfer") in told


def test_releases_0_3_and_0_4() -> None:
    """Warm and cold transfers, and the number that was dialled."""

    class Reporter(Release):
        def on_b_dial(self, call_id, caller, to_number, targets):
            self.told.append(("rings", caller.number, to_number, [target.number for target in targets]))

        def on_up(self, call_id, caller, to_number, callee):
            self.told.append(("talk", caller.number, to_number, callee.number))

        def on_warm_transfer(self, call_id, merged_id, redirector, caller, destination):
            self.told.append(("warm", redirector.number, caller.number, destination.number))

        def on_cold_transfer(self, call_id, merged_id, redirector, caller, to_number, targets):
            self.told.append(("cold", redirector.number, caller.number, to_number, [one.number for one in targets]))

        def on_hangup(self, call_id, caller, to_number, reason):
            self.told.append(("over", caller.number, to_number, reason))

    told = told_by(Reporter, ATTENDED)
    assert told[:2] == [("rings", "201", "202", ["202"]), ("talk", "201", "202", "202")]
    assert ("warm", "201", "202", "203") in told
    assert ("over", "201", "203", "transferred") in told
    assert ("cold", "202", "201", "203", []) in told_by(Reporter, BLIND)
    assert ("cold", "202", "201", "203", ["203"]) in told_by(Reporter, BLONDE)


def test_releases_0_5_to_0_7() -> None:
    """Channels with a caller_id, targets in a list, a hook for each kind of transfer."""

    class Reporter(Release):
        def on_b_dial(self, caller, targets):
            self.told.append(("rings", caller.caller_id.num, [target.caller_id.num for target in targets]))

        def on_b_dial_end(self, caller, targets, reason):
            self.told.append(("stops", caller.linkedid, [target.uniqueid for target in targets], reason))

        def on_up(self, caller, target):
            self.told.append(("talk", caller.caller_id.num, target.account_code))

        def on_attended_transfer(self, caller, transferer, target):
            self.told.append(("attended", caller.num, transferer.num, target.num))

        def on_blind_transfer(self, caller, transferer, targets):
            self.told.append(("blind", caller.num, transferer.num, targets))

        def on_blonde_transfer(self, caller, transferer, targets):
            self.told.append(("blonde", caller.num, transferer.num, [target.num for target in targets]))

        def on_user_event(self, caller, event):
            self.told.append(("user event", caller.num, event["UserEvent"]))

        def on_hangup(self, caller, reason):
            self.told.append(("over", caller.caller_id.num, reason))

        def on_queue_caller_abandon(self, caller):
            self.told.append(("abandoned", caller.num))

    told = told_by(Reporter, ATTENDED)
    assert told[0] == ("rings", "201", ["202"])
    what, linkedid, (uniqueid,), reason = told[1]
    assert (what, uniqueid > linkedid, reason) == ("stops", True, "answered")
    assert ("talk", "201", "126680202") in told
    assert ("attended", "202", "201", "203") in told
    assert ("blind", "201", "202", []) in told_by(Reporter, BLIND)
    assert ("blonde", "201", "202", ["203"]) in told_by(Reporter, BLONDE)
    assert ("abandoned", "201") in told_by(Reporter, ABANDONED)
    assert told_by(Reporter, FOLDER / "ast22" / "user_event.jsonl")[0][:2] == ("user event", "201")
    assert [len(one[1:][-1]) for one in told_by(Reporter, GROUP) if one[0] == "rings"] == [1, 1]  # a hook per phone


def test_a_reporter_that_passes_on_to_others() -> None:
    """Every hook of BaseReporter can be called on any reporter."""
    inner = Release()

    class Passing(BaseReporter):
        def on_up(self, call_id, caller, callee):
            super().on_up(call_id, caller, callee)
            inner.on_up(call_id, caller, callee)
            inner.on_blind_transfer(caller, callee, [])
            inner.told.append((callee.number,))

    FileRunner(str(ATTENDED), Passing()).run()
    assert inner.told == [("202",), ("203",)]


def test_a_manager_that_was_given_by_name() -> None:
    class Mine(ChannelManager):
        INTERESTING_EVENTS = ("*",)

        def on_event(self, event):
            super().on_event(event)
            if event["Event"] == "UserEvent":
                self.reporter.told.append(event["UserEvent"])  # type: ignore[attr-defined]

    reporter = Release()
    FileRunner(str(FOLDER / "ast22" / "user_event.jsonl"), reporter, channel_manager=Mine).run()
    assert reporter.told


def test_all_names_are_where_they_were() -> None:
    for name in (
        "AmiRunner", "BaseReporter", "ChannelManager", "DebugReporter", "FileRunner", "JsonFileReporter",
        "JsonFileRunner", "JsonReporter",
    ):  # fmt: skip
        assert getattr(cacofonisk, name).__module__.startswith("cacofonisk.classic")


@pytest.mark.parametrize("recording", [ATTENDED, GROUP, ABANDONED], ids=lambda path: path.stem)
def test_nothing_is_kept_but_the_pipeline(recording: Path) -> None:
    """Channels come from the pipeline, which has forgotten them all when they have hung up."""
    runner = FileRunner(str(recording), Release())
    runner.run()
    (manager,) = runner.channel_managers
    assert set(vars(manager)) == {"pipeline", "reporter", "server"}
    assert kept(manager.pipeline) == 0
