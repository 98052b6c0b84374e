"""The pytest plugin, and what a rewrite writes."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from cacofonisk.testing import (
    read_marbles,
    rewrite_case,
    run_case,
)
from tests.marble_operators import UNCHANGED

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

pytest_plugins = ["pytester"]


class TestRewriting:
    def rewritten(self, tmp_path: Path, text: str) -> str:
        path = tmp_path / "here.marble"
        path.write_bytes(dedent(text).encode())
        for case in read_marbles(path):
            rewrite_case(path, case.number)
        assert all(run_case(case).passed for case in read_marbles(path))
        return path.read_bytes().decode()

    def test_the_expected_line_says_what_came_out_and_nothing_else_changes(self, tmp_path: Path) -> None:
        before = """\
            ; first
            operator: reactivex.operators.skip(1)

            == one

            in     -a-b-|
            out    -

            a  started   caller=a
            b  hangup    caller=a   reason="busy"

            == two

            in   -|
            out  -|
            """
        assert self.rewritten(tmp_path, before) == dedent(before).replace("out    -\n", "out    ---b-|\n")

    def test_a_wide_group_moves_the_lines_above_it(self, tmp_path: Path) -> None:
        after = self.rewritten(
            tmp_path,
            """\
            operator: tests.marble_operators.doubling()
            == t

            in   -a-b-|
            sub  ^----!
            out  -----|

            a  started   caller=a
            b  hangup    caller=a
            """,
        )
        assert "in   -a   -b   -|\nsub  ^-   --   -!\nout  -(aa)-(bb)--\n" in after

    def test_new_values_get_legend_lines(self, tmp_path: Path) -> None:
        after = self.rewritten(
            tmp_path,
            """\
            operator: redact_private()
            == t

            in   -a-|
            out  -

            a  ringing  caller=a targets=b,c caller.is_public=false
            """,
        )
        assert after.endswith("R  ringing  call_id=a caller=a targets=b,c\n")
        assert "out  -R-|\n" in after

    def test_a_field_that_differs_is_corrected_where_it_stands(self, tmp_path: Path) -> None:
        after = self.rewritten(
            tmp_path,
            """\
            operator: redact_private("not shown")
            == t

            in   -a-|
            out  -R-|

            a  ringing  caller=a targets=b,c caller.is_public=false
            R  ringing  targets=d   caller.name="nobody at all"   call_id=a
            """,
        )
        assert 'R  ringing  targets=b,c   caller.name="not shown"   call_id=a\n' in after

    def test_a_header_that_is_missing_is_written_as_missing(self, tmp_path: Path) -> None:
        after = self.rewritten(
            tmp_path,
            """\
            operator: tests.marble_operators.renaming()
            == t

            in   -a-|
            out  -R-|

            a  Newchannel  Uniqueid=a
            R  Renamed     Exten=null -Context  Uniqueid=a
            """,
        )
        assert "R  Renamed     -Exten Context=internal  Uniqueid=a\n" in after

    def test_streams_get_their_lines(self, tmp_path: Path) -> None:
        after = self.rewritten(
            tmp_path,
            """\
            operator: group_by_uniqueid()
            == t

            in   -s-h-|
            out  -

            s  started  caller=a
            h  hangup   caller=a
            """,
        )
        assert "in   -s-h   -|\nout  -1--   -|\n1    -s-(h|)\n" in after
        assert after.endswith("1  group  key=a\n")

    def test_streams_of_one_key_get_a_letter_each(self, tmp_path: Path) -> None:
        after = self.rewritten(
            tmp_path,
            """\
            operator: group_by_uniqueid()
            == t

            in   -n-h   -n-|
            out  -

            n  Newchannel  Uniqueid=a
            h  Hangup      Uniqueid=a
            """,
        )
        assert "out  -1--   -2-|\n1    -n-(h|)\n2    ----   -n-|" in after

    def test_what_comes_late_is_written(self, tmp_path: Path) -> None:
        after = self.rewritten(
            tmp_path, "operator: reactivex.operators.delay(3)\n== t\n\nin   -s|\nout  -\n\ns  started\n"
        )
        assert "out  ----s|\n" in after

    def test_an_error_gets_its_legend_line(self, tmp_path: Path) -> None:
        after = self.rewritten(
            tmp_path, "operator: tests.marble_operators.failing()\n== t\n\nin   -s\nout  -\n\ns  started\n"
        )
        assert "out  -#\n" in after
        assert after.endswith('\n#  TypeError  text="no such thing"\n')

    def test_windows_line_ends_stay(self, tmp_path: Path) -> None:
        before = "operator: redact_private()\r\n== t\r\n\r\nin   -a|\r\nout  -\r\n\r\na  started  caller=a\r\n"
        assert self.rewritten(tmp_path, before) == before.replace("out  -", "out  -a|")


class TestPlugin:
    ARGS = (
        "-p",
        "no:cacofonisk_marbles",
        "-p",
        "cacofonisk.pytest_marbles",
        "-p",
        "no:asyncio",
        "-p",
        "no:cacheprovider",
    )

    def test_marble_files_are_collected_in_any_folder(self, pytester: pytest.Pytester) -> None:
        folder = pytester.mkdir("deep")
        (folder / "mine.marble").write_text(UNCHANGED + "== it works\n\na  -|\nb  -|\n")
        result = pytester.runpytest_inprocess(*self.ARGS, "-v")
        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines(["deep/mine.marble::it works PASSED*"])

    def test_a_failure_shows_the_lines_and_no_traceback(self, pytester: pytest.Pytester) -> None:
        pytester.path.joinpath("mine.marble").write_text(UNCHANGED + "== it works\n\na  -|\nb  --|\n")
        result = pytester.runpytest_inprocess(*self.ARGS)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["mine.marble:2: it works", "", "a         -|", "expected  --|", "drawn     -|"])
        result.stdout.no_fnmatch_line("*Traceback*")
        result.stdout.no_fnmatch_line("*pytest_marbles.py*")

    def test_a_mistake_in_a_file_is_one_line(self, pytester: pytest.Pytester) -> None:
        pytester.path.joinpath("mine.marble").write_text(UNCHANGED + "== it works\n\na  -x|\nb  --|\n")
        result = pytester.runpytest_inprocess(*self.ARGS)
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["mine.marble:4: 'x' of 'a' is not in the legend"])
        result.stdout.no_fnmatch_line("*Traceback*")

    def test_rewrite_accepts_what_comes_out(self, pytester: pytest.Pytester) -> None:
        path = pytester.path / "mine.marble"
        path.write_text(UNCHANGED + "== one\n\na  -|\nb  --|\n\n== two\n\na  -|\nb  -|\n")
        result = pytester.runpytest_inprocess(*self.ARGS, "--marbles-rewrite")
        result.assert_outcomes(passed=2)
        result.stdout.fnmatch_lines(["*marbles rewritten*", "mine.marble: one"])
        result.stdout.no_fnmatch_line("mine.marble: two")
        assert path.read_text() == UNCHANGED + "== one\n\na  -|\nb  -|\n\n== two\n\na  -|\nb  -|\n"
