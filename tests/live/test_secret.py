"""Nobody sees the secret: no list of processes, no log, no message, no recording."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from tests.asterisk.command import Command
from tests.asterisk.live import SECRET
from tests.asterisk.office import Office
from tests.live.following import Following


def shown_by_processes() -> str:
    """What `ps` shows of all processes of this machine that can be looked at."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it has just ended
    return "\n".join(lines)


@pytest.mark.parametrize("way", ["environment", "file"])
async def test_no_process_list_shows_the_secret(way: str, tmp_path: Path) -> None:
    secret, environment = [], {"CACOFONISK_SECRET": SECRET}
    if way == "file":
        path = tmp_path / "secret"
        path.write_text(SECRET + "\n")
        secret, environment = ["--secret-file", str(path)], {}
    recording = tmp_path / "recording.ami"
    async with Office(22) as office:
        url = f"ami://cacofonisk@127.0.0.1:{office.pbx.ami_port}"
        async with (
            Command("run", url, *secret, environment=environment) as run,
            Command("record", url, "-o", str(recording), *secret, environment=environment) as record,
            Command("check", url, "--seconds", "0.5", *secret, environment=environment) as check,
        ):
            await asyncio.gather(run.connected(), record.connected())
            shown = shown_by_processes()
            assert url in shown
            assert SECRET not in shown
            await office.pbx.restart()
            await run.until(lambda: any("not connected" in line for line in run.said), "the loss is noticed")
            await asyncio.gather(run.connected(2), record.connected(2))
            assert SECRET not in shown_by_processes()
            await asyncio.gather(run.end(), record.end(), check.ended())
            assert SECRET not in "\n".join([*run.lines, *run.said, *record.said, *check.lines, *check.said])
        assert SECRET.encode() not in recording.read_bytes()


async def test_a_refused_login_ends_and_does_not_say_the_secret() -> None:
    async with Office(22) as office:
        url = f"ami://cacofonisk@127.0.0.1:{office.pbx.ami_port}"
        async with Command("run", url, environment={"CACOFONISK_SECRET": "not-the-right-one"}) as run:
            assert await run.ended() != 0
            assert "refused the login of cacofonisk" in "\n".join(run.said)
            assert "not-the-right-one" not in "\n".join(run.said)


async def test_no_log_holds_the_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    async with Office(22) as office, Following(ping=0.2) as following:
        await following.start(office.pbx.ami_port)
        await following.attached()
        await office.pbx.restart()
        await following.attached(2)
        await asyncio.sleep(0.5)  # some pings
        logged = caplog.text + "\n".join(str(record.__dict__) for record in caplog.records)
        assert "connected to" in logged
        assert SECRET not in logged
        assert SECRET not in repr(following.events)
