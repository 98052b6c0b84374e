"""What holds for any input, real or broken (EVENTS.md), tried on the recordings and on what damage makes of them."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import pickle
import re
import subprocess
import sys
from collections import defaultdict
from itertools import combinations, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from cacofonisk.ami_event import WANTED, AmiEvent, Headers
from cacofonisk.events import Anomaly, CallEvent, Hangup, Ringing, SourceEvent, Started
from cacofonisk.operators import call_events
from cacofonisk.pipeline import pipeline
from cacofonisk.sinks._json import to_json
from cacofonisk.testing.ami_server_packets import encode
from tests.recordings import FOLDER, collect, draw, fresh, kept, kept_by, name_of, packets, recordings, replay
from tests.rules import broken_rules, by_call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cacofonisk.events import Event
    from cacofonisk.machine import Chain

ALL = recordings()
WHOLE = [path for path in ALL if not re.search("hostile|killed|stopped|connection_lost|attach", path.name)]
"""Recordings of undisturbed calls, from their beginnings to their ends."""

every_recording = pytest.mark.parametrize("path", ALL, ids=name_of)
every_whole_recording = pytest.mark.parametrize("path", WHOLE, ids=name_of)
any_recording = st.sampled_from(ALL)
any_whole_recording = st.sampled_from(WHOLE)


def run(events: Iterable[Event], chain: Chain | None = None) -> list[Event]:
    """What the pipe makes of a stream that ends."""
    chain = chain or pipeline()
    said: list[Event] = []
    for event in fresh(events):
        chain.push(event, said.append)
    chain.finish(said.append)
    return said


def text(events: Iterable[Event]) -> list[bytes]:
    return [to_json(event) for event in events]  # type: ignore[arg-type]  # the end of a pipe has no other kinds


def ami(path: Path) -> list[AmiEvent]:
    """The AMI events of a recording, without what happened to its connection."""
    return [event for event in packets(path) if isinstance(event, AmiEvent)]


# Rule 4: calls do not disturb each other ----------------------------------------------------------------------------

_ID = re.compile(r"(uniqueid|linkedid|callerid-uniqueid)\d?$|^(uniqueid|id)$", re.IGNORECASE)


def renamed(events: Iterable[AmiEvent], prefix: str, server: str = "pbx") -> list[AmiEvent]:
    """The same calls with other Uniqueids."""
    return [
        AmiEvent(
            {
                key: prefix + value if isinstance(value, str) and value and _ID.search(key) else value
                for key, value in event.headers.items()
            },
            server=server,
            received=event.received,
        )
        for event in events
        if event.name not in ("FullyBooted", "Shutdown")  # these are about the PBX, not about a call
    ]


def can_be_told_apart(paths: list[Path]) -> bool:
    """Of two phones that the PBX calls and that send it to one number at once, no packet says which is followed how."""
    return sum(path.name.startswith("click_to_dial_forwarded") for path in paths) < 2


@settings(max_examples=120)
@given(
    st.lists(any_whole_recording, min_size=2, max_size=3).filter(can_be_told_apart),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_calls_do_not_disturb_each_other(paths: list[Path], random: Any, same_server: bool) -> None:
    streams = [
        renamed(ami(path), f"{index}-", "pbx" if same_server else f"pbx{index}") for index, path in enumerate(paths)
    ]
    alone = {key: text(events) for stream in streams for key, events in by_call(run(stream)).items() if key[1]}
    turns = [index for index, stream in enumerate(streams) for _ in stream]
    random.shuffle(turns)
    iterators = [iter(stream) for stream in streams]
    together = run(next(iterators[index]) for index in turns)
    assert {key: text(events) for key, events in by_call(together).items() if key[1]} == alone


FORWARDED = [path for path in WHOLE if path.name.startswith("click_to_dial_forwarded")]


@pytest.mark.parametrize("path", FORWARDED, ids=name_of)
def test_two_phones_that_forward_to_one_number_are_told_apart(path: Path) -> None:
    one, two = renamed(ami(path), "0-"), renamed(ami(path), "1-")
    alone = text(run(one)) + text(run(two))
    for ahead in range(len(one)):  # the threads take the same time, and one began earlier
        later: list[AmiEvent | None] = [*[None] * ahead, *two]
        together = run(event for pair in zip_longest(one, later) for event in pair if event is not None)
        assert sorted(text(together)) == sorted(alone), f"{ahead} packets ahead"
    begun = next(index for index, event in enumerate(one) if event.get("Forward"))
    both = one[:begun] + two[:begun] + one[begun:] + two[begun:]  # each has begun to go on before either says so
    assert sorted(text(run(both))) == sorted(alone)


# The same again -----------------------------------------------------------------------------------------------------


@every_recording
def test_the_same_input_gives_the_same_bytes(path: Path) -> None:
    assert text(run(packets(path))) == text(run(packets(path)))


def test_no_hash_seed_changes_a_byte() -> None:
    """Every recording, in processes that order their sets and hashes otherwise."""
    seen = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parent)}
        done = subprocess.run(
            [sys.executable, "-c", "import test_properties; print(test_properties.digest())"],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        seen.add(done.stdout)
    assert len(seen) == 1


def digest() -> str:
    """One number for all that comes out of all recordings."""
    digest = hashlib.sha256()
    for path in ALL:
        for line in text(run(packets(path))):
            digest.update(line)
    return digest.hexdigest()


@settings(max_examples=100)
@given(any_recording, st.integers(0, 10_000))
def test_a_copy_made_midway_goes_on_the_same(path: Path, where: int) -> None:
    events = fresh(packets(path))
    where %= len(events)
    expected = run(events)
    chain = pipeline()
    said: list[Event] = []
    for event in fresh(events[:where]):
        chain.push(event, said.append)
    copied: Chain = pickle.loads(pickle.dumps(chain))  # noqa: S301  # our own bytes
    assert text([*said, *run(events[where:], copied)]) == text(expected)
    assert text([*said, *run(events[where:], chain)]) == text(expected)  # and the one that was copied, too


def test_what_hears_the_pipe_is_not_pickled_with_it() -> None:
    chain = pipeline()
    for event in fresh(packets(ALL[0]))[:20]:
        chain.feed(event, lambda _: None)  # a lambda cannot be pickled
    pickle.dumps(chain)


def test_who_hears_a_pipe_may_be_another_each_time() -> None:
    chain = pipeline()
    said: list[Event] = []
    for event in fresh(packets(ALL[0])):
        moment: list[Event] = []
        chain.push(event, moment.append)
        said += moment
    chain.finish(said.append)
    assert text(said) == text(run(packets(ALL[0]))) != []


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("QueueCallerJoin", "Position", "9" * 5000),
        ("QueueCallerJoin", "Position", "9" * 30),
        ("QueueCallerJoin", "Timestamp", "1e305"),
        ("FullyBooted", "Uptime", "9" * 5000),
        ("FullyBooted", "Uptime", "9" * 400),
        ("UserEvent", "Timestamp", "-1e305"),
    ],
)
def test_no_number_is_too_large(name: str, header: str, value: str) -> None:
    one = {"Uniqueid": "1.1", "Linkedid": "1.1", "Timestamp": "1795389400.5"}
    newchannel = {"Channel": "PJSIP/a-1", "ChannelState": "4", **one}
    odd = {"UserEvent": "x", "Queue": "q", "Position": "1", **one, header: value}
    headers = [("Newchannel", newchannel), (name, odd), ("Hangup", {"Cause": "16", **one})]
    said = run(AmiEvent({"Event": name, **packet}) for name, packet in headers)
    assert type(said[0]) is Started
    assert type(said[-1]) is Hangup
    assert all(map(to_json, said))  # type: ignore[arg-type]  # as above


# Any format ---------------------------------------------------------------------------------------------------------


def as_lines(headers: list[Headers]) -> bytes:
    return b"".join(json.dumps(packet, ensure_ascii=False).encode() + b"\n" for packet in headers)


def as_array(headers: list[Headers]) -> bytes:
    return json.dumps(headers, indent=2).encode()


def as_bytes(headers: list[Headers]) -> bytes:
    greeting = b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nMessage: Authentication accepted\r\n\r\n"
    return b"".join([greeting, *map(encode, headers)])


FORMATS: dict[str, Callable[[list[Headers]], bytes]] = {
    "x.json": as_array,
    "x.ami": as_bytes,
    "x.jsonl.gz": lambda headers: gzip.compress(as_lines(headers)),
    "x.ami.zst": lambda headers: zstandard.compress(as_bytes(headers)),
}


@every_recording
@pytest.mark.parametrize("name", FORMATS)
def test_any_format_gives_the_same(path: Path, name: str, tmp_path: Path) -> None:
    headers = [event.headers for event in ami(path)]
    (tmp_path / "plain.jsonl").write_bytes(as_lines(headers))
    (tmp_path / name).write_bytes(FORMATS[name](headers))
    expected, got = (
        draw([event for event in replay(tmp_path / file) if isinstance(event, CallEvent)])
        for file in ("plain.jsonl", name)
    )
    assert got.splitlines() == expected.splitlines()


@every_recording
def test_the_operator_is_the_machine(path: Path) -> None:
    from reactivex import from_iterable

    assert text(collect(from_iterable(fresh(packets(path))).pipe(call_events()))) == text(run(packets(path)))


# Memory -------------------------------------------------------------------------------------------------------------


@every_whole_recording
def test_nothing_is_kept_when_all_have_hung_up(path: Path) -> None:
    chain = pipeline()
    for event in fresh(packets(path)):
        chain.feed(event, lambda _: None)
    assert kept(chain) == 0


@every_whole_recording
def test_nothing_is_kept_that_nobody_counts(path: Path) -> None:
    """The machines say how much they keep; what is pickled is how much it really is."""
    chain = pipeline()
    sizes = []
    for _ in range(3):
        for event in fresh(ami(path)):
            chain.feed(event, _ignore)
        sizes.append(len(pickle.dumps(chain)))
    assert sizes[2] <= sizes[0] + 16  # counters grow by a byte


def _ignore(_: Event) -> None:
    pass


# Damage -------------------------------------------------------------------------------------------------------------

GARBAGE = [
    "",
    "<unknown>",
    "nonsense",
    "-1",
    "4.5",
    "99999999999999999999",
    "9" * 5000,
    "inf",
    "\udcff\udcfe",
    "ä\r",
    "1.1",
]
HEADERS = [
    "Uniqueid", "Linkedid", "Channel", "ChannelState", "DestUniqueid", "DialStatus", "BridgeUniqueid", "SwapUniqueid",
    "Timestamp", "Cause", "CallerIDNum", "CallerIDName", "LocalOneUniqueid", "LocalTwoUniqueid", "Result", "Exten",
    "TransfereeUniqueid", "TransfererUniqueid", "OrigTransfererUniqueid", "SecondTransfererUniqueid", "DestType",
    "TransferTargetUniqueid", "Queue", "Position", "ParkeeUniqueid", "RetrieverUniqueid", "ParkingSpace", "Conference",
    "TargetUniqueid", "BridgeTechnology", "BridgeType", "AccountCode", "Forward", "UserEvent", "Event",
]  # fmt: skip
_place = st.integers(0, 10_000)
_damage = st.one_of(
    st.tuples(st.just("drop"), _place),
    st.tuples(st.just("repeat"), _place, _place),
    st.tuples(st.just("move"), _place, st.integers(1, 8)),
    st.tuples(st.just("lack"), _place, st.sampled_from(HEADERS)),
    st.tuples(st.just("garble"), _place, st.sampled_from(HEADERS), st.sampled_from(GARBAGE)),
    st.tuples(st.just("double"), _place, st.sampled_from(HEADERS)),
    st.tuples(st.just("swap"), _place, _place, st.sampled_from(HEADERS)),
    st.tuples(st.just("begin"), _place),
    st.tuples(st.just("end"), _place),
)
damages = st.lists(_damage, min_size=1, max_size=12)


def damaged(events: list[Event], how: list[tuple[Any, ...]]) -> list[Event]:
    """The stream as it might arrive from a bad network, a hostile caller or a buggy Asterisk."""
    events = list(events)
    for what, *args in how:
        if not events:
            break
        at = args[0] % len(events)
        event = events[at]
        match what:
            case "drop":
                del events[at]
            case "repeat":
                events.insert(args[1] % (len(events) + 1), event)
            case "move":
                events.insert(min(at + args[1], len(events) - 1), events.pop(at))
            case "begin":
                del events[: at // 2]
            case "end":
                del events[len(events) - at // 2 :]
            case _ if isinstance(event, AmiEvent):
                headers = dict(event.headers)
                if what == "lack":
                    headers.pop(args[1], None)
                elif what == "garble":
                    headers[args[1]] = args[2]
                elif what == "double":
                    headers[args[1]] = [str(headers.get(args[1], "")), "another"]
                elif what == "swap":
                    other = events[args[1] % len(events)]
                    if isinstance(other, AmiEvent) and args[2] in other.headers:
                        headers[args[2]] = other.headers[args[2]]
                headers.setdefault("Event", event.name)
                events[at] = AmiEvent(headers, server=event.server, received=event.received)
    return events_of_new_channels(events)


def events_of_new_channels(events: list[Event]) -> list[Event]:
    """Without a Newchannel of one that is gone: Asterisk uses no Uniqueid twice, and who should remember them all?"""
    seen: dict[object, None] = {}
    gone: dict[object, None] = {}
    left: list[Event] = []
    for event in events:
        if isinstance(event, SourceEvent):
            gone.update(seen)
        elif isinstance(event, AmiEvent) and isinstance(uniqueid := event.headers.get("Uniqueid"), str):
            seen[uniqueid] = None
            if event.name == "Hangup":
                gone[uniqueid] = None
            elif event.name == "Newchannel" and uniqueid in gone:
                continue
        left.append(event)
    return left


@every_whole_recording
@pytest.mark.parametrize("what", ["lost", "twice", "late", "twice, the second time late"])
def test_a_packet_out_of_order_breaks_no_rule(path: Path, what: str) -> None:
    stream: list[Event] = [e for e in packets(path) if isinstance(e, AmiEvent) and e.name in WANTED]
    for at, event in enumerate(stream):
        before, after = stream[:at], stream[at + 1 :]
        match what:
            case "lost":
                changed = before + after
            case "twice":
                changed = [*before, event, event, *after]
            case "late":
                changed = [*before, *after[:4], event, *after[4:]]
            case _:
                changed = [*before, event, *after[:4], event, *after[4:]]
        assert broken_rules(run(events_of_new_channels(changed))) == [], event


@settings(max_examples=600)
@given(any_recording, damages)
def test_damage_breaks_no_rule(path: Path, how: list[tuple[Any, ...]]) -> None:
    stream = damaged(list(packets(path)), how)
    chain = pipeline()
    said = run(stream, chain)
    assert broken_rules(said) == []
    assert kept(chain) == 0
    text(said)


@settings(max_examples=300)
@given(st.sampled_from([path for path in ALL if not re.search("attach|connection_lost", path.name)]), damages)
def test_damage_fills_no_memory(path: Path, how: list[tuple[Any, ...]]) -> None:
    """Whatever is kept is explained by a channel that lives: nothing else may grow in a year of bad luck."""
    chain = pipeline()
    live: dict[str, None] = {}
    for event in fresh(damaged(list(packets(path)), how)):
        chain.feed(event, _ignore)
        if isinstance(event, AmiEvent):
            headers = event.headers
            uniqueids = {str(value) for key, value in headers.items() if key.lower().endswith("uniqueid")}
            if event.name == "Newchannel":
                live.update(dict.fromkeys(map(str, uniqueids)))
            elif event.name == "Hangup" and isinstance(uniqueid := headers.get("Uniqueid"), str):
                live.pop(uniqueid, None)
        assert kept(chain) <= 16 * len(live), f"after {event!r}, with {list(live)}: {kept_by(chain)}"


# Oddities are said --------------------------------------------------------------------------------------------------

ABOUT_NOBODY = {"DialBegin", "DialEnd", "DialState", "UserEvent"}
"""Packets that may lack the channel they are about: the PBX itself calls, a program says something."""
AFTER_HANGUP = {"ConfbridgeLeave", "NewAccountCode", "NewCallerid", "ParkedCallGiveUp", "ConfbridgeJoin"}
"""Packets about channels that are gone, which is normal."""
_READ = [
    "AgentConnect", "AttendedTransfer", "BlindTransfer", "BridgeEnter", "BridgeLeave", "ConfbridgeJoin",
    "ConfbridgeLeave", "DialBegin", "DialEnd", "DialState", "Hangup", "HangupRequest", "Hold", "LocalBridge",
    "NewAccountCode", "NewCallerid", "Newchannel", "Newstate", "ParkedCall", "ParkedCallGiveUp",
    "ParkedCallTimeOut", "Pickup", "QueueCallerAbandon", "QueueCallerJoin", "QueueCallerLeave", "UnParkedCall",
    "Unhold", "UserEvent",
]  # fmt: skip


def places() -> dict[str, tuple[Path, int]]:
    """Where each kind of packet occurs first in an undisturbed recording."""
    found: dict[str, tuple[Path, int]] = {}
    for path in WHOLE:
        for index, event in enumerate(ami(path)):
            found.setdefault(event.name, (path, index))
    return found


PLACES = places()
REQUIRED: dict[str, list[str]] = defaultdict(lambda: ["Uniqueid"])
REQUIRED.update({
    "AttendedTransfer": ["OrigTransfererUniqueid", "SecondTransfererUniqueid", "Result"],
    "BlindTransfer": ["TransfererUniqueid", "Result"],
    "BridgeEnter": ["Uniqueid", "BridgeUniqueid"],
    "BridgeLeave": ["Uniqueid", "BridgeUniqueid"],
    "ConfbridgeJoin": ["Uniqueid", "BridgeUniqueid", "Conference"],
    "DialBegin": ["DestUniqueid"],
    "DialEnd": ["DestUniqueid", "DialStatus"],
    "DialState": ["DestUniqueid"],
    "LocalBridge": ["LocalOneUniqueid", "LocalTwoUniqueid"],
    "Newchannel": ["Uniqueid", "Channel", "ChannelState"],
    "Newstate": ["Uniqueid", "ChannelState"],
    "ParkedCall": ["ParkeeUniqueid", "ParkingSpace"],
    "ParkedCallGiveUp": ["ParkeeUniqueid", "ParkingSpace"],
    "ParkedCallTimeOut": ["ParkeeUniqueid", "ParkingSpace"],
    "Pickup": ["Uniqueid", "TargetUniqueid"],
    "QueueCallerJoin": ["Uniqueid", "Queue", "Position"],
    "UnParkedCall": ["ParkeeUniqueid", "ParkingSpace"],
    "UserEvent": ["UserEvent"],
})  # fmt: skip
LACKS = [(name, header) for name in _READ for header in REQUIRED[name]]


def anomalies_with(name: str, change: Callable[[Headers], object]) -> tuple[list[Anomaly], Headers]:
    """What is said to be odd when the first packet of this name is changed."""
    path, index = PLACES[name]
    events = ami(path)
    headers = dict(events[index].headers)
    change(headers)
    events[index] = AmiEvent(headers, server=events[index].server, received=events[index].received)
    before = [event.what for event in run(ami(path)) if isinstance(event, Anomaly)]
    said = [event for event in run(events) if isinstance(event, Anomaly) and event.what not in before]
    return said, headers


@pytest.mark.parametrize(("name", "header"), LACKS)
def test_a_missing_header_is_said(name: str, header: str) -> None:
    said, headers = anomalies_with(name, lambda headers: headers.pop(header))
    role = header.removesuffix("Uniqueid") or header  # a transfer names who is missing, not how
    assert [anomaly for anomaly in said if role in anomaly.what and anomaly.packet == headers], said


@pytest.mark.parametrize(("name", "header"), [case for case in LACKS if case[0] != "UserEvent"])  # it may say any
def test_a_repeated_header_is_said(name: str, header: str) -> None:
    said, headers = anomalies_with(name, lambda headers: headers.update({header: ["1", "2"]}))
    assert [anomaly for anomaly in said if header in anomaly.what and anomaly.packet == headers], said


@pytest.mark.parametrize(
    ("name", "header"),
    [(name, header) for name, header in LACKS
     if header.endswith("Uniqueid") and name not in AFTER_HANGUP and (name, header) != ("Newchannel", "Uniqueid")
     and (name, header) not in (("BridgeEnter", "BridgeUniqueid"), ("ConfbridgeJoin", "BridgeUniqueid"),
                                ("DialEnd", "DestUniqueid"))],
)  # fmt: skip
def test_an_unknown_channel_or_bridge_is_said(name: str, header: str) -> None:
    said, headers = anomalies_with(name, lambda headers: headers.update({header: "nowhere.1"}))
    assert [anomaly for anomaly in said if "nowhere.1" in anomaly.what and anomaly.packet == headers], said


@pytest.mark.parametrize("name", _READ)
def test_a_doubled_header_does_no_other_harm(name: str) -> None:
    """Whichever header of a packet comes twice: the stream goes on, keeps the rules, and nothing stays in memory."""
    path, index = PLACES[name]
    whole = ami(path)
    for header in whole[index].headers:
        headers: Headers = {**whole[index].headers, header: ["1", "2"]}
        changed = AmiEvent(headers, server="pbx", received=whole[index].received)
        chain = pipeline()
        said: list[Event] = []
        for event in fresh([*whole[:index], changed, *whole[index + 1 :]]):
            chain.push(event, said.append)
        if (name, header) not in (("Hangup", "Uniqueid"), ("Hangup", "Event")):
            assert kept(chain) == 0, f"{name} with {header} twice: {kept_by(chain)}"
        chain.finish(said.append)
        assert broken_rules(said) == [], f"{name} with {header} twice"


@pytest.mark.parametrize(
    ("name", "header"), [("Newchannel", "ChannelState"), ("Newstate", "ChannelState"), ("QueueCallerJoin", "Position")]
)
@pytest.mark.parametrize("value", ["", "x", "1.5", "٣٣٣٣"])
def test_a_wrong_number_is_said(name: str, header: str, value: str) -> None:
    said, headers = anomalies_with(name, lambda headers: headers.update({header: value}))
    if value != "٣٣٣٣":  # Python takes digits of every script for numbers; that harms nobody
        assert [anomaly for anomaly in said if header in anomaly.what and anomaly.packet == headers], said


@pytest.mark.parametrize("name", [name for name in _READ if name not in ABOUT_NOBODY | AFTER_HANGUP | {"Newchannel"}])
def test_a_packet_before_all_others_is_said(name: str) -> None:
    path, index = PLACES[name]
    said = run([ami(path)[index]])
    assert [type(event) for event in said] == [Anomaly]


# The rules themselves -----------------------------------------------------------------------------------------------


def test_the_rules_see_what_is_wrong() -> None:
    """Each event taken out, told twice, or told too early breaks a rule, but for those that stand alone."""
    events = [
        event for event in replay(FOLDER / "ast22/attended_transfer_by_caller.jsonl") if isinstance(event, CallEvent)
    ]
    assert broken_rules(events, whole=True) == []
    for index, event in enumerate(events):
        assert broken_rules(events[:index] + events[index + 1 :]), f"{event} is not missed"
        assert broken_rules(events[: index + 1] + events[index:]), f"{event} twice is not seen"
    for one, two in combinations(range(len(events)), 2):
        if events[one].call_id == events[two].call_id:
            swapped = list(events)
            swapped[one], swapped[two] = swapped[two], swapped[one]
            assert broken_rules(swapped), f"{events[one]} and {events[two]} swapped is not seen"


def test_the_rules_see_a_local_half() -> None:
    events = replay(FOLDER / "ast22/busy_486.jsonl")
    (stopped,) = [event for event in events if event.event == "ringing_stopped"]  # type: ignore[union-attr]
    half = stopped.target.__class__("Local/1@x-1;2", "9", "", "", "", True, "")  # type: ignore[union-attr]
    stopped.target = half  # type: ignore[union-attr]
    assert "no person" in str(broken_rules(events))


def test_the_rules_see_a_field_of_the_wrong_kind() -> None:
    events = replay(FOLDER / "ast22/hold_and_unhold.jsonl")
    (ringing,) = [event for event in events if isinstance(event, Ringing)]
    ringing.caller = "201"  # type: ignore[assignment]
    assert "ringing.caller is '201'" in broken_rules(events)
