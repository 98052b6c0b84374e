"""`cacofonisk run` of a real PBX to a receiver behind TLS, beside other sinks, good and bad ones; and killed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import orjson
from standardwebhooks import Webhook

from cacofonisk.events import Hangup
from cacofonisk.sinks import to_json
from tests.asterisk.command import Command, read_event
from tests.asterisk.lab import Lab
from tests.asterisk.live import SECRET as AMI_SECRET
from tests.asterisk.office import Office
from tests.asterisk.record import perform
from tests.asterisk.scenarios import all_scenarios
from tests.rules import broken_rules, by_call
from tests.truth_check import compare
from tests.webhook_receiver import Receiver
from tests.webhooks import SECRET, Tls, own_tls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from cacofonisk.events import CallEvent

BAD_SINKS = """
import pathlib
from cacofonisk.sinks import Sink

class Broken(Sink):
    def __init__(self, spec):
        super().__init__()

    def write(self, event):
        raise LookupError("no such thing")

class Stuck(Sink):
    def __init__(self, spec):
        super().__init__()
        self.path = spec.partition(":")[2]

    def write(self, event):
        open(self.path).read()  # a pipe that nobody writes to
"""


def to_webhook(receiver: Receiver, tls: Tls) -> str:
    """What stands after `--to`."""
    folder = tls.authority.parent
    (folder / "secret").write_text(SECRET)
    options = f"outbox={folder}/outbox&secret_file={folder}/secret&ca={tls.authority}&first_wait=0.05s&most_wait=0.2s"
    return f"{receiver.url}#{options}"


def taken(receiver: Receiver) -> list[CallEvent]:
    """The events that it has, each once, as they came."""
    return [read_event(body.decode()) for body in dict(receiver.events).values()]


@asynccontextmanager
async def following(office: Office, *to: str, **environment: str) -> AsyncIterator[Command]:
    """The command, connected."""
    url = f"ami://cacofonisk@127.0.0.1:{office.pbx.ami_port}"
    outputs = [argument for each in to for argument in ("--to", each)]
    settings = {"CACOFONISK_SECRET": AMI_SECRET, **environment}
    async with Command("run", url, "--server", "pbx", *outputs, environment=settings) as command:
        await command.connected()
        await asyncio.sleep(0.3)  # stock is taken, which nobody says
        yield command


async def hung_up(receiver: Receiver, calls: int) -> None:
    """Until the receiver knows that so many calls are over."""
    await asyncio.to_thread(receiver.wait_for_distinct, calls, b'"event":"hangup"')


async def test_calls_of_a_real_pbx_arrive_signed_over_tls_and_elsewhere_at_once(tmp_path: Path) -> None:
    tls, lines = own_tls(tmp_path), tmp_path / "calls.jsonl"
    with Receiver(tls=tls.server, errors=0.2, seed=1) as receiver:
        async with Office(22) as office, following(
            office, "stdout:jsonl", to_webhook(receiver, tls), f"file:{lines}"
        ) as command:  # fmt: skip
            lab = await perform(office, all_scenarios()["attended_transfer_by_callee"])
            await hung_up(receiver, 2)
            assert await command.end() == 130, command.said
        assert compare({"steps": lab.truth.steps}, command.events) == []
        assert broken_rules(command.events, whole=True) == []
        assert by_call(taken(receiver)) == by_call(command.events)
        assert lines.read_bytes() == b"".join(to_json(event) for event in command.events)
        for headers, body in zip(receiver.headers, receiver.bodies, strict=True):
            assert Webhook(SECRET).verify(body, headers) == orjson.loads(body)
        assert receiver.failed > 0


async def test_a_sink_that_raises_and_one_that_is_stuck_harm_nobody(tmp_path: Path) -> None:
    package = tmp_path / "bad_sinks-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: bad-sinks\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(
        "[cacofonisk.sinks]\nbroken = bad_sinks:Broken\nstuck = bad_sinks:Stuck\n"
    )
    (tmp_path / "bad_sinks.py").write_text(BAD_SINKS)
    os.mkfifo(tmp_path / "pipe")
    tls = own_tls(tmp_path)
    with Receiver(tls=tls.server) as receiver:
        async with Office(22) as office, following(
            office, "broken:", f"stuck:{tmp_path}/pipe", to_webhook(receiver, tls), "stdout:jsonl",
            PYTHONPATH=str(tmp_path),
        ) as command:  # fmt: skip
            lab = await perform(office, all_scenarios()["blind_transfer_by_callee"])
            await hung_up(receiver, 1)
            await command.until(lambda: any(isinstance(event, Hangup) for event in command.events), "the hangup")
            said = [line for line in command.said if "sink" in line]
            assert said == ["cacofonisk: the sink broken: failed: LookupError: no such thing"]  # at once
            assert await command.end() == 130
        assert command.said[-1].startswith("cacofonisk: Stuck is stuck: ")
        assert compare({"steps": lab.truth.steps}, command.events) == []
        assert by_call(taken(receiver)) == by_call(command.events)


async def test_killed_in_the_midst_of_calls_nothing_that_anybody_saw_is_lost(tmp_path: Path) -> None:
    tls, chance = own_tls(tmp_path), random.Random(3)  # noqa: S311  # not for secrets
    seen: list[bytes] = []
    with Receiver(tls=tls.server, errors=0.2, hangs=0.01, drops=0.02, restart_every=40, seed=1) as receiver:
        async with Office(22) as office:
            for life in range(4):
                async with following(office, to_webhook(receiver, tls), "stdout:jsonl") as command:
                    playing = asyncio.create_task(call_about(Lab(office), life))
                    events = chance.randrange(2, 10)
                    await command.until(lambda: len(command.events) >= events, "some events")  # noqa: B023  # awaited
                    await command.end(signal.SIGKILL)
                    seen += [to_json(event)[:-1] for event in command.events]
                    await playing
            async with following(office, to_webhook(receiver, tls), "stdout:jsonl") as command:
                await asyncio.to_thread(receiver.wait_for_distinct, len(set(seen)))
                assert await command.end() == 130, command.said
                seen += [to_json(event)[:-1] for event in command.events]
        assert set(seen) <= set(dict(receiver.events).values())


async def call_about(lab: Lab, life: int) -> Any:
    """Two calls at once, five events each."""
    one, two = await lab.talk("201", "202", f"one {life}"), await lab.talk("203", "204", f"two {life}")
    await one.hang_up("202")
    await two.hang_up("203")
