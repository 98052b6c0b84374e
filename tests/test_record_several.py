"""One recording of several servers: what is of which, and what a loss or a damage of one is to the others."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from cacofonisk import sources
from cacofonisk.errors import SourceError
from cacofonisk.events import Anomaly, CallEvent, Hangup, SourceEvent
from cacofonisk.operators import call_events
from cacofonisk.sinks import to_json
from cacofonisk.testing.ami_server import AmiServer
from tests.ami_client import CHANNEL, packet

if TYPE_CHECKING:
    from pathlib import Path

    from cacofonisk.events import Event

RING = packet("Newchannel", **{**CHANNEL, "ChannelState": "4", "ChannelStateDesc": "Ring"})
HANGUP = packet("Hangup", **CHANNEL, Cause="16")


def fail(error: SourceError) -> None:
    pytest.fail(str(error))


class Seen:
    """What a subscriber was given; `until` waits for a server's event."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._came = asyncio.Event()

    def take(self, event: Event) -> None:
        self.events.append(event)
        self._came.set()

    async def until(self, server: str, kind: str) -> None:
        async with asyncio.timeout(30):
            while not any(event.server == server and getattr(event, "event", "") == kind for event in self.events):
                self._came.clear()
                await self._came.wait()


def calls_of(path: Path, **options: str) -> list[Event]:
    found: list[Event] = []
    errors: list[Exception] = []
    sources.file(path, **options).pipe(call_events()).subscribe(found.append, errors.append)  # type: ignore[arg-type]  # server alone
    if errors:
        raise errors[0]
    return found


def written(path: Path, *lines: dict[str, str]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def connected(server: str) -> dict[str, str]:
    return {"Source": "connected", "Server": server, "Time": "1795398070.0", "Detail": "Asterisk Call Manager/11.0.0"}


def turn(server: str) -> dict[str, str]:
    return {"Source": "server", "Server": server}


@pytest.mark.parametrize("name", ["two.jsonl", "two.jsonl.gz"])
async def test_what_two_servers_say_in_turn_replays_to_what_was_seen_live(tmp_path: Path, name: str) -> None:
    """Both have a channel of the same Uniqueid; one loses its connection while the other's call goes on."""
    seen = Seen()
    path = tmp_path / name
    async with AmiServer() as one, AmiServer() as two:
        with sources.Recorder(path, on_failure=fail) as recorder:
            source = sources.ami(one.url, two.url, server=["one", "two"], record=recorder, retry_first=0.01)
            subscription = source.pipe(call_events()).subscribe(seen.take)
            for server, label in ((one, "one"), (two, "two")):
                await server.asked("BridgeList")
                server.send(RING)
                await seen.until(label, "started")
            one.cut()
            await one.asked("BridgeList", 2)
            for server, label in ((two, "two"), (one, "one")):
                server.send(HANGUP)
                await seen.until(label, "hangup")
            subscription.dispose()
    live = b"".join(to_json(event) for event in seen.events if isinstance(event, CallEvent))
    assert [event.server for event in seen.events if isinstance(event, CallEvent)] == ["one", "two", "two", "one"]
    assert b"".join(to_json(event) for event in calls_of(path) if isinstance(event, CallEvent)) == live


def test_several_servers_are_not_replayed_under_one_name(tmp_path: Path) -> None:
    path = written(tmp_path / "x.jsonl", connected("one"), connected("two"), turn("one"), RING, turn("two"), RING)
    with pytest.raises(SourceError) as error:
        calls_of(path, server="pbx")
    assert str(error.value) == f"{path} is of several servers (two, one): replay it without a server's name"


def test_a_server_that_connects_anew_ends_its_own_calls_alone(tmp_path: Path) -> None:
    """The recorder was killed, and a second one appended."""
    path = written(
        tmp_path / "x.jsonl",
        *(connected("one"), RING, connected("two"), RING),
        *(connected("one"), RING, HANGUP, turn("two"), HANGUP),
    )
    found = calls_of(path)
    assert [(event.server, event.kind) for event in found if isinstance(event, SourceEvent)] == [
        ("one", "connected"), ("two", "connected"), ("one", "lost"), ("one", "connected"),
    ]  # fmt: skip
    assert [event.server for event in found if isinstance(event, Hangup)][-1] == "two"


def test_what_is_normal_on_one_server_is_not_asked_of_another(tmp_path: Path) -> None:
    bare = {key: value for key, value in RING.items() if key != "Privilege"}
    gone = {key: value for key, value in HANGUP.items() if key != "Privilege"}
    path = written(tmp_path / "x.jsonl", connected("one"), connected("two"), bare, turn("one"), RING, turn("two"), gone)
    found = calls_of(path)
    assert [event for event in found if isinstance(event, Anomaly)] == []
    assert next(event.server for event in found if isinstance(event, Hangup)) == "two"


def test_raw_bytes_of_several_servers_are_refused(tmp_path: Path) -> None:
    with sources.Recorder(tmp_path / "x.ami", on_failure=fail) as recorder, pytest.raises(SourceError) as error:
        sources.ami("ami://me:secret@one", "ami://me:secret@two", record=recorder)
    assert str(error.value) == (
        f"{recorder.path} would hold raw bytes of several servers, which nobody can tell apart: "
        "record JSON lines, as in calls.jsonl.gz"
    )
