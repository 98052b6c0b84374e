"""What the diagrams of group_by_uniqueid cannot draw: subscriptions, observers that raise, memory."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
import reactivex as rx
from reactivex import operators as ops
from reactivex.subject import Subject

from cacofonisk.ami_event import AmiEvent
from cacofonisk.events import Event, Hangup, Party, Started
from cacofonisk.operators.group_by_uniqueid import UniqueidGroup, group_by_uniqueid


def party(uniqueid: str) -> Party:
    return Party(f"PJSIP/{uniqueid}-1", uniqueid, uniqueid, "", "", True, "")


def started(call_id: str) -> Started:
    return Started(call_id=call_id, server="pbx", time="", caller=party(call_id), linkedid=call_id)


def hangup(call_id: str) -> Hangup:
    return Hangup(
        call_id=call_id, server="pbx", time="", caller=party(call_id), callee=None, reason="completed",
        answered=None, ring_s=0, talk_s=0,
    )  # fmt: skip


def ami(name: str, uniqueid: str) -> AmiEvent:
    return AmiEvent({"Event": name, "Uniqueid": uniqueid}, server="pbx")


def kept() -> int:
    """How many objects of the operator's classes are alive."""
    gc.collect()
    return sum(type(thing).__module__ == group_by_uniqueid.__module__ for thing in gc.get_objects())


class Watcher:
    """An observer's on_next, to see how long it is kept."""

    def __call__(self, event: Event) -> None:
        """Take the event."""


def test_a_group_tells_whose_it_is() -> None:
    groups: list[UniqueidGroup] = []
    source: Subject[Event] = Subject()
    source.pipe(group_by_uniqueid()).subscribe(groups.append)
    source.on_next(started("a"))
    source.on_next(ami("Newchannel", "a"))
    assert [(group.key, group.server, group.kind) for group in groups] == [
        ("a", "pbx", "call"),
        ("a", "pbx", "channel"),
    ]
    assert repr(groups[0]) == "<call a on pbx>"


def test_whole_calls_are_collected_with_the_operators_of_rx() -> None:
    events: list[Event] = [started("a"), started("b"), hangup("b"), hangup("a")]
    calls: list[list[Event]] = []

    def whole(call: UniqueidGroup) -> rx.Observable[list[Event]]:
        return call.pipe(ops.to_list())

    rx.from_iterable(events).pipe(group_by_uniqueid(), ops.flat_map(whole)).subscribe(calls.append)
    assert calls == [[events[1], events[2]], [events[0], events[3]]]


def test_each_subscription_has_groups_of_its_own() -> None:
    source: Subject[Event] = Subject()
    grouped = source.pipe(group_by_uniqueid())
    first: list[UniqueidGroup] = []
    second: list[UniqueidGroup] = []
    grouped.subscribe(first.append)
    source.on_next(started("a"))
    grouped.subscribe(second.append)
    source.on_next(started("b"))
    assert [group.key for group in first] == ["a", "b"]
    assert [group.key for group in second] == ["b"]


def test_who_subscribes_later_gets_the_rest_and_who_comes_too_late_the_end() -> None:
    source: Subject[Event] = Subject()
    groups: list[UniqueidGroup] = []
    source.pipe(group_by_uniqueid()).subscribe(groups.append)
    last = hangup("a")
    seen: list[Any] = []
    source.on_next(started("a"))
    groups[0].subscribe(seen.append, on_completed=lambda: seen.append("end"))
    source.on_next(last)
    groups[0].subscribe(seen.append, on_completed=lambda: seen.append("late end"))
    assert seen == [last, "end", "late end"]


def test_who_comes_after_an_error_gets_it_too() -> None:
    source: Subject[Event] = Subject()
    groups: list[UniqueidGroup] = []
    errors: list[Exception] = []
    source.pipe(group_by_uniqueid()).subscribe(groups.append, errors.append)
    source.on_next(started("a"))
    boom = OSError("boom")
    source.on_error(boom)
    groups[0].subscribe(on_error=errors.append)
    assert errors == [boom, boom]


def test_the_source_stays_connected_until_the_last_group_is_left() -> None:
    source: Subject[Event] = Subject()
    seen: list[Event] = []
    inner: list[Any] = []
    outer = source.pipe(group_by_uniqueid()).subscribe(lambda group: inner.append(group.subscribe(seen.append)))
    source.on_next(started("a"))
    source.on_next(started("b"))
    outer.dispose()
    inner[0].dispose()
    last = hangup("b")
    source.on_next(started("c"))
    assert source.observers
    source.on_next(last)
    assert not source.observers
    assert [getattr(event, "call_id", None) for event in seen] == ["a", "b", "b"]


def test_without_a_group_at_hand_unsubscribing_disconnects_the_source() -> None:
    source: Subject[Event] = Subject()
    outer = source.pipe(group_by_uniqueid()).subscribe()
    source.on_next(started("a"))
    outer.dispose()
    assert not source.observers


def test_an_observer_that_raises_leaves_the_other_groups_alone() -> None:
    source: Subject[Event] = Subject()
    seen: list[Any] = []

    def raise_it(_: Event) -> None:
        raise ValueError("an observer's bug")

    def watch(group: UniqueidGroup) -> None:
        on_next = raise_it if group.key == "a" else seen.append
        group.subscribe(on_next, on_completed=lambda: seen.append(f"end of {group.key}"))

    source.pipe(group_by_uniqueid()).subscribe(watch)
    with pytest.raises(ValueError, match="bug"):
        source.on_next(started("a"))
    first, last = started("b"), hangup("b")
    source.on_next(first)
    with pytest.raises(ValueError, match="bug"):
        source.on_next(hangup("a"))
    source.on_next(last)
    assert seen == [first, "end of a", last, "end of b"]


def test_an_observer_that_raises_at_the_end_keeps_it_from_nobody() -> None:
    source: Subject[Event] = Subject()
    seen: list[str] = []

    def watch(group: UniqueidGroup) -> None:
        def end() -> None:
            seen.append(group.key)
            raise ValueError(f"a bug at the end of {group.key}")

        group.subscribe(on_completed=end)

    source.pipe(group_by_uniqueid()).subscribe(watch, on_completed=lambda: seen.append("all"))
    source.on_next(started("a"))
    source.on_next(started("b"))
    with pytest.raises(ValueError, match="end of a"):
        source.on_completed()
    assert seen == ["a", "b", "all"]


def test_an_observer_may_feed_the_source() -> None:
    source: Subject[Event] = Subject()
    seen: list[tuple[str, str]] = []

    def watch(group: UniqueidGroup) -> None:
        def on_next(event: Event) -> None:
            seen.append((group.key, type(event).__name__))
            if isinstance(event, Hangup) and group.key == "a":
                source.on_next(started("a"))  # while the first one is being finished

        group.subscribe(on_next)

    source.pipe(group_by_uniqueid(), ops.take(2)).subscribe(watch)
    source.on_next(started("a"))
    source.on_next(hangup("a"))
    assert seen == [("a", "Started"), ("a", "Hangup"), ("a", "Started")]


def test_a_group_that_ends_while_it_is_announced_has_both_its_events() -> None:
    source: Subject[Event] = Subject()
    first, last = started("a"), hangup("a")
    seen: list[Any] = []

    def watch(group: UniqueidGroup) -> None:
        group.subscribe(seen.append, on_completed=lambda: seen.append("end"))
        source.on_next(last)

    source.pipe(group_by_uniqueid()).subscribe(watch)
    source.on_next(first)
    assert seen == [first, last, "end"]


@pytest.mark.parametrize("end", ["completed", "failed"])
def test_a_source_that_ends_while_a_group_is_announced_loses_no_event(end: str) -> None:
    source: Subject[Event] = Subject()
    first = started("a")
    seen: list[Any] = []

    def watch(group: UniqueidGroup) -> None:
        group.subscribe(seen.append, lambda _: seen.append("failed"), lambda: seen.append("completed"))
        if end == "completed":
            source.on_completed()
        else:
            source.on_error(OSError("boom"))

    source.pipe(group_by_uniqueid()).subscribe(watch, lambda _: seen.append("failed"), lambda: seen.append("completed"))
    source.on_next(first)
    assert seen == [first, end, end]


def test_all_observers_of_a_group_get_its_events_in_order_also_when_the_first_feeds_the_source() -> None:
    source: Subject[Event] = Subject()
    events = [ami("Newchannel", "a"), ami("Newstate", "a"), ami("Newexten", "a"), ami("Hangup", "a")]
    fed = iter(events)
    seen: list[tuple[str, Any]] = []

    def feed(event: Event) -> None:
        seen.append(("first", event))
        source.on_next(next(fed, ami("VarSet", "a")))

    def watch(group: UniqueidGroup) -> None:
        group.subscribe(feed, on_completed=lambda: seen.append(("first", "end")))
        group.subscribe(
            lambda event: seen.append(("second", event)), on_completed=lambda: seen.append(("second", "end"))
        )

    source.pipe(group_by_uniqueid()).subscribe(watch)
    source.on_next(next(fed))
    assert seen == [(who, event) for event in [*events, "end"] for who in ("first", "second")]


def test_who_leaves_a_group_and_feeds_the_source_does_not_overtake_the_others() -> None:
    source: Subject[Event] = Subject()
    events = [ami("Newchannel", "a"), ami("Newstate", "a")]
    left: list[Any] = []
    seen: list[Event] = []

    def leave(_: Event) -> None:
        left[0].dispose()
        source.on_next(events[1])

    def watch(group: UniqueidGroup) -> None:
        left.append(group.subscribe(leave))
        group.subscribe(seen.append)

    source.pipe(group_by_uniqueid()).subscribe(watch)
    source.on_next(events[0])
    assert seen == events


def test_an_observer_that_raises_keeps_an_event_from_nobody() -> None:
    source: Subject[Event] = Subject()
    events = [started("a"), hangup("a")]
    seen: list[Any] = []

    def raise_it(_: Event) -> None:
        raise ValueError("an observer's bug")

    def watch(group: UniqueidGroup) -> None:
        group.subscribe(raise_it)
        group.subscribe(seen.append, on_completed=lambda: seen.append("end"))
        raise OSError("a bug of the observer of groups")

    source.pipe(group_by_uniqueid()).subscribe(watch)
    with pytest.raises(OSError, match="of groups"):
        source.on_next(events[0])
    with pytest.raises(ValueError, match="observer's bug"):
        source.on_next(events[1])
    assert seen == [*events, "end"]


def test_what_an_interrupt_has_left_comes_before_the_next_event() -> None:
    source: Subject[Event] = Subject()
    events = [ami("Newchannel", "a"), ami("Newstate", "a")]
    seen: list[Event] = []

    def watch(group: UniqueidGroup) -> None:
        group.subscribe(seen.append)
        raise KeyboardInterrupt

    source.pipe(group_by_uniqueid()).subscribe(watch)
    with pytest.raises(KeyboardInterrupt):
        source.on_next(events[0])
    source.on_next(events[1])
    assert seen == events


def test_nothing_is_kept_when_all_groups_have_ended() -> None:
    source: Subject[Event] = Subject()
    watchers: list[weakref.ref[Watcher]] = []

    def watch(group: UniqueidGroup) -> None:
        watcher = Watcher()
        watchers.append(weakref.ref(watcher))
        group.subscribe(watcher)

    source.pipe(group_by_uniqueid()).subscribe(watch)
    before = kept()
    for number in range(100):
        source.on_next(started(str(number)))
        source.on_next(ami("Newchannel", str(number)))
    assert kept() > before
    assert all(watcher() for watcher in watchers)
    for number in range(100):
        source.on_next(hangup(str(number)))
        source.on_next(ami("Hangup", str(number)))
        source.on_next(ami("NewCallerid", str(number)))
    assert kept() == before
    assert len(watchers) == 200
    assert not any(watcher() for watcher in watchers)


def test_a_group_is_dropped_that_nobody_can_get_anymore() -> None:
    source: Subject[Event] = Subject()
    watcher = Watcher()
    reference = weakref.ref(watcher)
    subscription = source.pipe(group_by_uniqueid(), ops.flat_map(lambda group: group)).subscribe(watcher)
    source.on_next(started("a"))
    subscription.dispose()
    del watcher, subscription
    gc.collect()
    assert reference() is None
    assert kept() == 0
