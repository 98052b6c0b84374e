"""What a receiver's answer means; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

Verdict = Literal["taken", "again", "dead"]


@dataclass(slots=True, frozen=True)
class Answer:
    """The answer to a request: its status (0: there was none), what was said, and how long to wait (seconds)."""

    status: int
    reason: str
    retry_after: float | None = None

    @property
    def verdict(self) -> Verdict:
        """Taken; to be sent again; or dead, as it would be refused for ever."""
        if 200 <= self.status < 300:
            return "taken"
        if 400 <= self.status < 500 and self.status not in (408, 425, 429):
            return "dead"
        # A redirection is a mistake in the configuration, or a proxy's page during an outage: both get mended.
        return "again"


def retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or as a date; None where it makes no sense."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return float(text) if len(text) < 10 else None
    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        return max((date - now).total_seconds(), 0.0)
    except (ValueError, OverflowError):
        return None
