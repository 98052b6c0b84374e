"""What marble files may say, and what a mistake in one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from cacofonisk.events import Anomaly, Hangup, Ringing, SourceEvent, Started
from cacofonisk.testing import (
    MarbleError,
    parse_marbles,
    run_case,
)
from tests.marble_operators import HERE, UNCHANGED, ami, values


class TestReading:
    def test_several_cases_in_the_order_of_the_file(self) -> None:
        text = UNCHANGED + "== one\n\na  -|\nb  -|\n\n; a comment\n== two\n\na  --\nb  --\n"
        assert [(case.title, case.line) for case in parse_marbles(text, HERE)] == [("one", 2), ("two", 8)]

    def test_the_operator_is_the_one_the_file_is_named_after(self) -> None:
        case = parse_marbles("== t\n\na  -|\nb  -|\n", Path("only.marble"))[0]
        assert case.headers["operator"].value == "only()"

    def test_a_header_of_a_case_counts_for_this_case_alone(self) -> None:
        text = "operator: a()\n== one\noperator: b()\n\na  -|\nb  -|\n\n== two\n\na  -|\nb  -|\n"
        assert [case.headers["operator"].value for case in parse_marbles(text, HERE)] == ["b()", "a()"]

    def test_a_legend_line_goes_on_in_the_next(self) -> None:
        first, *_ = ami("x  Hangup  Uniqueid=a\n   Cause=17\n")
        assert first["Cause"] == "17"

    def test_windows_line_ends(self) -> None:
        text = (UNCHANGED + "== t\n\na  -x|\nb  -x|\n\nx  Hangup  Uniqueid=a\n").replace("\n", "\r\n")
        assert run_case(parse_marbles(text, HERE)[0]).passed

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "here.marble:1: no case here; a title starts with '== '"),
            ("in  -|\n", "here.marble:1: 'in  -|' stands before the first title, which starts with '== '"),
            ("speed: 3\n", "here.marble:1: no header is called 'speed'; there are defaults, operator, shows"),
            (
                "== t\n\nin  -|\n",
                "here.marble:1: a case needs two diagrams, of what goes in and what comes out",
            ),
            (
                "== t\n\nin  -a|\nout  -|\n",
                "here.marble:4: frame 0 of 'out' is not below frame 0 of 'in'; pad with",
            ),
            (
                "== t\n\nin   -a-|\nout  -(ab)-|\n",
                "here.marble:4: frame 2 of 'out' is not below frame 2 of 'in'",
            ),
            ("== t\n\nin   -a|\nout  -|\n", "here.marble:3: 'a' of 'in' is not in the legend"),
            ("== t\n\nin   -(a|\n", "here.marble:3: a group is not closed in '-(a|'"),
            ("== t\n\nin   -a)|\n", "here.marble:3: a group is closed that was never opened in '-a)|'"),
            ("== t\n\nin   -|-|\nout  -|\n", "here.marble:3: 'in' goes on behind its end"),
            (
                "== t\n\nin   -|\nout  -|\n\na  Hangup\n",
                "here.marble:6: 'a' is in the legend, but in no diagram",
            ),
            ("== t\n\nin   -|\nout  -|\nnew  -|\n", "here.marble:5: a diagram called 'new' is one too many"),
            (
                "== t\n\nin   -|\nout  -#\n",
                "here.marble:4: '#' comes out but not in: name the error in the legend",
            ),
            (
                "== t\n\nin   -a\nout  -\n\na  Hangup\na  Hangup\n",
                "here.marble:7: 'a' is in the legend twice",
            ),
            (
                "== t\n\nin   -a\nout  -\n\na  Hangup  what\n",
                "here.marble:6: expected name=value, found 'what'",
            ),
            (
                "== t\n\nin   -a\nout  -\n\na  hangap\n",
                "here.marble:6: no kind is called 'hangap' (perhaps 'hangup')",
            ),
            (
                "== t\n\nin   -\nout  -a\n\na  hangup  caler=a\n",
                "here.marble:6: hangup has no field 'caler' (perhaps 'caller')",
            ),
            (
                "== t\n\nin   -\nout  -a\n\na  hangup  caller.nummer=1\n",
                "here.marble:6: a party has no field 'nummer' (perhaps 'number')",
            ),
            (
                "== t\n\nin   -\nout  -a\n\na  transfer  kind=blnd\n",
                "here.marble:6: transfer has kind 'blnd', one of blind, attended, blonde was expected",
            ),
            (
                "== t\n\nin   -a\nout  -\n\na  joined  count=many\n",
                "here.marble:6: count is 'many', a number was expected",
            ),
            (
                "== t\n\nin   -a\nout  -\n\na  Newstate  Uniqueid=a\n",
                "here.marble:6: Newstate needs ChannelState or ChannelStateDesc",
            ),
            ("== t\n\nin   -#\nout  -#\n\n#  Boom\n", "here.marble:6: no error is called 'Boom'"),
            (
                "== t\n\nin   -a\nout  -\n\na  transfer_fact\n",
                "here.marble:6: transfer_fact cannot be an input",
            ),
            ("== t\n\nin  -\nout -\n\n== t\n", "here.marble:6: two cases have the title 't'"),
            *(
                (
                    f"== t\n\nin   -----\nsub  {moments}\nout  -----\n",
                    "here.marble:4: one subscribes (^) once, and unsubscribes (!) once behind that",
                )
                for moments in ("--!^-", "(!^)-", "^-^--", "-!-!-", "!^-!-")
            ),
            (
                "== t\n\nin   -s-t-\nout  -G-G-\nG    ---t-\n\ns  started\nt  started  caller=b\nG  group\n",
                "here.marble:5: 'G' comes out 2 times: give each group a letter and a diagram",
            ),
            (
                "== t\n\nin   -s\nout  -G\nG    -s\nG    -s\n\ns  started\nG  group\n",
                "here.marble:5: 'G' has two diagrams",
            ),
            (
                "== t\n\nin   -a\nout  -a\n\na  Newchannel  Uniqueid=a linkedid=b\n",
                "here.marble:6: Newchannel has no field 'linkedid' (perhaps 'Linkedid'); there are bridge, ",
            ),
            (
                "== t\n\nin   -a\nout  -a\n\na  Newchannel  Uniqueid=a chanel=a\n",
                "here.marble:6: Newchannel has no field 'chanel' (perhaps 'channel'); there are bridge, ",
            ),
            (
                "== t\n\nin   -a\nout  -\n\na  Newchannel  Uniqueid=a channel=a\n",
                "here.marble:6: channel is looked at when 'a' comes out, which it does not",
            ),
            (
                "== t\n\nin   -\nout  -a\n\na  transfer  targets.number=null\n",
                "here.marble:6: transfer has nothing to look into in 'targets'",
            ),
        ],
    )
    def test_a_mistake_is_one_line_that_says_where(self, text: str, message: str) -> None:
        with pytest.raises(MarbleError) as caught:
            parse_marbles(text, HERE)
        assert str(caught.value).startswith(message)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("operator", "message"),
        [
            (
                "nobody()",
                "here.marble:1: operator: cacofonisk has no nobody(); one of your own: my_package.nobody()",
            ),
            (
                "no.such.module()",
                "here.marble:1: operator: there is no module no; is it installed, or in pytest's pythonpath?",
            ),
            ("json.nobody()", "here.marble:1: operator: json has no nobody"),
            ("only", "here.marble:1: operator: only is not called; write only()"),
            ("only(", "here.marble:1: operator: cannot read 'only('"),
            (
                "only()",
                "here.marble:1: operator: only(): only() needs a class of events, such as only(Transfer)",
            ),
            ("only(Transver)", "here.marble:1: operator: only(Transver): cacofonisk.events has no Transver"),
            (
                "only(open('x'))",
                "here.marble:1: operator: only(open('x')) has an argument that is not a literal",
            ),
        ],
    )
    def test_a_wrong_operator_is_one_line_that_says_where(self, operator: str, message: str) -> None:
        case = parse_marbles(f"operator: {operator}\n== t\n\nin   -|\nout  -|\n", HERE)[0]
        with pytest.raises(MarbleError) as caught:
            run_case(case)
        assert str(caught.value) == message

    def test_a_wrong_kind_to_show_is_told(self) -> None:
        case = parse_marbles(f"{UNCHANGED}shows: hangap\n== t\n\nin   -|\nout  -|\n", HERE)[0]
        with pytest.raises(MarbleError, match=r"^here.marble:2: shows: no kind is called 'hangap'"):
            run_case(case)


class TestValues:
    def test_a_channel_has_all_the_headers_that_asterisk_sends(self) -> None:
        (event,) = ami("x  Newchannel  Uniqueid=a")
        assert event.headers == {
            "Event": "Newchannel", "Privilege": "call,all", "Timestamp": "1704067201.000000",
            "Channel": "PJSIP/a-00000001", "ChannelState": "4", "ChannelStateDesc": "Ring",
            "CallerIDNum": "a", "CallerIDName": "<unknown>", "ConnectedLineNum": "<unknown>",
            "ConnectedLineName": "<unknown>", "Language": "en",
            "AccountCode": "", "Context": "internal", "Exten": "s", "Priority": "1",
            "Uniqueid": "a", "Linkedid": "a",
        }  # fmt: skip
        assert event.server == "pbx"

    def test_a_called_leg_is_born_down(self) -> None:
        (event,) = ami("x  Newchannel  Uniqueid=b Linkedid=a")
        assert event["ChannelStateDesc"] == "Down"

    def test_what_was_said_of_a_channel_holds_below(self) -> None:
        _, dial, hangup = ami(
            """\
            n  Newchannel  Uniqueid=b Linkedid=a CallerIDNum=202 CallerIDName="Bob B" -Exten
            d  DialBegin   Uniqueid=a DestUniqueid=b
            h  Hangup      Uniqueid=b ChannelStateDesc=Up
            """,
            "-ndh",
        )
        assert (dial["DestCallerIDName"], dial["DestLinkedid"], dial["CallerIDNum"]) == ("Bob B", "a", "a")
        assert (hangup["CallerIDNum"], hangup["ChannelState"], hangup["Cause"]) == ("202", "6", "16")
        assert hangup.get("Exten") is None

    def test_a_bridge_counts_its_channels(self) -> None:
        events = ami(
            """\
            a  BridgeEnter  BridgeUniqueid=x Uniqueid=a
            b  BridgeEnter  BridgeUniqueid=x Uniqueid=b
            c  BridgeEnter  BridgeUniqueid=x Uniqueid=c SwapUniqueid=b
            d  BridgeLeave  BridgeUniqueid=x Uniqueid=a
            """,
            "abcd",
        )
        assert [event["BridgeNumChannels"] for event in events] == ["1", "2", "2", "1"]
        assert events[2].get("SwapChannel") is None

    def test_a_header_written_twice_is_repeated(self) -> None:
        (event,) = ami("x  TestEvent  State=a State=b")
        assert event.headers["State"] == ["a", "b"]

    def test_without_defaults_there_is_just_what_is_written(self) -> None:
        (event,) = ami("x  Dial  Source=a server=pbx1", headers="defaults: no\n")
        assert event.headers == {"Event": "Dial", "Source": "a"}
        assert (event.server, event.timestamp) == ("pbx1", 1704067201.0)

    def test_each_place_in_the_diagram_is_a_new_event_a_second_later(self) -> None:
        first, second = ami("x  Hangup  Uniqueid=a", "x--x")
        assert second.timestamp - first.timestamp == 3

    def test_a_call_event_is_filled_in_from_its_first_party(self) -> None:
        (event,) = values("x  hangup  caller=b callee=c ring_s=2.5 caller.name=Bob caller.is_public=false")
        assert isinstance(event, Hangup)
        assert (event.call_id, event.server, event.time) == ("b", "pbx", "2024-01-01T00:00:01.000000Z")
        assert (event.caller.number, event.caller.name, event.caller.is_public) == ("b", "Bob", False)
        assert event.callee is not None
        assert (event.callee.channel, event.reason, event.ring_s, event.talk_s) == (
            "PJSIP/c-00000001",
            "completed",
            2.5,
            0,
        )

    def test_a_party_that_is_not_named_is_the_one_of_the_call(self) -> None:
        (event,) = values("x  started  call_id=b")
        assert isinstance(event, Started)
        assert (event.caller.uniqueid, event.linkedid) == ("b", "b")

    def test_a_list_of_parties_has_each_of_them(self) -> None:
        (event,) = values("x  ringing  caller=a targets=b,c")
        assert isinstance(event, Ringing)
        assert [target.number for target in event.targets] == ["b", "c"]

    def test_anomalies_and_source_events(self) -> None:
        anomaly, source = values('x  anomaly  what="no such channel" packet.Event=Hangup\ny  source  kind=gap', "xy")
        assert isinstance(anomaly, Anomaly)
        assert (anomaly.what, anomaly.packet) == ("no such channel", {"Event": "Hangup"})
        assert isinstance(source, SourceEvent)
        assert source.kind == "gap"


def test_the_first_example_of_the_readme_is_a_marble_file() -> None:
    readme = Path(__file__).parents[1] / "marbles" / "README.md"
    example = readme.read_text(encoding="utf-8").split("```")[1]
    (case,) = parse_marbles(example, Path("call_events.marble"))
    assert case.title == "a blind transfer is reported once, the target is named when it rings"
