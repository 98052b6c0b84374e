"""Measures webhooks on this machine: `python -m tests.throughput_http_sink`; the receiver is another process."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time

from cacofonisk import sinks
from tests.webhooks import hold

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


def measure(url: str, outbox: str, count: int, **options: object) -> None:
    sink = sinks.http(url, outbox=outbox, **options)  # type: ignore[arg-type]  # as the caller wants
    begin = time.perf_counter()
    for number in range(count):
        sink.on_next(hold(number // 500 + 1, str(number % 500)))
    put = time.perf_counter() - begin
    sink.flush()
    stored = time.perf_counter() - begin
    sink.on_completed()
    sent = time.perf_counter() - begin
    print(f"{options}: {count} events taken at {count / put:,.0f}/s, stored at {count / stored:,.0f}/s, "
          f"delivered at {count / sent:,.0f}/s")  # fmt: skip


def latency(url: str, outbox: str) -> None:
    with sinks.http(url, outbox=outbox) as sink:
        times = []
        for number in range(500):
            begin = time.perf_counter()
            sink.on_next(hold(number + 1))
            sink.flush()
            times.append((time.perf_counter() - begin) * 1000)
    cuts = statistics.quantiles(times, n=100)
    print(f"on disk after {cuts[49]:.2f} ms (median), {cuts[98]:.2f} ms (99 of 100)")


def main() -> None:
    """Print it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen([sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE, text=True) as receiver,
    ):
        assert receiver.stdout is not None
        url = f"http://127.0.0.1:{int(receiver.stdout.readline())}/"
        measure(url, f"{folder}/a", 10_000)
        measure(url, f"{folder}/b", 50_000, batch=20)
        measure(url, f"{folder}/c", 100_000, batch=100)
        latency(url, f"{folder}/d")
        receiver.kill()


if __name__ == "__main__":
    main()
