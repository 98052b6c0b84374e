"""Numbers, sizes and durations as people write them: 7, 100M, 7d."""

from __future__ import annotations

import re

_SIZES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_DURATIONS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def count(text: str) -> int:
    """A whole number. Raises ValueError."""
    if re.fullmatch(r"-?[0-9]{1,9}", text) is None:
        raise ValueError(f"a number is written like 7, not {text!r}")
    return int(text)


def size(text: str) -> int:
    """Bytes, as in `100M`; K, M, G and T are powers of 1024. Raises ValueError."""
    found = re.fullmatch(r"([0-9]{1,15})([KMGT]?)", text.upper().removesuffix("B"))
    if found is None or not int(found[1]):
        raise ValueError(f"a size is written like 100M, not {text!r}")
    return int(found[1]) * _SIZES[found[2]]


def duration(text: str) -> float:
    """Seconds, as in `90`, `1.5s`, `15m`, `1h`, `7d` or `4w`. Raises ValueError."""
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([smhdw]?)", text)
    if found is None or not float(found[1]):
        raise ValueError(f"a duration is written like 30s or 7d, not {text!r}")
    return float(found[1]) * _DURATIONS[found[2]]
