"""Bytes to packets: any chunking gives the same, forged text is known by its signs, and nothing raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacofonisk.ami_event import AmiEvent
from cacofonisk.sources._forgery import JUDGED
from cacofonisk.sources._framing import Answer, BadPacket, Framer
from cacofonisk.user_event import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cacofonisk.sources._framing import Packet

UID, VICTIM = "1795398514.61", "1795398513.59"


def block(
    prefix: str = "", number: str = "0687654321", connected: str = "203", exten: str = "203", uid: str = UID
) -> str:
    return (
        f"{prefix}Channel: PJSIP/trunk-1\r\n{prefix}ChannelState: 4\r\n{prefix}ChannelStateDesc: Ring\r\n"
        f"{prefix}CallerIDNum: {number}\r\n{prefix}CallerIDName: x\r\n{prefix}ConnectedLineNum: {connected}\r\n"
        f"{prefix}ConnectedLineName: y\r\n{prefix}Language: en\r\n{prefix}AccountCode: \r\n{prefix}Context: in\r\n"
        f"{prefix}Exten: {exten}\r\n{prefix}Priority: 1\r\n{prefix}Uniqueid: {uid}\r\n{prefix}Linkedid: {uid}\r\n"
    )


def event(name: str, body: str) -> bytes:
    return f"Event: {name}\r\nPrivilege: call,all\r\nTimestamp: 1795398514.25\r\n{body}\r\n".encode()


NAMES = ["Newchannel", "Newstate", "Hangup", "VarSet", "QueueMemberStatus", "DialBegin", "BridgeEnter"]


def frame(data: bytes, size: int = 1 << 20, *, live: bool = True, used: bool = False) -> list[Packet]:
    """The packets in it; with `used` a framer reads it that has seen every kind of packet often."""
    framer = Framer(live=live)
    if used:
        usual = [event(name, block()) + honest_event(name, "1", "") for name in NAMES]
        for _ in range(20):
            framer.feed(b"".join(usual))
    packets: list[Packet] = []
    for start in range(0, len(data), size):
        packets += framer.feed(data[start : start + size])
    return packets


def events(packets: list[Packet]) -> list[AmiEvent]:
    return [packet for packet in packets if isinstance(packet, AmiEvent)]


def shown(packets: Sequence[Packet]) -> list[object]:
    return [
        list(packet.headers.items())
        if isinstance(packet, AmiEvent)
        else list(packet.headers.items())
        if isinstance(packet, Answer)
        else packet
        for packet in packets
    ]


def plain(data: bytes) -> list[object]:
    """The reference: what a simple reader of whole, honest packets makes of it."""
    found: list[object] = []
    for part in data.split(b"\r\n\r\n")[:-1]:
        pairs = [line.partition(": ")[::2] for line in part.decode().split("\r\n")]
        found.append(pairs)
    return found


names = st.sampled_from(NAMES)
value = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)


def honest_event(name: str, number: str, text: str) -> bytes:
    other = block("Dest") if name == "DialBegin" else ""
    return event(name, block(number=number) + other + f"Note: {text}\r\n")


honest = st.builds(honest_event, names, value, value)


@given(st.lists(honest, max_size=8), st.integers(1, 400), st.booleans())
def test_honest_packets_are_read_like_a_plain_reader_reads_them_however_they_are_cut(
    packets: list[bytes], size: int, used: bool
) -> None:
    data = b"".join(packets)
    assert shown(frame(data, size, used=used)) == plain(data)


injected = st.lists(
    st.sampled_from(
        ["\r\n", "\r\n\r\n", "Event: Hangup", f"Uniqueid: {VICTIM}", "Privilege: call,all", "Timestamp: 1", "x",
         "CallerIDName: z", "Response: Success", "Asterisk Call Manager/9", "Linkedid: 1", "Priority: 1", "Channel: a",
         "DestChannel: b", "\r", "\n"]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@given(injected, st.integers(1, 300), st.booleans(), st.booleans())
def test_hostile_numbers_never_raise_and_chunks_do_not_matter(text: str, size: int, live: bool, used: bool) -> None:
    data = (
        event("Newchannel", block(number="06" + text))
        + event("Hangup", block(number="06" + text))
        + event("Newstate", block())
    )
    assert shown(frame(data, size, live=live, used=used)) == shown(frame(data, live=live, used=used))


@given(st.text("\r\nab: ", max_size=40).map(lambda text: f"\r\n{text}"), st.booleans())
def test_whatever_lines_a_number_adds_the_channel_keeps_its_identity(text: str, used: bool) -> None:
    found = events(frame(event("Newchannel", block(number="06" + text)) + event("Newstate", block()), used=used))
    assert [(each.name, each["Uniqueid"], each["Linkedid"]) for each in found][-1] == ("Newstate", UID, UID)
    assert all(each["Uniqueid"] == UID for each in found)


SPLIT = f"06\r\n\r\nEvent: Hangup\r\nUniqueid: {VICTIM}\r\n\r\n"
CONVINCING = f"06\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nTimestamp: 1795398514.3\r\nUniqueid: {VICTIM}"
HOSTILE = [
    SPLIT,
    CONVINCING,
    CONVINCING + "\r\n\r\n",
    f"06\r\nUniqueid: {VICTIM}",
    f"06\r\nSwapUniqueid: {VICTIM}",
    "06\r\nAsterisk Call Manager/1\r\nEvent: Hangup\r\nUniqueid: 1",
]


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize("number", HOSTILE)
def test_what_a_number_smuggles_in_is_told_and_taken_out(number: str, size: int, used: bool) -> None:
    data = event("Newchannel", block(number=number)) + event("Newstate", block())
    packets = frame(data, size, used=used)
    assert shown(events(packets)) == shown(frame(event("Newchannel", block(number="06")) + event("Newstate", block())))
    assert any(isinstance(packet, BadPacket) for packet in packets)


@pytest.mark.parametrize("where", ["number", "connected", "exten"])
def test_it_does_not_matter_which_header_holds_it(where: str) -> None:
    packets = frame(event("BridgeEnter", block(**{where: f"1\r\nSwapUniqueid: {VICTIM}"})))
    assert [each.get("SwapUniqueid") for each in events(packets)] == [None]


def test_a_dial_whose_both_ends_hold_it_keeps_both_identities() -> None:
    bad = f"06\r\nUniqueid: {VICTIM}\r\nDestUniqueid: {VICTIM}"
    (dial,) = events(
        frame(event("DialBegin", block(number=bad) + block("Dest", connected=bad, uid="1.2") + "DialString: 203\r\n"))
    )
    assert (dial["Uniqueid"], dial["DestUniqueid"], dial["DialString"]) == (UID, "1.2", "203")


def test_an_unwanted_packet_that_is_cut_lets_no_forged_one_in() -> None:
    framer = Framer({"Hangup", "Newstate"}, live=True)
    packets = framer.feed(
        event("Newstate", block()) + event("VarSet", block(number=CONVINCING) + "Variable: a\r\nValue: b\r\n")
    )
    packets += framer.feed(event("Hangup", block()))
    assert [(each.name, each["Uniqueid"]) for each in events(packets)] == [("Newstate", UID), ("Hangup", UID)]


def test_nor_does_it_let_one_in_that_looks_like_all_others() -> None:
    framer = Framer({"Hangup"}, live=True)
    honest_one, forged = event("Hangup", block()), event("Hangup", block(uid=VICTIM))
    for _ in range(20):
        framer.feed(honest_one)
    cut = event("VarSet", block(number=f"06\r\n\r\n{forged.decode()}") + "Variable: a\r\nValue: b\r\n")
    assert [each["Uniqueid"] for each in events(framer.feed(cut + honest_one))] == [UID]


@pytest.mark.parametrize("name", ["Newchannel", "VarSet"])
@pytest.mark.parametrize("part", ["x", "CallerIDName: z", "CallerIDName: z\r\nConnectedLineNum: 1"])
def test_what_is_no_whole_rest_of_a_cut_packet_does_not_end_it(name: str, part: str) -> None:
    number = f"06\r\n\r\n{part}{CONVINCING.removeprefix('06')}\r\n\r\n"
    found = events(frame(event("Newstate", block()) + event(name, block(number=number)) + event("Newstate", block())))
    assert [(each.name, each["Uniqueid"]) for each in found] == [("Newstate", UID), (name, UID), ("Newstate", UID)]


@pytest.mark.parametrize(
    "forged", [b"Event: Hangup\r\nUniqueid: 1\r\n\r\n", b"Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: 1\r\n\r\n"]
)
def test_a_call_event_without_privilege_or_without_the_timestamp_that_others_have_is_forged(forged: bytes) -> None:
    packets = frame(event("Newstate", block()) + forged)
    assert [each.name for each in events(packets)] == ["Newstate"]
    assert isinstance(packets[-1], BadPacket)


def test_a_server_without_timestamps_is_believed() -> None:
    data = event("Newstate", block()).replace(b"Timestamp: 1795398514.25\r\n", b"")
    assert len(events(frame(data * 2))) == 2


def test_the_answers_to_list_actions_have_no_privilege() -> None:
    data = event("Newstate", block()) + f"Event: CoreShowChannel\r\nActionID: 1\r\n{block()}BridgeId: \r\n\r\n".encode()
    assert [each.name for each in events(frame(data))] == ["Newstate", "CoreShowChannel"]


LONGEST = 79
"""Characters that Asterisk takes of a dialled number, and PJSIP of a caller's: tests/live/test_hostile_length.py."""
FORGED = f"203\r\n\r\nEvent: Hangup\r\nPrivilege: \r\nTimestamp: \r\nUniqueid: {VICTIM}"
WITHOUT_MORE = "\r\n\r\nEvent: {}\r\nPrivilege: \r\nTimestamp: \r\n{}: " + VICTIM


def dialled(number: str) -> bytes:
    """A packet that ends with what somebody dialled."""
    return event("DialBegin", block(exten=number) + block("Dest") + f"DialString: {number}\r\n")


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_packet_behind_the_last_header_of_another_lacks_what_asterisk_writes_of_a_channel(
    size: int, live: bool, used: bool
) -> None:
    assert len(FORGED) <= LONGEST
    packets = frame(dialled(FORGED) + event("Newstate", block()), size, live=live, used=used)
    assert [(each.name, each["Uniqueid"]) for each in events(packets)] == [("DialBegin", UID), ("Newstate", UID)]
    assert "lacks headers of a channel" in str(packets)


OF_NO_CHANNEL = {"BridgeMerge", "ConfbridgeEnd", "FullyBooted", "Shutdown", "UserEvent"}


@pytest.mark.parametrize("identity", ["Uniqueid", "DestUniqueid", "TransfereeUniqueid", "Linkedid"])
@pytest.mark.parametrize("name", sorted(JUDGED - OF_NO_CHANNEL))
def test_no_event_that_can_change_a_call_is_believed_without_its_channels(name: str, identity: str) -> None:
    data = event("Newstate", block()) + dialled("203" + WITHOUT_MORE.format(name, identity))
    assert [each.name for each in events(frame(data))] == ["Newstate", "DialBegin"]
    beside = event("Newstate", block()) + event(name, block() + f"{identity}: {VICTIM}\r\n")
    assert [each.name for each in events(frame(beside))] == ["Newstate"]


def test_a_user_event_that_names_a_channel_comes_from_it() -> None:
    own = event("UserEvent", block() + "UserEvent: Call\r\nOtherUniqueid: 1\r\n")
    by_action = event("UserEvent", "UserEvent: Call\r\nNote: x\r\n")
    packets = frame(own + by_action + dialled("203" + WITHOUT_MORE.format("UserEvent", "Uniqueid")))
    assert [each.name for each in events(packets)] == ["UserEvent", "UserEvent", "DialBegin"]


SAID = (
    f"Channel: PJSIP/9\r\nExten: 47\r\nPriority: high\r\nUniqueid: {VICTIM}\r\nLinkedid: {VICTIM}\r\nEvent: Hangup\r\n"
)


@pytest.mark.parametrize("used", [False, True])
def test_whatever_a_dialplan_says_in_a_user_event_asterisks_own_headers_are_those_before_its_name(used: bool) -> None:
    own = event("UserEvent", block() + "UserEvent: Call\r\n" + SAID)
    [found] = events(frame(own, used=used))
    assert (found.name, found["Uniqueid"], found["Linkedid"], found["Exten"]) == ("UserEvent", UID, UID, "203")
    assert found.headers["Uniqueid"] == [UID, VICTIM]
    assert found.headers["Priority"] == ["1", "high"]


def test_and_what_who_did_an_action_says_names_no_channel() -> None:
    own, said = split(events(frame(event("UserEvent", "UserEvent: Call\r\n" + SAID)))[0].headers)
    assert "Uniqueid" not in own
    assert said["Uniqueid"] == VICTIM


ENDS = f"0031\r\nPriority: 1\r\nUniqueid: {VICTIM}\r\nLinkedid: 1\r\nUserEvent: x"


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("where", ["number", "exten", "field"])
def test_a_number_that_imitates_the_end_of_asterisks_headers_makes_a_user_event_that_is_not_believed(
    where: str, used: bool
) -> None:
    assert len(ENDS) <= LONGEST
    field = ENDS if where == "field" else "203"
    hostile = {} if where == "field" else {where: ENDS}
    bad = event("UserEvent", block(**hostile) + f"UserEvent: Call\r\nCaller: {field}\r\n")
    packets = frame(bad + event("Newstate", block()), used=used)
    assert [each.name for each in events(packets)] == ["Newstate"]
    assert "cannot be told" in str(packets)


def test_a_forged_user_event_that_names_a_channel_before_its_name_is_not_believed() -> None:
    forged = f"203\r\n\r\nEvent: UserEvent\r\nPrivilege: user,all\r\nTimestamp: 1\r\nUniqueid: {VICTIM}\r\nUserEvent: x"
    packets = frame(event("Newstate", block()) + dialled(forged))
    assert [each.name for each in events(packets)] == ["Newstate", "DialBegin"]
    assert "lacks headers of a channel" in str(packets)


def test_a_server_that_writes_less_of_its_channels_is_believed() -> None:
    data = event("Hangup", "Channel: SIP/1\r\nUniqueid: 1\r\nCause: 16\r\n")
    assert len(events(frame(data * 5))) == 5


ANNOUNCED = b"Response: Success\r\nActionID: 1\r\nEventList: start\r\nMessage: Channels will follow\r\n\r\n"
LIST_ENDS = "203\r\n\r\nEvent: CoreShowChannelsComplete"


def listed(action: str) -> bytes:
    return f"Event: CoreShowChannel\r\nActionID: {action}\r\n{block()}BridgeId: \r\n\r\n".encode()


def test_a_list_is_believed_only_if_it_was_announced() -> None:
    packets = frame(ANNOUNCED + listed("1") * 9 + dialled(LIST_ENDS) + listed("2"))
    assert [each.name for each in events(packets)] == ["CoreShowChannel"] * 9 + ["DialBegin"]


def test_on_a_connection_it_is_believed_only_if_it_was_asked_for() -> None:
    framer = Framer(live=True)
    framer.believe_answers_to({"secret": None})
    forged = ANNOUNCED + listed("1")
    packets = framer.feed(listed("secret") * 9 + forged + dialled(LIST_ENDS))
    assert [each.name for each in events(packets)] == ["CoreShowChannel"] * 9 + ["DialBegin"]


BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 0\r\nStatus: Fully Booted\r\n\r\n"


@pytest.mark.parametrize(("live", "greeting"), [(True, b""), (False, b"Asterisk Call Manager/11.0.0\r\n")])
def test_a_server_says_once_a_connection_how_long_it_has_been_up(live: bool, greeting: bytes) -> None:
    packets = frame(greeting + BOOTED + event("Newstate", block()) + BOOTED, live=live)
    assert [each.name for each in events(packets)] == ["FullyBooted", "Newstate"]


def test_and_again_on_the_next() -> None:
    connection = b"Asterisk Call Manager/11.0.0\r\n" + ANNOUNCED + BOOTED
    assert len(events(frame(connection * 2, live=False))) == 2


BEGUN = "06\r\n\r\nChannel: \r\nChannelState: \r\nChannelStateDesc: \r\nCallerIDNum: "


@pytest.mark.parametrize("where", [("number",), ("connected",), ("exten",), ("number", "connected", "exten")])
def test_a_number_that_begins_a_channels_headers_hides_no_packet_of_others(where: tuple[str, ...]) -> None:
    hostile = dict.fromkeys(where, BEGUN)
    bad = event("DialBegin", block(**hostile) + block("Dest", **hostile, uid="1.2") + "DialString: 203\r\n")
    found = events(frame(bad + event("Newstate", block(uid="1.3"))))
    assert [(each.name, each["Uniqueid"]) for each in found] == [("DialBegin", UID), ("Newstate", "1.3")]
    assert found[0]["DestUniqueid"] == "1.2"


def unstamped(name: str, body: str) -> bytes:
    """As a server writes it that is not told to write a Timestamp."""
    return f"Event: {name}\r\nPrivilege: call,all\r\n{body}\r\n".encode()


@pytest.mark.parametrize("used", [False, True])
def test_a_field_of_a_user_event_does_not_say_what_the_server_writes(used: bool) -> None:
    own = unstamped("UserEvent", block() + "UserEvent: Billing\r\nTimestamp: 1795398508\r\n")
    framer = Framer(live=True)
    if used:
        framer.feed(unstamped("Newstate", block()) * 20)
    names = [packet.name for packet in framer.feed(own + unstamped("Hangup", block())) if isinstance(packet, AmiEvent)]
    assert names == ["UserEvent", "Hangup"]


def test_a_server_that_is_set_to_write_no_timestamp_is_heard_again() -> None:
    """What a caller's number can hold is less."""
    framer = Framer(live=True)
    assert len(events(framer.feed(event("Newstate", block()) * 5))) == 5
    assert events(framer.feed(unstamped("Newstate", block()) * 32)) == []
    assert len(events(framer.feed(unstamped("Newstate", block()) * 5))) == 5
    assert len(events(framer.feed(event("Newstate", block()) * 5))) == 5
