"""Which way calls go: by trunks, and by the numbers that lead outside."""

from __future__ import annotations

import pickle

import pytest

from cacofonisk import sources
from cacofonisk.cli import main
from cacofonisk.errors import PipelineError
from cacofonisk.events import Party, Started
from cacofonisk.operators import call_events
from cacofonisk.trunks import Trunks
from tests.recordings import FOLDER, collect

OFFICE = Trunks("PJSIP/trunk", "SIP/trunk", "IAX2/far", outside=["_0.", "_48."])


def started(name: str, trunks: Trunks | None) -> list[tuple[str, str | None]]:
    events = collect(sources.file(FOLDER / name).pipe(call_events(trunks=trunks)))
    return [
        (event.caller.channel.rpartition("-")[0], event.direction) for event in events if isinstance(event, Started)
    ]


@pytest.mark.parametrize(
    ("recording", "directions"),
    [
        ("ast22/inbound_odd_name.jsonl", [("PJSIP/trunk", "inbound")]),
        ("ast16sip/inbound.jsonl.gz", [("SIP/trunk", "inbound")]),
        ("ast22/iax_trunk.jsonl.gz", [("IAX2/far", "inbound"), ("PJSIP/201", "outbound")]),
        ("ast22/outbound.jsonl", [("PJSIP/201", "outbound")]),
        ("ast22/attended_transfer_by_caller.jsonl", [("PJSIP/201", "internal"), ("PJSIP/201", "internal")]),
        # Nobody dialled: the PBX calls the first phone of a click-to-dial, and for whom consults by a feature code.
        ("ast22/click_to_dial.jsonl", [("PJSIP/201", None)]),
        ("ast22/feature_attended_transfer.jsonl", [("PJSIP/201", "internal"), ("PJSIP/202", None)]),
        # Who has been talking since before we came.
        ("ast22/attach_mid_call.jsonl", [("PJSIP/201", None), ("PJSIP/203", None), ("PJSIP/trunk", None)]),
    ],
)
def test_the_direction_of_real_calls(recording: str, directions: list[tuple[str, str | None]]) -> None:
    assert sorted(started(recording, OFFICE), key=str) == sorted(directions, key=str)


def test_without_trunks_nobody_can_tell() -> None:
    assert started("ast22/outbound.jsonl", None) == [("PJSIP/201", None)]


def test_without_numbers_only_who_comes_in_is_told() -> None:
    assert started("ast22/inbound_odd_name.jsonl", Trunks("PJSIP/trunk")) == [("PJSIP/trunk", "inbound")]
    assert started("ast22/outbound.jsonl", Trunks("PJSIP/trunk")) == [("PJSIP/201", None)]


@pytest.mark.parametrize(
    ("name", "channel", "is_trunk"),
    [
        ("PJSIP/my-provider", "PJSIP/my-provider-0000001a", True),
        ("PJSIP/my", "PJSIP/my-provider-0000001a", False),
        ("PJSIP/provider", "SIP/provider-0000001a", False),
        ("DAHDI/*", "DAHDI/i1/0612345678-4", True),
        ("IAX2/far?", "IAX2/far2-15492", True),
        ("IAX2/far?", "IAX2/far-15492", False),
    ],
)
def test_trunks_are_named_as_their_channels_are(name: str, channel: str, is_trunk: bool) -> None:
    caller = Party(channel, "1.1", "0612345678", "", "", True, "")
    assert Trunks(name).direction(caller) == ("inbound" if is_trunk else None)


@pytest.mark.parametrize(
    ("extension", "outside", "internal"),
    [
        ("112", ["112"], ["1123", "11"]),
        ("_0.", ["01", "0612345678"], ["0", "202"]),
        ("_0!", ["0", "06"], ["202"]),
        ("_+X.", ["+31612345678"], ["+", "+a1", "31612345678"]),
        ("_NXXZ", ["2001"], ["1001", "2000", "200", "20011"]),
        ("_nxxz", ["2001"], ["1001"]),
        ("_[13-5]XX", ["100", "399"], ["200", "699"]),
        ("_0800-XXXX", ["08001234"], ["0800-1234"]),
        ("_*9X", ["*91"], ["91"]),
        ("_00[*#]", ["00#"], ["001"]),
    ],
)
def test_numbers_that_lead_outside_are_written_as_in_a_dialplan(
    extension: str, outside: list[str], internal: list[str]
) -> None:
    trunks = Trunks("PJSIP/trunk", outside=extension)
    for exten in outside + internal:
        caller = Party("PJSIP/201-00000001", "1.1", "201", "", "", True, exten)
        assert trunks.direction(caller) == ("outbound" if exten in outside else "internal"), exten


@pytest.mark.parametrize(
    ("channels", "outside", "said"),
    [
        ([], [], "Trunks() needs the name of a trunk, as in PJSIP/provider"),
        (["provider"], [], "a trunk is named with its technology, as in PJSIP/provider, not 'provider'"),
        (["PJSIP/a"], [""], "outside: an empty number leads nowhere; all that begins with 0 is _0."),
        (["PJSIP/a"], ["_"], "outside: an empty number leads nowhere; all that begins with 0 is _0."),
        (["PJSIP/a"], ["_0.1"], "outside: '_0.1' is no extension of a dialplan from '.1' on"),
        (["PJSIP/a"], ["_0[1-"], "outside: '_0[1-' is no extension of a dialplan from '[1-' on"),
        (["PJSIP/a"], ["_0[9-1]"], "outside: '_0[9-1]' has a range that runs backwards"),
    ],
)
def test_a_mistake_is_said(channels: list[str], outside: list[str], said: str) -> None:
    with pytest.raises(PipelineError) as raised:
        Trunks(*channels, outside=outside)
    assert str(raised.value) == said


def test_they_can_be_pickled_with_the_pipe() -> None:
    trunks: Trunks = pickle.loads(pickle.dumps(OFFICE))  # noqa: S301  # our own
    assert started("ast22/outbound.jsonl", trunks) == [("PJSIP/201", "outbound")]


def test_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    recording = str(FOLDER / "ast22" / "outbound.jsonl")
    assert main(["replay", recording, "--trunk", "PJSIP/trunk", "--outside", "_0.", "--only", "started"]) == 0
    assert capsys.readouterr().out.endswith("#1   201 Alice A calls 0612345678 (outbound)\n")
    assert main(["replay", recording, "--outside", "_0."]) == 2
    assert capsys.readouterr().err == "cacofonisk: --outside needs the trunks, too: --trunk PJSIP/provider\n"
    assert main(["replay", recording, "--trunk", "trunk"]) == 2
    said = "a trunk is named with its technology, as in PJSIP/provider, not 'trunk'"
    assert capsys.readouterr().err == f"cacofonisk: {said}\n"
