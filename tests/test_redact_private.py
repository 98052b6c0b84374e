"""What the diagrams of redact_private cannot draw: that nothing is changed in place."""

from __future__ import annotations

import copy
from dataclasses import replace

import reactivex as rx

from cacofonisk.events import Anomaly, CallEvent, Event, Party, Ringing
from cacofonisk.operators.redact_private import redact_private

ALICE = Party("PJSIP/201-1", "a", "201", "Alice", "1201", True, "202")
BOB = Party("PJSIP/202-1", "b", "202", "Bob", "1202", False, "")
CAROL = Party("PJSIP/203-1", "c", "203", "Carol", "1203", True, "")
RINGING = Ringing(call_id="a", server="pbx", time="", sequence=2, inferred=True, caller=ALICE, targets=[BOB, CAROL])


def redacted(event: Event, mask: str = "") -> Event:
    seen: list[Event] = []
    rx.of(event).pipe(redact_private(mask)).subscribe(seen.append)
    assert len(seen) == 1
    return seen[0]


def test_the_copy_differs_in_number_and_name_only() -> None:
    assert redacted(RINGING, "x") == replace(RINGING, targets=[replace(BOB, number="x", name="x"), CAROL])


def test_the_event_itself_stays_as_it_was() -> None:
    before = copy.deepcopy(RINGING)
    assert redacted(RINGING) is not RINGING
    assert before == RINGING


def test_an_event_with_nothing_to_mask_is_not_copied() -> None:
    event: CallEvent = replace(RINGING, targets=[CAROL])
    assert redacted(event) is event


def test_the_packet_of_an_anomaly_stays_as_it_was() -> None:
    packet: dict[str, str | list[str]] = {"Event": "Hangup", "CallerIDNum": ["1", "2"], "Exten": "1"}
    anomaly = Anomaly(server="pbx", time="", what="twice", packet=packet)
    masked = redacted(anomaly)
    assert isinstance(masked, Anomaly)
    assert masked.packet == {"Event": "Hangup", "CallerIDNum": "", "Exten": "1"}
    assert packet["CallerIDNum"] == ["1", "2"]
