"""Whether waiting would hold up an event loop."""

from __future__ import annotations

import asyncio


def is_in_loop() -> bool:
    """Whether whoever calls is called by a running event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
