"""The truth about a scenario: its steps as the phones saw them, never from AMI."""

from typing import Any

from .diary import Diary, now
from .pbx import Pbx


class Truth:
    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []

    def step(self, t: str, **fields: Any) -> None:
        """Something happened just now. Fields that are None or empty are left out."""
        kept = {key: value for key, value in fields.items() if value is not None and value != []}
        self.steps.append({"t": t, **kept, "at": now()})

    def as_json(self, name: str, sentence: str, pbx: Pbx, diary: Diary) -> dict[str, Any]:
        return {
            "scenario": sentence,
            "name": name,
            "asterisk": pbx.release,
            "technology": "SIP" if pbx.technology == "chan_sip" else "PJSIP",
            "steps": self.steps,
            "phones": [note.as_json() for note in diary.notes],
        }
