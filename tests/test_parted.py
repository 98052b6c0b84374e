"""Who has hung up is remembered while a late packet may name it, and not for as long as somebody else stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cacofonisk.ami_event import AmiEvent
from cacofonisk.registry import ChannelTracker
from cacofonisk.transfer_fact import TransferFact
from cacofonisk.transfers import TransferDetector

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.events import Event

Packets = list[AmiEvent]


def ami(name: str, uniqueid: str, **headers: str) -> AmiEvent:
    return AmiEvent({"Event": name, "Uniqueid": uniqueid, **headers}, server="pbx")


def born(uniqueid: str, linkedid: str = "", state: str = "6") -> AmiEvent:
    return ami("Newchannel", uniqueid, Channel=f"PJSIP/{uniqueid}", ChannelState=state, Linkedid=linkedid or uniqueid)


def bridged(name: str, uniqueid: str, bridge: str, kind: str = "basic") -> AmiEvent:
    technology = {"basic": "simple_bridge", "base": "softmix", "": "holding_bridge"}[kind]
    creator = {"BridgeCreator": "ConfBridge", "BridgeName": "600"} if kind == "base" else {}
    return ami(name, uniqueid, BridgeUniqueid=bridge, BridgeType=kind, BridgeTechnology=technology, **creator)


def visits(visitor: str, place: str, kind: str) -> Packets:
    return [
        born(visitor),
        bridged("BridgeEnter", visitor, place, kind),
        bridged("BridgeLeave", visitor, place, kind),
        ami("Hangup", visitor),
    ]


def visits_room(visitor: str) -> Packets:
    return visits(visitor, "room", "base")


def waits_with_others(visitor: str) -> Packets:
    return visits(visitor, "room", "")


def talks(caller: str) -> Packets:
    talk = f"talk with {caller}"
    return [
        born(caller),
        bridged("BridgeEnter", caller, talk),
        bridged("BridgeEnter", "host", talk),
        bridged("BridgeLeave", "host", talk),
        bridged("BridgeLeave", caller, talk),
        ami("Hangup", caller),
    ]


def is_called_in_vain(phone: str) -> Packets:
    return [
        born(phone, "host", "0"),
        ami("DialBegin", "host", DestUniqueid=phone),
        ami("Hangup", phone),
        ami("DialEnd", "host", DestUniqueid=phone, DialStatus="NOANSWER"),
    ]


def answers(phone: str) -> Packets:
    talk = f"talk with {phone}"
    return [
        born(phone, "host", "0"),
        ami("DialBegin", "host", DestUniqueid=phone),
        ami("DialEnd", "host", DestUniqueid=phone, DialStatus="ANSWER"),
        bridged("BridgeEnter", phone, talk),
        bridged("BridgeEnter", "host", talk),
        bridged("BridgeLeave", "host", talk),
        bridged("BridgeLeave", phone, talk),
        ami("Hangup", phone),
    ]


@pytest.mark.parametrize(
    ("goes_in", "happens"),
    [
        pytest.param([bridged("BridgeEnter", "host", "room", "base")], visits_room, id="room"),
        pytest.param([bridged("BridgeEnter", "host", "room", "")], waits_with_others, id="waiting_place"),
        pytest.param([], talks, id="talks_with_callers"),
        pytest.param([], is_called_in_vain, id="calls_in_vain"),
        pytest.param([], answers, id="calls_one_after_another"),
    ],
)
def test_who_stays_for_a_month_keeps_nobody_who_came_and_went(
    goes_in: Packets, happens: Callable[[str], Packets]
) -> None:
    registry = ChannelTracker()
    kept = []
    for event in [born("host"), *goes_in]:
        registry.feed(event, fail)
    for number in range(100):
        for event in happens(f"guest {number}"):
            registry.feed(event, fail)
        kept.append(len(registry))
    assert kept == kept[:1] * 100
    for event in [*(bridged("BridgeLeave", "host", "room", "base") for _ in goes_in), ami("Hangup", "host")]:
        registry.feed(event, fail)
    assert len(registry) == 0


def test_those_who_hang_up_together_are_all_remembered() -> None:
    """However many answered and went after it, they were there before: a transfer by one of them may be told yet."""
    others = [f"other {number}" for number in range(20)]
    packets = [born("host"), born("phone", "host", "0")]
    packets += [born(other, "host") for other in others]
    packets += [bridged("BridgeEnter", uniqueid, "talk") for uniqueid in ("host", "phone")]
    packets += [ami("Hangup", "phone"), *(ami("Hangup", other) for other in others)]
    roles = {"TransfererUniqueid": "phone", "TransfereeUniqueid": "host"}
    packets.append(ami("BlindTransfer", "", **roles, Extension="203", Result="Success"))
    registry, detector = ChannelTracker(), TransferDetector()
    told: list[Event] = []
    for event in packets:
        detector.feed(registry.feed(event, fail), told.append)
    assert [fact.transferer.uniqueid for fact in told if isinstance(fact, TransferFact)] == ["phone"]


def fail(event: Event) -> None:
    raise AssertionError(event)
