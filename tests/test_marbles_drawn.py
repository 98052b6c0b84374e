"""What comes out of a case, drawn; and diagrams in plain Python."""

from __future__ import annotations

from textwrap import dedent

import pytest
from reactivex import operators as ops

from cacofonisk.events import Transfer
from cacofonisk.testing import (
    MarbleError,
    draw,
    marbles,
    play,
)
from tests.marble_operators import outcome, values


class TestRunning:
    def test_what_comes_out_is_drawn_below_what_was_expected(self) -> None:
        result = outcome(
            """\
            == everything passes

            in   -a-b-|
            out  -a--b|

            a  started  caller=a
            b  hangup   caller=a
            """
        )
        assert not result.passed
        assert result.report() == dedent(
            """\
            here.marble:2: everything passes

            in        -a-b-|
            expected  -a--b|
            drawn     -a-b-|"""
        )

    def test_a_field_that_differs_is_told(self) -> None:
        result = outcome(
            """\
            == t

            in   -a-|
            out  -R-|

            a  ringing  caller=a targets=d
            R  ringing  caller=a targets=c
            """
        )
        assert result.report().splitlines()[-1] == "R at frame 1: targets is d, expected c"

    def test_a_value_that_nothing_describes_gets_a_letter_and_its_legend(self) -> None:
        text = "== t\n\nin   -a-|\nout  ---|\n\na  ringing  caller=a caller.is_public=false targets=b,c\n"
        report = outcome(text, 'redact_private("nobody")').report().splitlines()
        assert report[-3:] == ["drawn     -R-|", "", "R  ringing  call_id=a caller=a targets=b,c"]

    def test_values_of_the_users_own(self) -> None:
        text = "== t\n\nin   -a-|\nout  -S-|\n\na  hangup  caller=a\nS  Summary  total=3\n"
        assert outcome(text, "tests.marble_operators.replacing()").passed
        report = outcome(text.replace("3", "4"), "tests.marble_operators.replacing()").report()
        assert report.splitlines()[-1] == "S at frame 1: total is 3, expected 4"
        report = outcome(text.replace("S  Summary  total=3", "S  up"), "tests.marble_operators.replacing()").report()
        assert report.splitlines()[-1] == "U  Summary  total=3 reason=busy"

    def test_a_partial_match_is_enough(self) -> None:
        text = "== t\n\nin   -ab|\nout  -XY|\n\na  transfer  transferer=b targets=c,d\nb  Hangup  Uniqueid=a\n"
        assert outcome(
            text + "X  transfer  targets=c,d\nY  Hangup  -ConfBridge Cause=16 server=pbx channel=null\n"
        ).passed
        assert not outcome(text + "X  transfer  targets=c\nY  Hangup  -ConfBridge\n").passed
        assert not outcome(text + "X  transfer  targets=c,d\nY  Hangup  -Cause\n").passed

    def test_what_an_event_that_passes_is_bound_to_is_looked_at(self) -> None:
        text = "== t\n\nin   -n-s-|\nout  -n-s-|\n\nn  Newchannel  Uniqueid=a\n"
        text += "s  Newstate  Uniqueid=a ChannelStateDesc=Up "
        tracked = "track_channels()"
        assert outcome(text + "channel=a channel.state=6 other=null bridge=null", tracked).passed
        report = outcome(text + "channel=b bridge=x other=null", tracked).report().splitlines()
        assert report[-2:] == ["s at frame 3: channel is a, expected b", "s at frame 3: bridge is null, expected x"]
        assert outcome(text + "channel=null").passed

    def test_an_event_that_the_operator_has_written_into_is_another_one(self) -> None:
        text = "== t\n\nin   -a-|\nout  {}\n\na  pickup  by=b caller=a {}\n"
        changed = outcome(text.format("-a-|", "sequence=4"), "tests.marble_operators.counting()")
        assert changed.report().splitlines()[-3:] == ["drawn     -P-|", "", "P  pickup  call_id=b by=b caller=a"]
        added = text.format("-P-|", "\nP  pickup  sequence=1").replace("== t\n", "== t\nshows: added\n")
        assert outcome(added, "tests.marble_operators.counting()").passed

    def test_a_header_that_is_missing_is_not_null(self) -> None:
        text = "== t\n\nin   -n-|\nout  -R-|\n\nn  Newchannel  Uniqueid=a Context=null\nR  Renamed  "
        renaming = "tests.marble_operators.renaming()"
        assert outcome(text + "Uniqueid=a channel=null -Exten Context=null", renaming).passed
        report = outcome(text + "Exten=null -Context", renaming).report().splitlines()
        assert report[-2:] == [
            "R at frame 1: Exten is missing, expected null",
            "R at frame 1: Context is null, expected missing",
        ]

    @pytest.mark.parametrize(
        ("field", "message"),
        [
            ("chanel=null", "Renamed has no field 'chanel' (perhaps 'channel'); there are bridge, channel, other, "),
            ("-chanel", "Renamed has no field 'chanel' (perhaps 'channel'); there are "),
            ("othr.x=null", "Renamed has no field 'othr' (perhaps 'other'); there are "),
        ],
    )
    def test_a_misspelt_field_of_an_event_is_an_error(self, field: str, message: str) -> None:
        text = f"== t\n\nin   -n-|\nout  -R-|\n\nn  Newchannel  Uniqueid=a\nR  Renamed  Uniqueid=a {field}\n"
        with pytest.raises(MarbleError) as caught:
            outcome(text, "tests.marble_operators.renaming()")
        assert str(caught.value).startswith(f"here.marble:8: {message}")

    @pytest.mark.parametrize(
        ("field", "message"),
        [
            ("totl=null", "Summary has no field 'totl' (perhaps 'total'); there are reason, total"),
            ("-totl", "Summary has no field 'totl' (perhaps 'total'); there are reason, total"),
        ],
    )
    def test_a_misspelt_field_of_the_users_own_is_an_error(self, field: str, message: str) -> None:
        text = f"== t\n\nin   -a-|\nout  -S-|\n\na  hangup  caller=a\nS  Summary  {field}\n"
        with pytest.raises(MarbleError) as caught:
            outcome(text, "tests.marble_operators.replacing()")
        assert str(caught.value) == f"here.marble:8: {message}"

    def test_there_is_nothing_to_look_at_in_null(self) -> None:
        text = "== t\n\nin   -a-|\nout  -R-|\n\na  ringing  call_id=a targets=b\nR  ringing  caller.number=null\n"
        report = outcome(text).report().splitlines()
        assert report[-1] == "R at frame 1: caller.number is missing, expected null"

    def test_the_order_within_a_frame_counts(self) -> None:
        text = "== t\n\nin   -(ab)-|\nout  -(ba)-|\n\na  started  caller=a\nb  started  caller=b\n"
        assert "drawn     -(ab)-|" in outcome(text).report().splitlines()

    def test_only_some_kinds_are_drawn(self) -> None:
        text = "== t\nshows: {}\n\nin   -ab|\nout  {}\n\na  started  caller=a\nb  Hangup  Uniqueid=a\n"
        assert outcome(text.format("started", "-a-|")).passed
        assert outcome(text.format("Hangup", "--b|")).passed
        assert outcome(text.format("ami", "--b|")).passed
        assert outcome(text.format("call_events", "-a-|")).passed
        assert outcome(text.format("added", "---|")).passed
        assert not outcome(text.format("all", "---|")).passed

    def test_virtual_time_passes_a_second_a_frame(self) -> None:
        text = "== t\n\nin   -a-----\nout  ---a---\n\na  started  caller=a\n"
        assert outcome(text, "reactivex.operators.delay(2)").passed

    def test_what_comes_behind_the_last_frame_is_seen(self) -> None:
        text = "== t\n\nin   -a-\nout  ---\n\na  started  caller=a\n"
        report = outcome(text, "reactivex.operators.delay(5)").report().splitlines()
        assert report[-3:] == ["in        -a-", "expected  ---", "drawn     ------a"]

    def test_what_never_stops_has_to_be_unsubscribed(self) -> None:
        text = "== t\n\nin   -a-\n{}out  -aa\n\na  started  caller=a\n"
        operator = "tests.marble_operators.repeating()"
        assert outcome(text.format("sub  ^--!\n"), operator).passed
        with pytest.raises(MarbleError, match=r"^here.marble:2: something is still to be done long after the last"):
            outcome(text.format(""), operator)

    def test_the_subscription_starts_and_ends_where_drawn(self) -> None:
        text = "== t\n\nin    aaaaa|\nsub   -^--!-\nout   -aaa--\n\na  started  caller=a\n"
        assert outcome(text).passed

    def test_an_error_that_went_in_comes_out_itself(self) -> None:
        assert outcome("== t\n\nin   -#\nout  -#\n").passed
        assert outcome('== t\n\nin   -#\nout  -#\n\n#  SourceError  text="no such file"\n').passed

    def test_an_error_that_nobody_expected_is_told(self) -> None:
        report = outcome("== t\n\nin   -a\nout  -a\n\na  started\n", "tests.marble_operators.failing()").report()
        assert "\n# at frame 1 is TypeError: no such thing (" in report
        report = outcome("== t\n\nin   -a#\nout  -#\n\na  started\n", "tests.marble_operators.failing()").report()
        assert report.endswith("\n# at frame 1 is TypeError: no such thing, expected the error that went in")

    def test_an_error_of_the_operator_is_named(self) -> None:
        text = "== t\n\nin   -a-\nout  -#\n\na  started\n#  "
        operator = "tests.marble_operators.failing()"
        assert outcome(text + "TypeError", operator).passed
        assert outcome(text + "Exception", operator).passed
        report = outcome(text + 'KeyError  text="what"', operator).report().splitlines()
        assert report[-2:] == [
            "# at frame 1: kind is TypeError, expected KeyError",
            "# at frame 1: text is no such thing, expected what",
        ]

    def test_streams_are_drawn_one_by_one(self) -> None:
        text = """\
            == t

            in   -s-h   -|
            out  -1--   -|
            1    -s--   -|

            s  started  caller=a
            h  hangup   caller=a
            1  group    key=a
            """
        result = outcome(text, "group_by_uniqueid()")
        assert result.report().splitlines()[-2:] == ["expected 1  -s--   -|", "drawn 1     -s-(h|)"]

    def test_a_stream_that_comes_elsewhere_keeps_its_letter(self) -> None:
        text = "== t\n\nin   -s-\nout  --1\n1    -s-\n\ns  started  caller=a\n1  group  key=a\n"
        report = outcome(text, "group_by_uniqueid()").report().splitlines()
        assert report[-2:] == ["expected  --1", "drawn     -1-"]

    def test_a_second_stream_does_not_pass_for_the_one_that_is_expected(self) -> None:
        text = """\
            == t

            in   -n-h-N-|
            out  -----1-|
            1    -----N-|

            n  Newchannel  Uniqueid=a
            h  Hangup      Uniqueid=a
            N  Newchannel  Uniqueid=a Linkedid=b
            1  group       key=a
            """
        report = outcome(text, "group_by_uniqueid()").report().splitlines()
        assert report[-3:] == ["drawn     -2---1-|", "", "2  group  key=a"]

    def test_streams_that_share_a_letter_are_not_looked_into(self) -> None:
        text = "== t\n\nin   -sH\nout  -GG\n\ns  started\nH  started  caller=b\nG  group\n"
        assert outcome(text, "group_by_uniqueid()").passed


class TestPlainPython:
    def test_the_example_of_the_documentation(self) -> None:
        (ringing, transfer) = values("a  ringing  caller=a targets=b\nb  transfer  transferer=b", "ab")
        out = play(marbles("-a-b-|", {"a": ringing, "b": transfer}), ops.filter(lambda e: isinstance(e, Transfer)))
        assert draw(out, {"T": Transfer}) == "---T-|"
        assert draw(out, {"T": "transfer"}) == "---T-|"
        assert draw(out, {"t": transfer}) == "---t-|"

    def test_letters_without_a_value_stand_for_themselves(self) -> None:
        assert draw(play(marbles("-a-(bc)-|"), ops.map(str.upper))) == "-A-(BC)-|"

    def test_errors_and_unknown_values(self) -> None:
        assert draw(play(marbles("-a-#"), ops.map(lambda _: 12))) == "-?-#"

    def test_longer_lines_and_subscriptions(self) -> None:
        notes = marbles("abcdef")
        assert draw(play(notes, subscribe=1, unsubscribe=4), frames=6) == "-bcd--"

    def test_who_unsubscribes_before_it_subscribes_is_told(self) -> None:
        with pytest.raises(MarbleError, match="unsubscribes at frame 1, before it subscribes at frame 4"):
            play(marbles("abcdef"), subscribe=4, unsubscribe=1)
