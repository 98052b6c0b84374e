"""Which letters may be sent when: in order in a lane, others in between, one by one after a refusal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacofonisk.sinks._quantity import duration, size
from cacofonisk.sinks.http.answer import Answer, retry_after
from cacofonisk.sinks.http.gate import Gate, Waits
from cacofonisk.sinks.http.lanes import Lanes
from cacofonisk.sinks.http.letter import Letter

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def letter(lane: str, number: int) -> Letter:
    return Letter(f"{lane}{number}", lane.encode(), b"{}", number=number)


@given(st.lists(st.sampled_from("abcd"), max_size=40), st.integers(1, 5), st.randoms(use_true_random=False))
def test_every_letter_is_settled_once_and_in_order_in_its_lane(lanes: list[str], size: int, chance: Random) -> None:
    waiting = Lanes(size)
    letters = [letter(lane, number) for number, lane in enumerate(lanes)]
    for each in letters:
        waiting.add(each)
    now, flying, settled = 0.0, [], []
    while waiting.held:
        taken = waiting.take(now)
        if taken is not None:
            flying.append(taken)
        busy = [each.lane for batch, _ in flying for each in batch]
        assert all(len({id(b) for b, _ in flying if any(e.lane == lane for e in b)}) == 1 for lane in busy)
        if taken is None or chance.random() < 0.5:
            now += 1
            if not flying:
                continue
            batch, tries = flying.pop(chance.randrange(len(flying)))
            what = chance.random()
            if what < 0.3:
                waiting.again(batch, tries + 1, now + 2)
            elif what < 0.5 and len(batch) > 1:
                waiting.apart(batch)
            else:
                settled += batch
                waiting.settled(batch)
    assert sorted(each.number for each in settled) == list(range(len(letters)))
    for lane in "abcd":
        numbers = [each.number for each in settled if each.lane == lane.encode()]
        assert numbers == sorted(numbers)
    assert waiting.take(now) is None
    assert waiting.next_due() is None


def test_a_call_that_is_refused_holds_up_no_other() -> None:
    lanes = Lanes()
    for each in (letter("a", 1), letter("a", 2), letter("b", 3)):
        lanes.add(each)
    first = lanes.take(0)
    assert first is not None
    lanes.again(first[0], 1, 10)
    second = lanes.take(0)
    assert second is not None
    assert second[0][0].id == "b3"
    assert lanes.take(0) is None
    assert lanes.next_due() == 10
    assert lanes.take(10) == (first[0], 1)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(0, "again"), (200, "taken"), (204, "taken"), (302, "again"), (400, "dead"), (401, "dead"), (408, "again"),
     (410, "dead"), (422, "dead"), (429, "again"), (500, "again"), (503, "again"), (600, "again")],
)  # fmt: skip
def test_what_a_status_means(status: int, verdict: str) -> None:
    assert Answer(status, "").verdict == verdict


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None), ("0", 0), ("120", 120), ("Sun, 22 Nov 2026 12:01:00 GMT", 60),
        ("Sun, 22 Nov 2020 12:01:00 GMT", 0),
        ("soon", None), ("", None), ("-5", None), ("1" * 400, None), ("²", None),
    ],
)  # fmt: skip
def test_retry_after(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


def test_waits_double_up_to_a_limit_and_vary_by_chance() -> None:
    longest, shortest = Waits(1, 10, lambda: 0), Waits(1, 10, lambda: 1)
    assert [longest.before(tries) for tries in (1, 2, 3, 4, 5, 9999)] == [1, 2, 4, 8, 10, 10]
    assert [shortest.before(tries) for tries in (1, 2)] == [0.5, 1]


def test_a_receiver_that_fails_all_the_time_gets_one_request_at_a_time() -> None:
    gate = Gate(2, Waits(1, 10, lambda: 0))
    for _ in range(2):
        gate.failed(0, None)
    assert gate.limit(0) == 2
    gate.failed(0, None)
    assert (gate.limit(0), gate.next_opening(0), gate.limit(1)) == (0, 1, 1)
    gate.succeeded()
    assert (gate.limit(0), gate.next_opening(0)) == (2, None)
    gate.failed(0, 1e12)
    assert gate.next_opening(0) == 3600


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [(size, "10", 10), (size, "100M", 100 << 20), (size, "2gb", 2 << 30), (duration, "90", 90),
     (duration, "1.5h", 5400),
     (duration, "7d", 604800)],
)  # fmt: skip
def test_quantities(read: Callable[[str], float], text: str, value: float) -> None:
    assert read(text) == value


@pytest.mark.parametrize("text", ["", "x", "-1", "0", "1y", "1 M", "1e9"])
def test_what_is_no_quantity(text: str) -> None:
    for read in (size, duration):
        with pytest.raises(ValueError, match="is written like"):
            read(text)
