"""Every event that the pipe gives is what the JSON Schema says."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import orjson
import pytest
from jsonschema import Draft202012Validator

from cacofonisk.events import CALL_EVENTS, CallEvent
from cacofonisk.schema import json_schema
from tests.recordings import recordings, replay

if TYPE_CHECKING:
    from pathlib import Path

VALIDATOR = Draft202012Validator(json_schema())


def test_the_command_prints_a_valid_schema() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "cacofonisk", "schema"], capture_output=True, text=True, check=True
    ).stdout
    Draft202012Validator.check_schema(json.loads(printed))
    assert json.loads(printed) == json_schema()


def test_every_kind_is_in_it() -> None:
    kinds = {
        definition["properties"]["event"]["const"]
        for name, definition in json_schema()["$defs"].items()
        if name != "Party"
    }
    assert len(kinds) == len(CALL_EVENTS)


@pytest.mark.parametrize("path", recordings(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_event_of_every_recording_is_valid(path: Path) -> None:
    events = [event for event in replay(path) if isinstance(event, CallEvent)]
    assert events or "unknown_number" in path.name  # of that the PBX says nothing
    for event in events:
        VALIDATOR.validate(orjson.loads(orjson.dumps(event)))


@pytest.mark.parametrize("change", [{"sequence": "1"}, {"reason": "because"}, {"caller": None}, {"event": "haangup"}])
def test_a_wrong_event_is_refused(change: dict[str, object]) -> None:
    path = next(path for path in recordings() if "basic_caller" in path.name)
    (hangup,) = (event for event in replay(path) if isinstance(event, CallEvent) and event.event == "hangup")
    assert not VALIDATOR.is_valid({**orjson.loads(orjson.dumps(hangup)), **change})
