"""`run` and `record` before they begin, and at SIGHUP."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest

from cacofonisk.testing.ami_server import AmiServer
from tests.test_record import CALL, finish, grows, start, url

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_wrong_url_is_said_before_a_secret_that_lacks() -> None:
    status, out, err = await finish(await start("run", "pbx1", CACOFONISK_SECRET=""))
    assert (status, out) == (2, "")
    assert err == "cacofonisk: an AMI server is named by a URL, as in ami://user@host:5038 (amis:// for TLS)\n"


@pytest.mark.parametrize(
    ("arguments", "secret"),
    [
        (("record", "ami://me@pbx1", "-o"), ""),
        (("record", "pbx1", "-o"), "secret"),
        (("record", "ami://me@pbx1", "--ca", "x.pem", "-o"), "secret"),
        (("run", "ami://me@pbx1", "ami://me@pbx1", "--record"), "secret"),
        (("run", "ami://me@pbx1", "--to", "nothing", "--record"), "secret"),
    ],
)
async def test_what_cannot_begin_leaves_no_recording(tmp_path: Path, arguments: tuple[str, ...], secret: str) -> None:
    path = tmp_path / "call.jsonl"
    status, _, _ = await finish(await start(*arguments, path, CACOFONISK_SECRET=secret))
    assert status == 2
    assert not path.exists()
    path.write_bytes(b"{}")
    await finish(await start(*arguments, path, CACOFONISK_SECRET=secret))
    assert path.read_bytes() == b"{}"


@pytest.mark.parametrize("arguments", [("record", "-o"), ("run", "--record")])
async def test_who_is_not_let_in_leaves_no_recording(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    path = tmp_path / "call.jsonl"
    async with AmiServer(secret="another") as server:  # of a test
        status, _, err = await finish(await start(arguments[0], url(server), arguments[1], path))
        assert (status, err.count("\n")) == (2, 1)
        assert not path.exists()


@pytest.mark.parametrize("arguments", [("run", "-f", "jsonl"), ("record", "-o", "call.jsonl")], ids=["run", "record"])
async def test_a_service_that_has_nothing_to_open_anew_goes_on_at_sighup(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    arguments = tuple(str(tmp_path / each) if each == "call.jsonl" else each for each in arguments)
    async with AmiServer(CALL) as server:
        process = await start(*arguments, url(server), "--server", "pbx")
        await server.asked("BridgeList")
        process.send_signal(signal.SIGHUP)
        await server.play()
        if arguments[0] == "run":
            assert process.stdout is not None
            assert b'"started"' in await asyncio.wait_for(process.stdout.readline(), 60)
        else:
            await grows(tmp_path / "call.jsonl", b'"Hangup"')
        status, _, _ = await finish(process, signal.SIGTERM)
    assert status == 143


async def test_in_a_terminal_sighup_opens_files_anew_until_the_terminal_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    ours, theirs = os.openpty()
    async with AmiServer(CALL[:1]) as server:
        process = await start("run", url(server), "--to", f"file:{path}", "--server", "pbx", stdin=theirs)
        os.close(theirs)
        await server.asked("BridgeList")
        await server.play()
        await grows(path, b'"started"')
        path.rename(tmp_path / "old")
        process.send_signal(signal.SIGHUP)
        await grows(path, b"")
        os.close(ours)  # the window is closed
        found = await finish(process, signal.SIGHUP)
    assert found == (129, "", f"cacofonisk: pbx: connected to localhost:{server.port}\n")
