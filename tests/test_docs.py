"""What the pages of docs/ show is what one gets."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import fields
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from cacofonisk import sinks, sources
from cacofonisk.events import CALL_EVENTS, CallEvent, Hangup
from cacofonisk.testing import AmiServer
from tests.recordings import FOLDER, replay
from tests.webhook_receiver import Receiver
from tests.webhooks import SECRET

ATTENDED = FOLDER / "ast22" / "attended_transfer_by_caller.jsonl"
ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
OURS = {"sinks": sinks, "sources": sources}


def blocks(page: Path) -> list[tuple[str, str]]:
    """The language and the text of each block of code."""
    return re.findall(r"```(\w*)\n(.*?)```", page.read_text(), flags=re.DOTALL)


def run(code: str, folder: Path = ROOT) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=folder,
        env={"TZ": "UTC", "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


RECIPES = [
    (code, output)
    for (language, code), (other, output) in pairwise(blocks(DOCS / "cookbook.md"))
    if language == "python" and not other
]


@pytest.mark.parametrize(("code", "output"), RECIPES, ids=[output.partition("\n")[0] for _, output in RECIPES])
def test_a_recipe_prints_what_stands_below_it(code: str, output: str) -> None:
    printed = "".join(f"{line.rstrip()}\n" for line in run(code).splitlines())
    assert printed == output


def test_each_recipe_has_its_output() -> None:
    assert len(RECIPES) == sum(language == "python" for language, _ in blocks(DOCS / "cookbook.md")) == 5


SNIPPETS = [
    (page.name, code)
    for page in sorted([ROOT / "README.md", ROOT / "marbles" / "README.md", *DOCS.glob("*.md")])
    for language, code in blocks(page)
    if language == "python"
]


@pytest.mark.parametrize(("page", "code"), SNIPPETS, ids=[page for page, _ in SNIPPETS])
def test_what_a_snippet_imports_and_names_of_ours_exists(page: str, code: str) -> None:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = import_module(node.module)
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == [], page
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in OURS:
            assert hasattr(OURS[node.value.id], node.attr), f"{page}: {node.value.id}.{node.attr}"


def test_every_kind_of_call_event_is_told_of_with_all_its_fields() -> None:
    rows = [line.split("|") for line in (DOCS / "events.md").read_text().splitlines() if line.startswith("| `")]
    told = {kind: row[2] for row in rows for kind in re.findall(r"`(\w+)`", row[1])}
    told["transfer_failed"] = f"{told['transfer']}, reason"  # in the row of transfer
    common = {each.name for each in fields(CallEvent)}
    assert common - told.keys() == set()
    for kind in CALL_EVENTS:
        own = {each.name for each in fields(kind)} - common
        assert own - set(re.findall(r"\w+", told[kind.event])) == set(), kind.event


async def test_the_first_program_of_the_classic_page_runs(tmp_path: Path) -> None:
    code = next(code for page, code in SNIPPETS if page == "classic.md")
    async with AmiServer(ATTENDED) as server:
        code = code.replace('"host": "pbx1"', f'"host": "localhost", "port": {server.port}')
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-u", "-c", code, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
        )
        await server.play()
        assert process.stdout is not None
        async with asyncio.timeout(30):
            said = [await process.stdout.readline() for _ in range(2)]
        process.terminate()
        await process.communicate()
    assert said == [b"126680202 is called by 201\n", b"126680203 is called by 201\n"]
    assert process.returncode == 0


PROGRAMS = [code for language, code in blocks(DOCS / "programs.md") if language == "python"]


def program(word: str, **names: object) -> dict[str, Any]:
    """What the program of docs/programs.md that has this word defines, where these names mean these values."""
    (code,) = (code for code in PROGRAMS if word in code)
    exec(code, names)  # noqa: S102  # our own page
    return names


async def until_hangups(events: asyncio.Queue[Any]) -> None:
    """The call that the server plays has two."""
    async with asyncio.timeout(30):
        for _ in range(2):
            while not isinstance(await events.get(), Hangup):
                pass


async def test_a_program_in_a_loop_of_its_own_follows_until_it_is_cancelled() -> None:
    told = asyncio.Queue[Any]()
    follow = program("asyncio.Queue", print=told.put_nowait)["follow"]
    async with AmiServer(ATTENDED) as server:
        task = asyncio.create_task(follow(server.url, "secret"))
        await server.play()
        await until_hangups(told)
        task.cancel()
        await server.logged_in(0)
    async with AmiServer(secret="another") as server:  # of a test
        await follow(server.url.replace("another", "wrong"), "wrong")


async def test_a_program_in_a_thread_follows_until_its_subject_says_so() -> None:
    told = asyncio.Queue[Any]()
    loop = asyncio.get_running_loop()
    names = program("threading", print=lambda event: loop.call_soon_threadsafe(told.put_nowait, event))
    async with AmiServer(ATTENDED) as server:
        thread = names["in_a_thread"](server.url, "secret")
        await server.play()
        await until_hangups(told)
        names["stop"].on_next(None)
        await asyncio.to_thread(thread.join)


def test_the_short_programs_run() -> None:
    program("unanswered", print=lambda _: None)
    told: list[Any] = []
    program("pipeline", print=told.append)
    assert told == []


def test_an_operator_of_ones_own_and_its_marble_are_as_the_page_shows_them(tmp_path: Path) -> None:
    page = (DOCS / "programs.md").read_text()
    for name in ("own_operator.py", "own_operator.marble"):
        text = (DOCS / name).read_text()
        assert text in page
        (tmp_path / name).write_text(text)
    (tmp_path / "other.marble").write_text((DOCS / "own_operator.marble").read_text().replace("(2)", "(9)"))
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], capture_output=True, text=True, check=False,
        cwd=tmp_path,
    )  # fmt: skip
    assert "1 failed, 1 passed" in done.stdout


def unit() -> dict[str, str]:
    """The settings of the systemd unit, each by its name."""
    text = (DOCS / "cacofonisk.service").read_text().replace("\\\n", "")
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


async def service(server: AmiServer, folder: Path, url: str) -> asyncio.subprocess.Process:
    """What systemd would start, with the files that docs/service.md makes; as its environment says."""
    (folder / "ami.secret").write_text("hush\n")
    toml = next(text for language, text in blocks(DOCS / "service.md") if language == "toml")
    (folder / "crm.toml").write_text(toml.replace("https://crm.example/hooks/calls", url).replace("whsec_…", SECRET))
    own = {"CREDENTIALS_DIRECTORY": str(folder), "STATE_DIRECTORY": str(folder / "state")}
    (folder / "state").mkdir()
    line = unit()["ExecStart"].replace("amis://cacofonisk@pbx1.example", f"ami://cacofonisk@localhost:{server.port}")
    for name, value in own.items():
        line = line.replace(f"${{{name}}}", value)
    program, *arguments = shlex.split(line)
    assert program.endswith("/bin/cacofonisk")
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cacofonisk", *arguments, cwd=ROOT, env={"PATH": os.environ["PATH"], **own},
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def test_the_systemd_unit_runs_as_it_stands(tmp_path: Path) -> None:
    events = [event for event in replay(ATTENDED) if hasattr(event, "call_id")]
    async with AmiServer(ATTENDED, secret="hush") as server:
        with Receiver() as receiver:
            process = await service(server, tmp_path, receiver.url)
            await server.play()
            await asyncio.to_thread(receiver.wait_for_events, len(events))
            process.terminate()
            await process.communicate()
    assert str(process.returncode) == unit()["SuccessExitStatus"] == str(128 + signal.SIGTERM)
    for headers, body in zip(receiver.headers, receiver.bodies, strict=True):
        Webhook(SECRET).verify(body, headers)
    kept = {path.name.partition("-")[0] for path in (tmp_path / "state").iterdir()}
    assert kept == {"calls.jsonl", "localhost"}  # the outbox is named after its receiver
    assert len((tmp_path / "state" / "calls.jsonl").read_text().splitlines()) == len(events)


async def test_systemd_does_not_try_a_refused_login_again(tmp_path: Path) -> None:
    async with AmiServer(secret="another") as server:  # of a test
        process = await service(server, tmp_path, "https://crm.invalid/")
        await process.communicate()
    assert str(process.returncode) == unit()["RestartPreventExitStatus"] == "2"
