"""`--config` as a user meets it: PBXs with secrets of their own, sinks with events of their own, and clear mistakes."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from cacofonisk.commands._config import read_config
from cacofonisk.commands.run import NO_PBX
from cacofonisk.sinks._registry import known
from cacofonisk.testing.ami_server import AmiServer
from tests.ami_client import CHANNEL, packet, serve_tls
from tests.test_cli import run
from tests.test_record import CALL, RING, finish, grows, start, url

DOCS = Path(__file__).parent.parent / "docs"
KNOWN = ", ".join(f"{scheme}:" for scheme in known())


def said(path: Path) -> list[tuple[str, str]]:
    return [(event["server"], event["event"]) for event in map(json.loads, path.read_text().splitlines())]


async def test_each_pbx_has_its_secret_and_name_and_each_sink_its_events(certificate: Path, tmp_path: Path) -> None:
    config, every, some = tmp_path / "c.toml", tmp_path / "every.jsonl", tmp_path / "some.jsonl"
    (tmp_path / "secret").write_text("first\n")
    one, two = AmiServer(CALL, secret="first", tls=serve_tls(certificate)), AmiServer(CALL, secret="second")
    async with one, two:
        config.write_text(f"""
            trunks = ["PJSIP/201"]
            record = "{tmp_path}/day.jsonl"
            [pbx.office]
            url = "{url(one).replace("ami:", "amis:")}"
            secret_file = "{tmp_path}/secret"
            ca = "{certificate}"
            [pbx."the shop"]
            url = "{url(two)}"
            secret = "second"
            [sink.every]
            to = "file:{every}"
            [sink.some]
            to = "file:{some}"
            only = ["hangup"]
        """)
        process = await start("run", "--config", config)
        for server in (one, two):
            await server.asked("BridgeList")
            await server.play()
            await grows(every, b'"hangup"')
            await grows(some, b'"hangup"')
        await grows(some, b"the shop")
        status, out, err = await finish(process, signal.SIGTERM)
    assert (status, out) == (143, "")
    assert sorted(err.splitlines()) == [
        f"cacofonisk: office: connected to localhost:{one.port}",
        f"cacofonisk: the shop: connected to localhost:{two.port}",
    ]
    assert sorted(said(every)) == [
        ("office", "hangup"), ("office", "started"), ("the shop", "hangup"), ("the shop", "started"),
    ]  # fmt: skip
    assert sorted(said(some)) == [("office", "hangup"), ("the shop", "hangup")]
    assert json.loads(every.read_text().splitlines()[0])["direction"] == "inbound"
    replayed = run("replay", tmp_path / "day.jsonl", "--trunk", "PJSIP/201", "--format", "jsonl").stdout
    assert sorted(replayed.splitlines()) == sorted(every.read_bytes().splitlines())


async def test_what_is_not_named_is_as_without_a_file(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    async with AmiServer([packet("Hangup", **CHANNEL, Cause="16"), *CALL]) as server:  # the first of nothing known
        config.write_text(f'anomalies = true\n[pbx.office]\nurl = "{url(server)}"\n')
        process = await start("run", "--config", config)  # the secret is in the environment
        await server.asked("BridgeList")
        await server.play()
        assert process.stdout is not None
        assert b"201 Alice calls 202" in await process.stdout.readline()
        status, _, err = await finish(process, signal.SIGTERM)
    assert status == 143
    assert "cacofonisk: anomaly at " in err


@pytest.mark.parametrize("name", ["calls.jsonl", "calls.ami"])
async def test_calls_that_are_up_when_it_is_stopped_end_as_lost_and_a_replay_says_the_same(
    tmp_path: Path, name: str
) -> None:
    out, own = tmp_path / "out.jsonl", tmp_path / name
    async with AmiServer([packet("Newchannel", **RING)]) as server:
        process = await start("run", url(server), "--server", "pbx", "--to", f"file:{out}", "--record", own)
        await server.asked("BridgeList")
        await server.play()
        await grows(out, b'"started"')
        assert (await finish(process, signal.SIGTERM))[0] == 143
    ends = json.loads(out.read_text().splitlines()[-1])
    assert (ends["event"], ends["reason"], ends["inferred"]) == ("hangup", "lost", True)
    assert run("replay", own, "--server", "pbx", "--to", "stdout:jsonl").stdout == out.read_bytes()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[pbx.a]\nurl = "s3cret', " is no TOML at end of document"),
        ('s3cret = "\n', " is no TOML at line 1, column 11"),
        ("[pbx]", " names no PBX: write [pbx.NAME], and below it its url"),
        ("", ": the table lacks the required field `pbx`"),
        ('[pbx.a]\nulr = "s3cret"', ": [pbx.a] the table has the unknown field `ulr`"),
        ("[pbx.a]\nport = 1", ": [pbx.a] the table has the unknown field `port`"),
        ('[pbx.a]\nsecret = "s3cret"', ": [pbx.a] the table lacks the required field `url`"),
        ("[pbx.a]\nurl = 5038", ": [pbx.a] expected a text, got a number at `url`"),
        ('[pbx.a]\nurl = "ami://:s3cret@b"', ": [pbx.a] the ami:// URL names no user, as in ami://user@host:5038"),
        (
            '[pbx.a]\nurl = "ami://me@b"\nsecret_file = "none"',
            ": [pbx.a] none cannot be read: no such file or directory",
        ),
        ('sink = 3\n[pbx.a]\nurl = "ami://me:s3cret@b"', ": expected a table, got a number at `sink`"),
        (
            '[sink.b]\nto = "fiel:s3cret"\n[pbx.a]\nurl = "ami://me:s3cret@b"',
            f": [sink.b] there is no sink fiel: (there are {KNOWN}); did you mean file:?",
        ),
        (
            '[sink.b]\nto = "stdout:"\nonly = "hangup"\n[pbx.a]\nurl = "ami://me:s3cret@b"',
            ": [sink.b] expected a list, got a text at `only`",
        ),
        (
            'trunks = ["provider"]\n[pbx.a]\nurl = "ami://me:s3cret@b"',
            ": a trunk is named with its technology, as in PJSIP/provider, not 'provider'",
        ),
        (
            '[pbx.a]\nurl = "ami://me:s3cret@b"\n[pbx.c]\nurl = "ami://me:s3cret@b"',
            ": b:5038 is named twice: each of its calls would be told twice",
        ),
    ],
)
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_mistake_is_one_line_that_says_where_and_quotes_no_value(
    tmp_path: Path, command: str, text: str, says: str
) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    done = run(command, "--config", path)
    assert done.stderr.decode() == f"cacofonisk: {path}{says}\n"
    assert (done.stdout, done.returncode) == (b"", 2)


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_file_says_it_all_and_without_one_there_is_a_pbx(tmp_path: Path, command: str) -> None:
    done = run(command, "--config", tmp_path / "c.toml", "ami://me@pbx1", "--ca", "x")
    assert done.returncode == 2
    assert done.stderr.decode() == f"cacofonisk: --config says it all: put the URL and --ca into {tmp_path}/c.toml\n"
    done = run(command)
    assert done.returncode == 2
    assert done.stderr == f"cacofonisk: {NO_PBX}\n".encode()
    assert run(command, "--config", "none").stderr == b"cacofonisk: none cannot be read: no such file or directory\n"


async def test_check_looks_at_each_pbx_of_the_file(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    async with AmiServer() as one, AmiServer(secret="another") as two:
        config.write_text(f'[pbx.office]\nurl = "{url(one)}"\n[pbx.shop]\nurl = "{url(two)}"\n')
        status, out, err = await finish(await start("check", "--config", config, "--seconds", "0"))
    assert (status, err) == (1, "")
    office, shop = out.split("\nshop\n")
    assert f"{config}: 2 PBXs, 1 sink\n\noffice\nok" in office
    assert shop.startswith(f"missing localhost:{two.port} refused the login")


def test_the_example_can_be_read_once_its_files_are_there(certificate: Path, tmp_path: Path) -> None:
    text = (DOCS / "cacofonisk.toml").read_text()
    for folder in ("/etc/cacofonisk", "/var/log/cacofonisk"):
        text = text.replace(folder, str(tmp_path))
    for name in ("office", "shop"):
        (tmp_path / f"{name}.secret").write_text("secret\n")
    (tmp_path / "office.crt").write_bytes(certificate.read_bytes())
    (tmp_path / "crm.toml").write_text('url = "https://crm.example/hook"\noutbox = "crm.outbox"\n')
    (tmp_path / "c.toml").write_text(text)
    logins, plan = read_config(tmp_path / "c.toml")
    assert [login.server for login in logins] == ["office", "shop"]
    assert [sink.only is None for sink in plan.outputs] == [True, False]
    assert plan.trunks is not None
