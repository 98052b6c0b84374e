"""`call_events()` and its operators one behind the other are the same pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest
from reactivex import of

from cacofonisk import sources
from cacofonisk.events import Anomaly, CallEvent, Party, SourceEvent, Started
from cacofonisk.operators import (
    call_events,
    detect_transfer,
    number_events,
    only,
    resolve_callerid,
    track_calls,
    track_channels,
    track_masquerade,
)
from tests.recordings import collect, name_of, recordings

if TYPE_CHECKING:
    from pathlib import Path

    from reactivex import Observable


@pytest.mark.parametrize("path", recordings(), ids=name_of)
def test_the_pipe_taken_apart_gives_the_same_bytes(path: Path) -> None:
    whole = sources.file(path).pipe(call_events())
    apart: Observable[Any] = sources.file(path).pipe(
        track_masquerade(), track_channels(), detect_transfer(), track_calls(), resolve_callerid(), number_events(),
        only(CallEvent, Anomaly, SourceEvent),
    )  # fmt: skip
    assert [orjson.dumps(event) for event in collect(apart)] == [orjson.dumps(event) for event in collect(whole)]


def test_numbering_anew_leaves_the_numbers_that_others_see() -> None:
    caller = Party("PJSIP/201-1", "a", "201", "Alice", "", True, "202")
    first = Started(call_id="a", server="pbx", time="", sequence=7, caller=caller, linkedid="a")
    seen = collect(of(first).pipe(number_events()))
    assert [event.sequence for event in seen if isinstance(event, Started)] == [1]
    assert first.sequence == 7
