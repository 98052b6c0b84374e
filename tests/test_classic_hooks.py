"""The classic hooks: they say what the pipeline says, get what they name, and harm nobody when they fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import pytest

from cacofonisk.ami_event import AmiEvent
from cacofonisk.classic import BaseReporter, CallerId, ChannelManager, FileRunner
from cacofonisk.classic.hooks import said_of
from cacofonisk.errors import MissingHeaderError
from cacofonisk.events import Hangup, Party, QueueLeft, Ringing, RingingStopped, Transfer, Up, UserEvent
from tests.recordings import FOLDER, name_of, packets, recordings, replay

if TYPE_CHECKING:
    from pathlib import Path

    from cacofonisk.ami_event import Headers
    from cacofonisk.events import Event

BLIND = FOLDER / "ast16sip" / "blind_transfer_by_callee.jsonl"
Told = tuple[str, dict[str, Any]]


_TRANSFER = ("call_id", "server", "redirector", "transferer", "party1", "caller", "party2", "target", "targets")
DOCUMENTED = {
    "on_ami_event": ("event", "server"),
    "on_event": ("event", "server"),
    "on_b_dial": ("call_id", "server", "caller", "callee", "targets"),
    "on_b_dial_end": ("call_id", "server", "caller", "callee", "targets", "reason"),
    "on_up": ("call_id", "server", "caller", "callee", "target"),
    **dict.fromkeys(("on_transfer", "on_attended_transfer", "on_blind_transfer", "on_blonde_transfer"), _TRANSFER),
    "on_hangup": ("call_id", "server", "caller", "callee", "reason"),
    "on_queue_caller_abandon": ("call_id", "server", "caller", "queue"),
    "on_user_event": ("call_id", "server", "event", "caller"),
    "close": (),
}
"""What the page for people who come from cacofonisk 0.x says that each hook can name."""


class Everything(BaseReporter):
    """Keeps what all its hooks are given."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        for hook, given in DOCUMENTED.items():
            names: dict[str, Any] = {}
            words = ", ".join(given)
            kept = ", ".join(f"{word}={word}" for word in given)
            exec(f"def {hook}({words}): keep(({hook!r}, dict({kept})))", {"keep": self.told.append}, names)  # noqa: S102  # one of each
            setattr(self, hook, names[hook])


def said(event: Event) -> list[Told]:
    """What the hooks should say of a call event, in this test's own words."""
    head: dict[str, Any] = {"call_id": getattr(event, "call_id", None), "server": event.server}
    if isinstance(event, Ringing):
        return [
            ("on_b_dial", {**head, "caller": who(event.caller), "callee": who(one), "targets": [who(one)]})
            for one in event.targets
        ]
    if isinstance(event, RingingStopped):
        values = {**pair(event.caller, event.target), "targets": [who(event.target)], "reason": event.reason}
        return [("on_b_dial_end", {**head, **values})]
    if isinstance(event, Up):
        return [("on_up", {**head, **pair(event.caller, event.callee), "target": who(event.callee)})]
    if isinstance(event, Hangup):
        return [("on_hangup", {**head, **pair(event.caller, event.callee), "reason": event.reason})]
    if isinstance(event, QueueLeft) and event.reason == "abandoned":
        return [("on_queue_caller_abandon", {**head, "caller": who(event.caller), "queue": event.queue})]
    if isinstance(event, Transfer):
        by, whom, targets = who(event.transferer), who(event.transferee), [who(one) for one in event.targets]
        target = targets[0] if targets else CallerId(number=event.exten)
        values = {
            **head, "redirector": by, "transferer": by, "party1": whom, "caller": whom, "party2": target,
            "target": target, "targets": targets,
        }  # fmt: skip
        return [("on_transfer", values), (f"on_{event.kind}_transfer", values)]
    if isinstance(event, UserEvent):
        return [("on_user_event", {**head, "name": event.name, "fields": event.fields, "caller": who(event.party)})]
    return []


def who(party: Party | None) -> CallerId:
    return CallerId(party.code, party.name, party.number, party.is_public) if party else CallerId()


def pair(caller: Party | None, callee: Party | None) -> dict[str, CallerId]:
    return {"caller": who(caller), "callee": who(callee)}


def in_pipeline_words(told: list[Told]) -> list[Told]:
    """A UserEvent's packet as the pipeline says it."""
    words: list[Told] = []
    for hook, values in told:
        if hook == "on_user_event":
            values = dict(values)
            packet = values.pop("event")
            names = list(packet)
            fields = {field: packet[field] for field in names[names.index("UserEvent") + 1 :]}
            # What stands twice was said by the dialplan, too.
            twice = {name: value[1] for name, value in packet.items() if isinstance(value, list)}
            values |= {"name": packet["UserEvent"], "fields": fields | twice}
        words.append((hook, values))
    return words


@pytest.mark.parametrize("path", recordings(), ids=name_of)
def test_hooks_say_what_the_pipeline_says(path: Path) -> None:
    reporter = Everything()
    FileRunner(path, reporter).run()
    assert [hook for hook, _ in reporter.told].index("close") == len(reporter.told) - 1
    told = [one for one in reporter.told if one[0] not in ("on_event", "on_ami_event", "close")]
    for hook, values in told:
        people = [
            value for name, value in values.items() if isinstance(value, CallerId) and name not in ("party2", "target")
        ]
        assert all(person.channel is not None for person in people if person), "notes can be read"
        if hook == "on_user_event":  # what Asterisk adds stands in the packet, before what the dialplan said
            assert values["event"]["Event"] == "UserEvent"
    expected = [one for event in replay(path) for one in said(event)]
    got = in_pipeline_words(told)
    for (hook, values), (_, wanted) in zip(got, expected, strict=True):
        if hook == "on_user_event":
            values["fields"] = {key: text for key, text in values["fields"].items() if key in wanted["fields"]}
    assert got == expected
    events = [event.headers for event in packets(path) if isinstance(event, AmiEvent)]
    for hook in ("on_event", "on_ami_event"):
        seen = [{**values["event"]} for name, values in reporter.told if name == hook]
        for one in seen:
            one.pop("Received", None)
        assert seen == events


def test_the_hooks_of_one_event_stand_between_its_packet_s_two() -> None:
    reporter = Everything()
    FileRunner(BLIND, reporter).run()
    hooks = [hook for hook, _ in reporter.told]
    at = hooks.index("on_transfer")
    assert hooks[at - 1 : at + 3] == ["on_ami_event", "on_transfer", "on_blind_transfer", "on_event"]


def test_a_blind_transfer_names_where_it_goes() -> None:
    reporter = Everything()
    FileRunner(BLIND, reporter).run()
    (party2,) = [values["party2"] for hook, values in reporter.told if hook == "on_transfer"]
    assert (party2.exten, party2.number, party2.name) == ("203", "203", "")


def test_phones_that_ring_at_once_are_told_one_by_one() -> None:
    """No recording has them at the very same moment."""
    bob, carol = (Party(f"SIP/{name}", name, name, name, "", True, "") for name in ("bob", "carol"))
    ringing = Ringing(call_id="1.1", server="pbx", time="", caller=bob, targets=[bob, carol])
    told = list(said_of(ringing, lambda one: one))
    assert [(hook, said["callee"], said["targets"]) for hook, said in told] == [
        ("on_b_dial", bob, [bob]),
        ("on_b_dial", carol, [carol]),
    ]


# What a hook names


def run(**hooks: Any) -> None:
    FileRunner(BLIND, type("Given", (BaseReporter,), hooks)()).run()


def test_names_of_its_own_are_taken_in_the_documented_order() -> None:
    got: list[Any] = []
    run(on_hangup=lambda _self, call, a, b, why: got.append((call, a.number, b.number, why)))
    run(on_hangup=lambda _self, a, b, why: got.append((a.number, b.number, why)))
    run(on_transfer=lambda _self, *all_of_it: got.append(len(all_of_it)))
    run(on_up=lambda _self, call, a, b, /: got.append(a.number))  # noqa: ARG005
    assert got == [("1795398562.21", "201", "203", "completed"), ("201", "203", "completed"), 4, "201", "201"]


def test_what_has_a_default_is_given_if_it_is_known() -> None:
    got: list[Any] = []

    class Reporter(BaseReporter):
        def on_hangup(self, reason: str, server: str = "", *, colour: str = "red", callee: Any = None) -> None:  # type: ignore[override]
            got.append((reason, server, colour, callee.number))

    FileRunner(BLIND, Reporter()).run()
    run(on_hangup=lambda _self, **values: got.append(sorted(values)))
    run(on_hangup=lambda _self: got.append("nothing"))
    assert got == [("completed", "pbx", "red", "203"), ["call_id", "callee", "caller", "reason"], "nothing"]


def test_a_hook_that_could_never_be_called_is_told(caplog: pytest.LogCaptureFixture) -> None:
    run(on_up=lambda _self, colour: colour)
    assert "on_up failed" in caplog.text
    assert "missing 1 required positional argument: 'colour'" in caplog.text


def test_every_field_of_the_call_event_can_be_named() -> None:
    got: list[Any] = []
    run(on_hangup=lambda _self, talk_s, sequence, answered: got.append((talk_s, sequence, answered)))
    (hangup,) = [event for event in replay(BLIND) if isinstance(event, Hangup)]
    assert got == [(hangup.talk_s, hangup.sequence, "person")]


def test_what_is_wrapped_is_called_as_documented() -> None:
    """A decorator without functools.wraps, or a mock, takes anything."""
    told = MagicMock()
    run(on_up=lambda *given, **named: told(*given[1:], **named))
    assert told.call_args.args[0] == "1795398562.21"
    assert [person.number for person in told.call_args.args[1:]] == ["201", "203"]


# A reporter that fails


def test_a_hook_that_raises_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    got: list[str] = []

    class Bad(BaseReporter):
        def on_event(self, event: Headers) -> None:
            raise RuntimeError(f"bug at {event['Event']}")

        def on_up(self) -> None:  # type: ignore[override]
            got.append("up")
            raise KeyError("x")

        def on_hangup(self, reason: str) -> None:  # type: ignore[override]
            got.append(reason)

        def close(self) -> None:
            got.append("closed")

    FileRunner(BLIND, Bad()).run()
    assert got == ["up", "up", "completed", "closed"]
    assert caplog.text.count("on_up failed; the run goes on") == 2
    assert 'raise RuntimeError(f"bug at' in caplog.text
    failures = caplog.text.count("on_event failed; the run goes on")
    assert failures == sum(isinstance(event, AmiEvent) for event in packets(BLIND))


def test_a_reporter_that_cannot_be_closed_says_so() -> None:
    class Full(BaseReporter):
        def close(self) -> None:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        FileRunner(BLIND, Full()).run()


def test_a_program_may_end_itself_in_a_hook() -> None:
    closed: list[bool] = []

    class Ends(BaseReporter):
        def on_up(self) -> None:  # type: ignore[override]
            raise SystemExit(3)

        def close(self) -> None:
            closed.append(True)

    with pytest.raises(SystemExit):
        FileRunner(BLIND, Ends()).run()
    assert closed == [True]


def test_a_manager_that_raises_ends_the_run() -> None:
    class Bad(ChannelManager):
        def on_event(self, event: Headers) -> None:
            raise RuntimeError(f"bug at {event['Event']}")

    with pytest.raises(RuntimeError, match="bug at"):
        FileRunner(BLIND, None, Bad).run()


def test_an_event_without_a_name_is_the_callers_bug() -> None:
    with pytest.raises(MissingHeaderError):
        ChannelManager().on_event({"Uniqueid": "1.1"})


def test_what_makes_no_sense_is_told() -> None:
    told: list[str] = []

    class Diagnosing(BaseReporter):
        def trace_msg(self, msg: str) -> None:
            told.append(msg)

    ChannelManager(Diagnosing()).on_event({"Event": "Hangup", "Uniqueid": "1.1", "Timestamp": "1"})
    assert told == ["Hangup is about 1.1, a channel that is not there"]


# Channels


def v1(name: str, **headers: str) -> Headers:
    return {"Event": name, "Privilege": "call,all", **headers}


def born(channel: str, uniqueid: str, number: str, state: str = "0") -> Headers:
    return v1(
        "Newchannel", Channel=channel, ChannelState=state, CallerIDNum=number, CallerIDName=number.title(),
        AccountCode=f"acc-{number}", Exten="", Context="phones", Uniqueid=uniqueid,
    )  # fmt: skip


def calls(dialler: str, leg: str) -> list[Headers]:
    return [
        v1("Dial", SubEvent="Begin", Channel=f"SIP/{dialler}", UniqueID=dialler, DestUniqueID=leg),
        v1("Newstate", Channel=f"SIP/{leg}", ChannelState="5", Uniqueid=leg),
        v1("Newstate", Channel=f"SIP/{leg}", ChannelState="6", Uniqueid=leg),
        v1("Newstate", Channel=f"SIP/{dialler}", ChannelState="6", Uniqueid=dialler),
    ]


def linked(one: str, two: str, state: str = "Link") -> Headers:
    return v1(
        "Bridge", Bridgestate=state, Bridgetype="core", Channel1=f"SIP/{one}", Channel2=f"SIP/{two}", Uniqueid1=one,
        Uniqueid2=two,
    )  # fmt: skip


def hung_up(channel: str, uniqueid: str) -> Headers:
    return v1("Hangup", Channel=channel, Uniqueid=uniqueid, Cause="16")


BEFORE = [
    born("SIP/ann", "ann", "ann", "4"), born("SIP/bea", "bea", "bea"), *calls("ann", "bea"), linked("ann", "bea"),
    born("SIP/bea2", "bea2", "bea", "4"), born("SIP/cid", "cid", "cid"), *calls("bea2", "cid"), linked("bea2", "cid"),
]  # fmt: skip
"""Ann calls Bea, who calls Cid on her second line, as Asterisk 11 says it."""
MASQUERADE = [
    v1("Transfer", TransferType="Attended", TransferMethod="SIP", Channel="SIP/bea", Uniqueid="bea",
       TargetChannel="SIP/bea2", TargetUniqueid="bea2"),
    v1("Masquerade", Clone="SIP/ann", CloneState="Up", Original="SIP/bea2", OriginalState="Up"),
    v1("Rename", Channel="SIP/ann", Newname="SIP/ann<MASQ>", Uniqueid="ann"),
    v1("Rename", Channel="SIP/bea2", Newname="SIP/ann", Uniqueid="bea2"),
    v1("Rename", Channel="SIP/ann<MASQ>", Newname="SIP/bea2<ZOMBIE>", Uniqueid="ann"),
    hung_up("SIP/bea2<ZOMBIE>", "ann"),
    linked("ann", "bea", "Unlink"),
    hung_up("SIP/bea", "bea"),
]  # fmt: skip
"""Bea transfers Ann to Cid: Ann takes the place of Bea's second line, whose Uniqueid she bears from then on."""
AFTER = [hung_up("SIP/cid", "cid"), hung_up("SIP/ann", "bea2")]


def test_notes_on_a_channel_go_with_the_person_through_a_masquerade() -> None:
    read: list[tuple[str, str, Any]] = []

    class Notes(BaseReporter):
        def on_b_dial(self, call_id: str, caller: CallerId, callee: CallerId) -> None:  # noqa: ARG002
            assert caller.channel is not None
            caller.channel.custom["note"] = f"note on {caller.number}"

        def on_transfer(self, call_id: str, redirector: CallerId, party1: CallerId, party2: CallerId) -> None:  # noqa: ARG002
            assert party1.channel is not None
            read.append(("transfer", party1.number, party1.channel.custom))

        def on_hangup(self, call_id: str, caller: CallerId, callee: CallerId, reason: str) -> None:  # noqa: ARG002
            assert caller.channel is not None
            read.append((reason, caller.number, caller.channel.custom))

    manager = ChannelManager(Notes())
    for event in [*BEFORE, *MASQUERADE, *AFTER]:
        manager.on_event(event)
    assert read == [
        ("transferred", "bea", {"note": "note on bea"}),
        ("transfer", "ann", {"note": "note on ann"}),
        ("completed", "ann", {"note": "note on ann"}),
    ]


def test_a_manager_finds_its_channels_while_they_live() -> None:
    class Noting(ChannelManager):
        def on_event(self, event: Headers) -> None:
            super().on_event(event)
            if event["Event"] == "Newchannel":
                channel = self.channel(str(event["Uniqueid"]))
                assert channel is not None
                channel.custom["born as"] = event["Channel"]

    manager = Noting()
    for event in BEFORE:
        manager.on_event(event)
    ann, bea = manager.channel("ann"), manager.channel("bea")
    assert ann is not None
    assert bea is not None
    assert ann.custom == {"born as": "SIP/ann"}
    together = [ann.bridge is bea.bridge]
    for event in MASQUERADE:
        manager.on_event(event)
    cid = manager.channel("cid")
    assert cid is not None
    together += [ann.bridge is cid.bridge, ann.bridge is bea.bridge]
    assert together == [True, True, False]
    for event in AFTER:
        manager.on_event(event)
    assert [manager.channel(uniqueid) for uniqueid in ("ann", "bea", "bea2", "cid")] == [None] * 4
