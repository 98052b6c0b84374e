"""What a webhook's outbox costs whoever feeds it, and how fast events are delivered: `python -m benchmarks.webhooks`.

The receiver is another process on the same machine.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cacofonisk import events, sinks

if TYPE_CHECKING:
    from collections.abc import Iterator

RECEIVER = """
import asyncio
from aiohttp import web

async def main():
    async def handle(request):
        await request.read()
        return web.Response(status=204)
    app = web.Application(client_max_size=1 << 26)
    app.router.add_post("/", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
PARTY = events.Party("PJSIP/201-1", "1.201", "201", "Alice", "", True, "202")


def some(count: int) -> Iterator[events.Hold]:
    """Events of 500 calls in turn."""
    for number in range(count):
        sequence, call = divmod(number, 500)
        time = "2026-11-22T12:19:48.426123Z"
        yield events.Hold(call_id=f"{call}.1", server="pbx", time=time, sequence=sequence + 1, by=PARTY)


@contextmanager
def receiver() -> Iterator[str]:
    """Its URL."""
    with subprocess.Popen([sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE, text=True) as process:  # ours
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"  # type: ignore[union-attr]  # a pipe, as said
        finally:
            process.kill()


def waits(url: str, outbox: str, **options: Any) -> float:
    """Median milliseconds that `on_next` takes where five events come a hundred times a second."""
    times = []
    with sinks.http(url, outbox=outbox, **options) as sink:
        for number, event in enumerate(some(2500)):
            begin = time.perf_counter()
            sink.on_next(event)
            times.append((time.perf_counter() - begin) * 1000)
            if number % 5 == 4:
                time.sleep(0.01)
    cuts = statistics.quantiles(times, n=100)
    print(f"{options}: on_next takes {cuts[49]:.3f} ms (median), {cuts[98]:.3f} ms (99 of 100)")
    return cuts[49]


def throughput(url: str, outbox: str, count: int, **options: Any) -> None:
    """Events a second, from the first that is given to the last that is delivered."""
    sink = sinks.http(url, outbox=outbox, **options)
    begin = time.perf_counter()
    for event in some(count):
        sink.on_next(event)
    taken = time.perf_counter() - begin
    sink.on_completed()
    sent = time.perf_counter() - begin
    print(f"{options}: {count} events are taken at {count / taken:,.0f}/s and delivered at {count / sent:,.0f}/s")


def main() -> None:
    """Print it."""
    with tempfile.TemporaryDirectory() as folder, receiver() as url:
        group = waits(url, f"{folder}/group")
        each = waits(url, f"{folder}/each", sync="each")
        print(f"to wait for the disk each time takes {each / group:.1f} times as long")
        throughput(url, f"{folder}/1", 10_000)
        throughput(url, f"{folder}/20", 50_000, batch=20)
        throughput(url, f"{folder}/100", 100_000, batch=100)


if __name__ == "__main__":
    main()
