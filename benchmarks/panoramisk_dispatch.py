"""panoramisk alone: `python benchmarks/panoramisk_dispatch.py FILE` prints SECONDS EVENTS.

Its own parser and its own dispatch by name, to a callback that does nothing, for the few events that limit.py reads.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from panoramisk import Manager  # type: ignore[import-untyped]  # panoramisk has no types
from panoramisk.ami_protocol import AMIProtocol  # type: ignore[import-untyped]  # as above

if TYPE_CHECKING:
    from panoramisk.message import Message  # type: ignore[import-untyped]  # as above

CHUNK = 1 << 16  # bytes
EVENTS = ("Newchannel", "Newstate", "DialBegin", "BridgeEnter", "BridgeLeave", "Hangup")


class Nowhere(asyncio.Transport):
    """Takes what the protocol wants to send."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Forget it."""

    def close(self) -> None:
        """There is nothing to close."""


async def dispatch(data: bytes) -> tuple[float, int]:
    """Seconds taken and events handed on for these bytes."""
    events = 0

    def on_event(_manager: Manager, _message: Message) -> None:
        nonlocal events
        events += 1

    manager = Manager(loop=asyncio.get_running_loop())
    manager.callbacks.clear()
    manager.patterns.clear()
    for name in EVENTS:
        manager.register_event(name, on_event)
    protocol = AMIProtocol()
    protocol.connection_made(Nowhere())
    protocol.factory = manager
    protocol.encoding = "utf8"
    start = time.perf_counter()
    for at in range(0, len(data), CHUNK):
        protocol.data_received(data[at : at + CHUNK])
    return time.perf_counter() - start, events


if __name__ == "__main__":
    seconds, count = asyncio.run(dispatch(Path(sys.argv[1]).read_bytes()))
    print(f"{seconds:.6f} {count}")
