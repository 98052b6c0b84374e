"""What was found out about an AMI server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True, frozen=True)
class Finding:
    """One thing that was looked at: whether it works, in words, and what to change."""

    mark: Literal["ok", "missing", "unsure", "note"]
    what: str
    change: str = ""
