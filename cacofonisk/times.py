"""Points in time as the contract writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(timestamp: float) -> str:
    """Seconds since 1970 as RFC 3339 in UTC with microseconds; what no calendar holds becomes 1970."""
    try:
        when = datetime.fromtimestamp(timestamp, UTC)
    except (OverflowError, ValueError, OSError):
        when = datetime.fromtimestamp(0, UTC)
    return when.isoformat(timespec="microseconds")[:26] + "Z"


def seconds_since_1970(text: str) -> float:
    """The same back: what `rfc3339` wrote, in seconds."""
    return datetime.fromisoformat(text).timestamp()
