"""Points in time as the contract writes them."""

from __future__ import annotations

from datetime import UTC, datetime


class TimeWriter:
    """Writes points in time as RFC 3339 in UTC with microseconds; quick, for most fall into the second of the last."""

    __slots__ = ("_prefix", "_second")

    def __init__(self) -> None:
        self._second = -1
        self._prefix = ""

    def write(self, timestamp: float) -> str:
        """The time for these seconds since 1970; what no calendar holds becomes 1970."""
        try:
            second, micros = divmod(round(timestamp * 1e6), 1_000_000)
            if second != self._second:
                self._prefix = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
                self._second = second
        except (OverflowError, ValueError, OSError):
            return "1970-01-01T00:00:00.000000Z"
        return f"{self._prefix}{micros:06d}Z"


def rfc3339(timestamp: float) -> str:
    """The same, once."""
    return TimeWriter().write(timestamp)


def seconds_since_1970(text: str) -> float:
    """The same back: what was written, in seconds; 0 for what is no time."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (OverflowError, ValueError, OSError):
        return 0.0
