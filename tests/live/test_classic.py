"""A program in the classic API follows a real PBX, and SIGTERM ends it well."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cacofonisk import BaseReporter, CallerId, FileRunner
from tests.asterisk.live import SECRET
from tests.asterisk.office import Office
from tests.asterisk.record import perform
from tests.asterisk.scenarios import all_scenarios

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import os, sys
from cacofonisk import AmiRunner, JsonReporter

class Reporter(JsonReporter):
    def on_event(self, event):
        if event["Event"] == "FullyBooted":
            print("attached", flush=True)

    def on_b_dial(self, call_id, caller, callee):
        caller.channel.custom["asked for"] = callee.number
        print(f"{caller.number} rings {callee.number}", flush=True)

    def on_transfer(self, redirector, party1, party2):
        print(f"{redirector.number} sends {party1.cli} to {party2.exten}", flush=True)

    def on_hangup(self, call_id, caller, callee, reason):
        print(f"{caller.number} and {callee.number}: {reason}, {caller.channel.custom}", flush=True)

    def close(self):
        super().close()
        print("closed", flush=True)

host = {"host": "", "username": "cacofonisk", "password": os.environ["AMI_PASSWORD"], "port": int(sys.argv[1])}
AmiRunner((host,), Reporter(sys.argv[2])).run()
print("after the run", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_classic_program_on_a_real_pbx(tmp_path: Path, number: signal.Signals) -> None:
    recording = tmp_path / "file.json"
    async with Office(22) as office:
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM, str(office.pbx.ami_port), str(recording)),
            env={"AMI_PASSWORD": SECRET},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert program.stdout is not None
        try:
            async with asyncio.timeout(40):
                assert await program.stdout.readline() == b"attached\n"
                await perform(office, all_scenarios()["attended_transfer_by_caller"])
                said: list[str] = []
                while not (said and said[-1].startswith("202 and 203: completed")):
                    said.append((await program.stdout.readline()).decode().strip())
                program.send_signal(number)
                out, err = await program.communicate()
        finally:
            if program.returncode is None:
                program.kill()
    assert said == [
        "201 rings 202",
        "201 rings 203",
        "201 and 203: transferred, {'asked for': '203'}",
        "201 sends 202 to 203",
        "202 and 203: completed, {}",
    ]
    assert (program.returncode, out, err) == (0, b"closed\nafter the run\n", b"")
    assert "AttendedTransfer" in [event["Event"] for event in json.loads(recording.read_text())]
    assert replayed(recording) == ["transferred", "completed"]


def replayed(recording: Path) -> list[str]:
    """How the calls of a recording end."""
    reasons: list[str] = []

    class Ends(BaseReporter):
        def on_hangup(self, call_id: str, caller: CallerId, callee: CallerId, reason: str) -> None:  # noqa: ARG002
            reasons.append(reason)

    FileRunner(recording, Ends()).run()
    return reasons
