"""What a conference costs does not grow with how many phones are in it by Local channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.channels import Channel
from cacofonisk.events import Joined, Left
from cacofonisk.pipeline import pipeline

if TYPE_CHECKING:
    import pytest

    from cacofonisk.events import Event


def ami(name: str, **headers: str) -> AmiEvent:
    return AmiEvent({"Event": name, **headers}, server="pbx")


def born(uniqueid: str, channel: str, state: str = "6") -> AmiEvent:
    return ami("Newchannel", Uniqueid=uniqueid, Channel=channel, ChannelState=state, Linkedid="pager")


def bridged(name: str, uniqueid: str, bridge: str) -> AmiEvent:
    return ami(name, Uniqueid=uniqueid, BridgeUniqueid=bridge, BridgeType="basic", BridgeTechnology="simple_bridge")


def room(name: str, uniqueid: str) -> AmiEvent:
    of_the_room = {"BridgeType": "base", "BridgeTechnology": "softmix", "BridgeCreator": "ConfBridge"}
    return ami(name, Uniqueid=uniqueid, BridgeUniqueid="room", BridgeName="600", **of_the_room)


def paged(count: int) -> list[AmiEvent]:
    """So many phones come into a room, each by a Local channel of its own, and leave it again."""
    packets = [born("pager", "PJSIP/pager", "4")]
    for number in range(count):
        near, far, phone, bridge = (f"{what} {number}" for what in ("near", "far", "phone", "bridge"))
        packets += [
            born(near, f"Local/{number};1"),
            born(far, f"Local/{number};2"),
            ami("LocalBridge", LocalOneUniqueid=near, LocalTwoUniqueid=far),
            born(phone, f"PJSIP/{number}"),
            room("BridgeEnter", near),
            bridged("BridgeEnter", phone, bridge),
            bridged("BridgeEnter", far, bridge),
        ]
    for number in range(count):
        packets += [
            bridged("BridgeLeave", f"phone {number}", f"bridge {number}"),
            bridged("BridgeLeave", f"far {number}", f"bridge {number}"),
            room("BridgeLeave", f"near {number}"),
        ]
    return packets


def test_who_comes_and_goes_behind_one_door_is_looked_for_behind_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    people = Channel.people

    def counted(channel: Channel) -> list[Channel]:
        nonlocal asked
        asked += 1
        return people(channel)

    monkeypatch.setattr(Channel, "people", counted)
    looks = []
    for count in (10, 100):
        asked = 0
        said: list[Event] = []
        chain = pipeline()
        for event in paged(count):
            chain.push(event, said.append)
        assert [len([event for event in said if type(event) is kind]) for kind in (Joined, Left)] == [count, count]
        looks.append(asked / count)
    assert looks[1] <= looks[0]
