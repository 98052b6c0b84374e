"""What a terminal shows of what strangers have written: each line is ours, and nothing of it is hidden."""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from typing import TYPE_CHECKING

import pytest
from rich.color import Color

from cacofonisk.commands._live import said_aloud
from cacofonisk.sinks._visible import MARK
from cacofonisk.sinks.http.letter import Letter
from cacofonisk.sinks.http.outbox import Outbox
from cacofonisk.sinks.stdout.lines import _COLOURS
from tests.test_cli import call, jsonl, on_terminal, run
from tests.webhooks import hold

if TYPE_CHECKING:
    from pathlib import Path

    from rich.color_triplet import ColorTriplet

FORGED = "23:16:40.000  #7   0900 Evil calls 112"
INDENT = " " * len("23:16:40.000  #1   ")
NAMES = [
    *("x" * before + FORGED for before in range(30, 43)),  # one of them puts it exactly at the left
    *("漢" * before + FORGED for before in range(15, 22)),
    *("☎☰é" * 20 + "x" * more for more in range(6)),  # of which terminals differ in how wide they are
    "का" * 40,  # every other one a mark that has a cell of its own
    "e\u0301" * 40,
    "\x1b[31m" * 16,
    "Zoë van 't Hof",
]


def cells(row: str) -> int:
    """How wide it is in the terminal that draws it widest."""
    return sum(2 if char in "☎☰é漢…" else not unicodedata.combining(char) for char in row)


@pytest.mark.parametrize("columns", [80, 200, 40])
@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["colour", "plain", "dumb"])
def test_no_name_can_begin_a_line(tmp_path: Path, columns: int, environment: dict[str, str]) -> None:
    path = tmp_path / "hostile.jsonl"
    path.write_bytes(b"".join(jsonl(call(number, name)) for number, name in enumerate(NAMES)))
    shown, errors, status = on_terminal("replay", path, columns=columns, **environment)
    assert (errors, status) == (b"", 0)
    assert ("\x1b[" in shown) is not bool(environment)
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown).replace("\r\n", "\n")
    assert max(map(cells, text.splitlines())) <= columns
    begun = [row for row in text.splitlines() if not row.startswith(INDENT)]
    assert len(begun) == 4 * len(NAMES)
    assert all(re.match(r"23:16:40\.\d00  #\d+ +20[12] ", row) for row in begun)
    assert text.replace(f"\n{INDENT}", "") == run("replay", path).stdout.decode()


def test_a_name_read_from_the_right_turns_nothing_but_itself(tmp_path: Path) -> None:
    path = tmp_path / "hebrew.jsonl"
    path.write_bytes(jsonl(call(name="שלום 5")))
    shown, _, _ = on_terminal("replay", path, NO_COLOR="1")
    assert f"201 {MARK}שלום 5{MARK} calls 202\r\n" in shown
    piped = run("replay", path).stdout.decode()
    assert "201 שלום 5 calls 202\n" in piped
    assert shown.replace(MARK, "").replace("\r\n", "\n") == piped


def test_an_error_message_is_folded_too() -> None:
    name = "x" * 66 + "cacofonisk: all is well"
    shown, _, status = on_terminal("replay", f"{name}\u202e", stream="stderr", columns=80)
    assert status == 2
    assert shown == f"cacofonisk: {name[:68]}\r\n{' ' * 12}{name[68:]}\\u202e: no such file\r\n"


def test_a_log_line_is_one_line_and_a_bug_shows_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    log = logging.getLogger("cacofonisk.sources")
    with said_aloud():
        log.info("%s: connected", "pbx\x1b[2J\ncacofonisk: fine")
        try:
            raise ValueError("\x1b[31m")  # noqa: TRY301  # a bug of ours
        except ValueError:
            log.exception("a subscriber failed")
    lines = capsys.readouterr().err.splitlines()
    assert lines[:3] == [
        r"cacofonisk: pbx\x1b[2J\x0acacofonisk: fine: connected",
        "cacofonisk: a subscriber failed",
        "Traceback (most recent call last):",
    ]
    assert "test_terminal.py" in lines[3]
    assert lines[-1] == r"ValueError: \x1b[31m"


def test_dead_letters_as_json_are_harmless_on_a_terminal(tmp_path: Path) -> None:
    path, said = tmp_path / "crm.outbox", "\x9b31m\u202e\x7f\u3164"
    outbox = Outbox(path)
    outbox.put(Letter.of(hold(1), 0.0))
    outbox.settle([], [(1, 1e9, 410, said)])
    outbox.close()
    shown, _, status = on_terminal("outbox", "list", path, "--json")
    assert status == 0
    assert shown.replace("\r\n", "").isascii()
    assert json.loads(shown)["reason"] == said
    assert json.loads(run("outbox", "list", path, "--json").stdout)["reason"] == said


def test_a_locale_without_the_letters_of_a_name_is_no_reason_to_fail(tmp_path: Path) -> None:
    path = tmp_path / "crm.outbox"
    outbox = Outbox(path)
    outbox.put(Letter.of(hold(1), 0.0))
    outbox.settle([], [(1, 1e9, 410, "Zoë 東")])
    outbox.close()
    done = run("outbox", "list", path, PYTHONIOENCODING="ascii")
    assert done.stdout.splitlines()[0].endswith(rb"  Zo\xeb \u6771")
    done = run("outbox", "list", path, "--json", PYTHONIOENCODING="ascii")
    assert json.loads(done.stdout)["reason"] == "Zoë 東"


@pytest.mark.parametrize("colour", _COLOURS)
def test_every_colour_can_be_read_on_black_and_on_white(colour: str) -> None:
    light = luminance(Color.parse(colour).get_truecolor())
    assert (light + 0.05) / 0.05 > 4  # the contrast of WCAG 2, of which 4.6 is the most that both can have
    assert 1.05 / (light + 0.05) > 4


def luminance(colour: ColorTriplet) -> float:
    def linear(part: int) -> float:
        return part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue)
