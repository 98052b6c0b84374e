"""No number that Asterisk takes changes anything about others: whatever is in it, wherever it stands."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from cacofonisk.ami_event import WANTED, AmiEvent
from cacofonisk.sources._framing import Framer
from tests.test_ami_framing import LONGEST, UID, VICTIM, block, event

OF_A_CHANNEL = (
    "Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
    "ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid",
)  # fmt: skip
LINES = [
    *(f"{prefix}{header}: " for header in OF_A_CHANNEL for prefix in ("", "Dest")),
    *(f"Event: {name}" for name in ("Hangup", "FullyBooted", "StatusComplete", "CoreShowChannel", "Masquerade", "")),
    "Privilege: ", "Timestamp: ", "Uptime: 0", "Response: Success", "ActionID: 1", "EventList: start",
    f"Uniqueid: {VICTIM}", f"DestUniqueid: {VICTIM}", "Asterisk Call Manager/1", "",
]  # fmt: skip
ENDS = ("\r\n", "\r\n\r\n", "", "x", "\r", "\n", " ", ":")


def packet_of(name: str, places: list[str], number: str) -> bytes:
    """A packet with this number in these places."""
    hostile = {place: number for place in places if place != "last"}
    last = number if "last" in places else "203"
    dest = block("Dest", **hostile, uid="1.2") if name == "DialBegin" else ""
    return event(name, block(**hostile) + dest + f"DialString: {last}\r\n")


numbers = st.lists(st.tuples(st.sampled_from(ENDS), st.sampled_from(LINES)), min_size=1, max_size=8).map(
    lambda parts: ("06" + "".join(end + line for end, line in parts))[:LONGEST]
)
names = st.sampled_from(["DialBegin", "Newstate", "VarSet", "UserEvent"])
places = st.lists(st.sampled_from(["number", "connected", "exten", "last"]), min_size=1, unique=True)


@given(names, places, numbers, st.integers(1, 700))
@example("DialBegin", ["last"], f"06\r\n\r\nx: \r\nEvent: Hangup\r\nUniqueid: {VICTIM}", 700)
@example("VarSet", ["last"], f"06\r\n\r\nx: \r\nEvent: Hangup\r\nUniqueid: {VICTIM}", 700)
@example("DialBegin", ["last"], "06\r\n\r\nx: \r\nEvent: StatusComplete", 700)
@example("Newstate", ["number"], "06\r\n\r\nChannel: \r\nChannelState: \r\nChannelStateDesc: \r\nCallerIDNum: ", 700)
@example("UserEvent", ["last"], "06\r\n\r\nChannel: \r\nChannelState: \r\nChannelStateDesc: \r\nCallerIDNum: ", 700)
@example("DialBegin", ["exten", "last"], "06\r\nChannelStateDesc: \r\nExten: ", 700)
def test_no_number_forges_or_hides_what_is_told_of_others(name: str, where: list[str], number: str, size: int) -> None:
    framer = Framer(live=True)
    framer.believe_answers_to({})
    others = [event("Newstate", block(uid=f"1.{each}")) for each in (3, 4, 5)]
    data = others[0] + packet_of(name, where, number) + others[1] + others[2]
    found = [
        packet
        for start in range(0, len(data), size)
        for packet in framer.feed(data[start : start + size])
        if isinstance(packet, AmiEvent) and packet.name in WANTED
    ]
    of_others = [each["Uniqueid"] for each in found if each.name == "Newstate" and each["Uniqueid"] != UID]
    assert of_others == ["1.3", "1.4", "1.5"]
    assert {each.name for each in found} <= {"Newstate", name}
    assert all(each.get("DestUniqueid") in (None, "1.2") for each in found)
    assert all(each["Uniqueid"] == UID for each in found if each.name == name != "Newstate")
