"""Operators whose observer feeds the source anew, or raises: it hears everything, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reactivex.subject import Subject

from cacofonisk import call_events
from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import CallEvent, Event, Ringing, Started
from cacofonisk.operators import lift, number_events, track_calls, track_channels

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from reactivex import abc

    from cacofonisk.machine import Emit


def ami(name: str, **headers: str) -> AmiEvent:
    return AmiEvent({"Event": name, **headers}, server="pbx")


def born(uniqueid: str, linkedid: str, state: str) -> AmiEvent:
    return ami(
        "Newchannel", Channel=f"PJSIP/{uniqueid}-1", ChannelState=state, CallerIDNum=uniqueid, Uniqueid=uniqueid,
        Linkedid=linkedid,
    )  # fmt: skip


ANSWERED = [
    born("a", "a", "4"),
    born("b", "a", "0"),
    ami("DialBegin", Uniqueid="a", DestUniqueid="b"),
    ami("DialEnd", Uniqueid="a", DestUniqueid="b", DialStatus="ANSWER"),  # ringing and ringing_stopped at once
]
HANGUPS = [ami("Hangup", Uniqueid="b", Cause="16"), ami("Hangup", Uniqueid="a", Cause="16")]


class Commenting:
    """A machine that says two things of each event before it lets it pass, and fails at `Bug`."""

    reads: Container[str] | None = None

    def __init__(self) -> None:
        self.fed: list[str] = []

    def feed(self, event: Event, emit: Emit) -> Event | None:
        assert isinstance(event, AmiEvent)
        self.fed.append(event.name)
        emit(ami(f"{event.name}1"))
        if event.name == "Bug":
            raise RuntimeError("a bug")
        emit(ami(f"{event.name}2"))
        return event

    def finish(self, emit: Emit) -> None:
        self.fed.append("finish")
        emit(ami("Last1"))
        emit(ami("Last2"))


class Noting:
    """A machine of one's own, that reads what none of ours does."""

    reads: Container[str] | None = frozenset({"VarSet"})

    def __init__(self) -> None:
        self.fed: list[object] = []

    def feed(self, event: Event, emit: Emit) -> Event | None:  # noqa: ARG002  # it adds nothing
        self.fed.append(event.name if isinstance(event, AmiEvent) else type(event))
        return event

    def finish(self, emit: Emit) -> None:
        pass


def test_a_machine_among_others_is_fed_what_it_reads_and_all_that_is_concluded() -> None:
    source: Subject[Event] = Subject()
    noting = Noting()
    told: list[Event] = []
    source.pipe(track_channels(), track_calls(), lift(lambda: noting), number_events()).subscribe(told.append)
    for event in (born("a", "a", "4"), ami("VarSet"), ami("RTCPSent")):
        source.on_next(event)
    assert noting.fed == [Started, "VarSet"]
    assert [event.name for event in told if isinstance(event, AmiEvent)] == ["Newchannel", "VarSet", "RTCPSent"]


class Heard(list[str]):
    """What came out of a Commenting, in order; `then` says what is done when a name comes, once."""

    def __init__(self) -> None:
        self.source: Subject[Event] = Subject()
        self.then: dict[str, Callable[[], object]] = {}
        self.machine = Commenting()
        self.source.pipe(lift(lambda: self.machine)).subscribe(
            self.on_next, lambda error: self.append(repr(error)), lambda: self.append("|")
        )

    def on_next(self, event: Event) -> None:
        assert isinstance(event, AmiEvent)
        self.append(event.name)
        self.then.pop(event.name, lambda: None)()

    def feed(self, *names: str) -> None:
        for name in names:
            self.source.on_next(ami(name))


@pytest.mark.parametrize("keep_ami", [False, True])
def test_a_hangup_that_is_fed_while_an_answer_is_told_is_the_last_event(keep_ami: bool) -> None:
    source: Subject[Event] = Subject()
    told: list[CallEvent] = []

    def on_next(event: Event) -> None:
        if isinstance(event, CallEvent):
            told.append(event)
        if isinstance(event, Ringing):
            for hangup in HANGUPS:
                source.on_next(hangup)

    source.pipe(call_events(keep_ami=keep_ami)).subscribe(on_next)
    for event in ANSWERED:
        source.on_next(event)
    assert [event.event for event in told] == ["started", "ringing", "ringing_stopped", "hangup"]
    assert [event.sequence for event in told] == [1, 2, 3, 4]


@pytest.mark.parametrize("moment", ["A1", "A2", "A"])
def test_what_follows_from_an_event_that_an_observer_feeds_comes_behind(moment: str) -> None:
    heard = Heard()
    heard.then[moment] = lambda: heard.feed("B")
    heard.then["B1"] = lambda: heard.feed("C", "D")
    heard.feed("A")
    assert heard == ["A1", "A2", "A", "B1", "B2", "B", "C1", "C2", "C", "D1", "D2", "D"]


def test_operators_in_a_row_keep_the_order_too() -> None:
    source: Subject[Event] = Subject()
    names: list[str] = []

    def on_next(event: Event) -> None:
        assert isinstance(event, AmiEvent)
        names.append(event.name)
        if event.name == "A11":
            source.on_next(ami("B"))

    source.pipe(lift(Commenting), lift(Commenting)).subscribe(on_next)
    source.on_next(ami("A"))
    assert names == [f"{name}{more}" for name in "AB" for more in ("11", "12", "1", "21", "22", "2", "1", "2", "")]


def fail() -> None:
    raise ValueError("an observer's bug")


def test_an_observer_that_raises_hears_the_rest_at_once_and_its_caller_the_error() -> None:
    heard = Heard()
    heard.then = {"A1": fail, "B": fail}
    with pytest.raises(ValueError, match="observer's bug"):
        heard.feed("A")
    assert heard == ["A1", "A2", "A"]
    with pytest.raises(ValueError, match="observer's bug"):
        heard.feed("B")
    heard.feed("C")
    assert heard[3:] == ["B1", "B2", "B", "C1", "C2", "C"]


def test_an_observer_that_raises_after_it_has_fed_the_source_hears_both_events() -> None:
    heard = Heard()

    def feed_and_fail() -> None:
        heard.feed("B")
        fail()

    heard.then["A1"] = feed_and_fail
    with pytest.raises(ValueError, match="observer's bug"):
        heard.feed("A")
    heard.feed("C")
    assert heard == ["A1", "A2", "A", "B1", "B2", "B", "C1", "C2", "C"]


def test_an_observer_that_is_interrupted_hears_the_rest_before_the_next_event() -> None:
    heard = Heard()

    def interrupt() -> None:
        raise KeyboardInterrupt

    heard.then["A1"] = interrupt
    with pytest.raises(KeyboardInterrupt):
        heard.feed("A")
    heard.feed("B")
    assert heard == ["A1", "A2", "A", "B1", "B2", "B"]


def test_the_end_of_the_source_comes_behind_what_is_being_told() -> None:
    heard = Heard()
    heard.then["A1"] = heard.source.on_completed
    heard.feed("A")
    assert heard == ["A1", "A2", "A", "Last1", "Last2", "|"]


def test_an_error_of_the_source_comes_behind_what_is_being_told() -> None:
    heard = Heard()
    heard.then["A1"] = lambda: heard.source.on_error(OSError("gone"))
    heard.feed("A")
    assert heard == ["A1", "A2", "A", "OSError('gone')"]


def test_an_observer_that_raises_at_the_end_hears_the_end() -> None:
    heard = Heard()
    heard.then["Last1"] = fail
    with pytest.raises(ValueError, match="observer's bug"):
        heard.source.on_completed()
    assert heard == ["Last1", "Last2", "|"]


def test_a_machine_that_fails_is_fed_no_more_and_what_it_has_said_comes_before_the_error() -> None:
    heard = Heard()

    def feed_and_end() -> None:
        heard.feed("Bug", "B")
        heard.source.on_completed()

    heard.then["A1"] = feed_and_end
    heard.feed("A", "C")
    assert heard == ["A1", "A2", "A", "Bug1", "RuntimeError('a bug')"]
    assert heard.machine.fed == ["A", "Bug"]


def test_who_unsubscribes_in_the_middle_hears_no_more() -> None:
    names: list[str] = []
    source: Subject[Event] = Subject()

    def on_next(event: Event) -> None:
        assert isinstance(event, AmiEvent)
        names.append(event.name)
        if event.name == "A2":
            subscription.dispose()

    subscription: abc.DisposableBase = source.pipe(lift(Commenting)).subscribe(on_next)
    source.on_next(ami("A"))
    source.on_next(ami("B"))
    assert names == ["A1", "A2"]
