"""The benchmarks run, small, and print what BENCHMARKS.md says; what they measure is nobody's business here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
DECIMAL = r"\d+\.\d+"


def run(script: str, *arguments: object, env: dict[str, str] | None = None) -> str:
    """What a benchmark prints."""
    command = [sys.executable, str(BENCHMARKS / script), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout


def traffic(*arguments: object) -> bytes:
    """A stream as it is made."""
    command = [sys.executable, str(BENCHMARKS / "traffic.py"), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw AMI file of forty calls."""
    path = tmp_path_factory.mktemp("stream") / "load.ami"
    path.write_bytes(traffic("--seconds", 2, "--talk", 1))
    return path


@pytest.mark.parametrize("script", ["replay_ami", "parse", "arrival", "dicts", "limit", "panoramisk_dispatch"])
def test_what_reads_a_stream_prints_seconds_and_what_it_gave(script: str, stream: Path) -> None:
    seconds, given = run(f"{script}.py", stream).split("\n")[-2].split()
    assert re.fullmatch(DECIMAL, seconds)
    assert int(given) > 40


def test_replay_gives_what_the_command_gives(stream: Path) -> None:
    """All the way through the source's own protocol, nothing is lost."""
    command = [sys.executable, "-m", "cacofonisk", "replay", str(stream), "--format", "jsonl"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    told = [line for line in lines if '"event":"connected"' not in line]
    assert run("replay_ami.py", stream).split()[-1] == str(len(told))


def test_a_stream_is_the_same_each_time_and_another_with_another_seed() -> None:
    streams = [traffic("--seconds", 1, "--seed", seed) for seed in (1, 1, 2)]
    assert streams[0] == streams[1] != streams[2]


def test_calls_of_a_stream_are_whole_and_apart(stream: Path) -> None:
    """Every call that starts ends, and no packet makes no sense."""
    command = [sys.executable, "-m", "cacofonisk", "replay", str(stream), "--format", "jsonl", "--anomalies"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.count('"event":"started"') == done.stdout.count('"event":"hangup"') >= 40
    assert '"reason":"lost"' not in done.stdout
    assert done.stderr == ""


def test_a_filtered_stream_gives_the_same_call_events(stream: Path, tmp_path: Path) -> None:
    """What an event filter leaves out tells nothing of calls."""
    filtered = tmp_path / "filtered.ami"
    filtered.write_bytes(traffic("--seconds", 2, "--talk", 1, "--filtered"))
    assert filtered.stat().st_size < stream.stat().st_size / 2
    assert run("replay_ami.py", filtered).split()[-1] == run("replay_ami.py", stream).split()[-1]


def test_the_table_has_a_row_for_everything(tmp_path: Path) -> None:
    """Without valgrind, which not everybody has, it says so clearly."""
    table = run("table.py", "--small", env={"PATH": str(tmp_path)})
    # What an operator more costs is a difference, which on a busy machine may come out below zero.
    rows = [line for line in table.splitlines() if re.fullmatch(r"\| .+ \| -?\d.+ \(.+ to .+\) \| .* \| .* \|", line)]
    assert len(rows) == 23, table
    assert "apt-get install valgrind" in table


def test_growth_runs_what_valgrind_would_count(tmp_path: Path) -> None:
    """The process that is measured, without valgrind."""
    program = f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r}); import growth, pathlib; print(growth.prepare"
    program += f"(3, (1, 2), pathlib.Path({str(tmp_path)!r})))"
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    for file in ("3-0.pickle", "3-1.pickle"):
        run("growth.py", "--run", tmp_path / file)


def test_sizing_tells_what_a_call_costs_and_draws_it(tmp_path: Path) -> None:
    plot = tmp_path / "sizing.svg"
    lines = run("sizing.py", "--calls", 5, "--runs", 1, "--live", 3, "--plot", plot).splitlines()
    assert len(lines) == 10
    assert all(re.fullmatch(rf".+ up: {DECIMAL} ms a call of \d+ packets .+ one core", line) for line in lines)
    assert plot.read_text().count("<polyline") == 2
