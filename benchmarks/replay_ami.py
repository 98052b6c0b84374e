"""Times raw AMI bytes to JSON lines: `python benchmarks/replay_ami.py FILE` prints SECONDS EVENTS.

The file is held in memory and fed in chunks of 64 KiB, as a socket gives them, through the AMI source's own framing and
`call_events()` to JSON lines on /dev/null, all in one process.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from reactivex import Observable

from cacofonisk.ami_event import WANTED, AmiEvent
from cacofonisk.operators import call_events
from cacofonisk.sinks import to_json
from cacofonisk.sources._framing import Framer

if TYPE_CHECKING:
    from reactivex import abc

    from cacofonisk.events import Event

CHUNK = 1 << 16


def replay(data: bytes) -> tuple[float, int]:
    """Seconds taken and call events given for these bytes."""
    events = 0
    observers: list[abc.ObserverBase[Event]] = []

    def subscribe(observer: abc.ObserverBase[Event], _scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        from reactivex.disposable import Disposable

        observers.append(observer)
        return Disposable()

    with Path(os.devnull).open("wb", buffering=CHUNK) as out:

        def write(event: Event) -> None:
            nonlocal events
            events += 1
            out.write(to_json(event))  # type: ignore[arg-type]  # call_events() gives nothing else

        Observable(subscribe).pipe(call_events()).subscribe(write)
        push = observers[0].on_next
        framer = Framer(WANTED, server="pbx", live=True)
        start = time.perf_counter()
        for at in range(0, len(data), CHUNK):
            for packet in framer.feed(data[at : at + CHUNK]):
                if packet.__class__ is AmiEvent:
                    push(packet)
        observers[0].on_completed()
        return time.perf_counter() - start, events


if __name__ == "__main__":
    seconds, count = replay(Path(sys.argv[1]).read_bytes())
    print(f"{seconds:.6f} {count}")
