"""Makes the AMI stream of a busy PBX out of recorded calls: ids rewritten, calls interleaved, noise and all.

    python benchmarks/traffic.py --calls-per-second 20 --seconds 60 --talk 30 --seed 1 > load.ami

The same arguments give the same bytes. Calls come by chance (a Poisson process), people talk for `--talk` seconds
on average (an exponential distribution); both as on real PBXs. `--filtered` leaves out what the event filter of
docs/ami.md does.
"""

from __future__ import annotations

import argparse
import heapq
import random
import sys
import uuid
from typing import TYPE_CHECKING

from template import RECORDINGS, Template, load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GREETING = (
    b"Asterisk Call Manager/11.0.0\r\n"
    b"Response: Success\r\nActionID: benchmark\r\nMessage: Authentication accepted\r\n\r\n"
    b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 3\r\nLastReload: 3\r\nStatus: Fully Booted\r\n\r\n"
)
START = 1_800_000_000.0  # when all streams begin, in seconds since 1970
MIX = {
    "basic_caller_hangs_up": 40,
    "outbound": 12,
    "hold_and_unhold": 4,
    "local_kept": 8,
    "group_local_optimised": 4,
    "queue_agent_refuses": 4,
    "cancelled_by_caller": 9,
    "busy_486": 7,
    "reject_603": 3,
    "attended_transfer_by_caller": 4,
    "blind_transfer_by_callee": 3,
    "blonde_transfer_by_caller": 2,
}
"""Of a hundred calls, how many are of each recording."""


class Traffic:
    """Calls of one PBX; each has ids that no call before it had. `first` is the number of the first channel."""

    def __init__(self, *, seed: int = 1, filtered: bool = False, first: int = 0, mix: Mapping[str, int] = MIX) -> None:
        self._random = random.Random(seed)
        self._channels = first
        self._clock = START
        self._templates = [load(RECORDINGS / f"{name}.jsonl.gz", filtered=filtered) for name in mix]
        self._weights = list(mix.values())

    def calls(self, count: int, *, rate: float = 20.0, talk: float = 0.0) -> Iterator[bytes]:
        """The packets of so many whole calls, `rate` a second, in which people talk `talk` seconds on average."""
        return self._play(self._choose(count, self._templates, self._weights), rate, talk)

    def live(self, count: int, *, rate: float = 1000.0) -> Iterator[bytes]:
        """The packets of so many calls up to where people talk, and nobody hangs up."""
        answered = [
            (template, weight) for template, weight in zip(self._templates, self._weights, strict=True) if template.talk
        ]
        chosen = self._choose(count, [template for template, _ in answered], [weight for _, weight in answered])
        return self._play(chosen, rate, None)

    def _choose(self, count: int, templates: list[Template], weights: list[int]) -> list[Template]:
        return self._random.choices(templates, weights, k=count)

    def _play(self, chosen: list[Template], rate: float, talk: float | None) -> Iterator[bytes]:
        """Packets in the order of their times; a `talk` of None never ends."""
        coming: list[tuple[float, int, _Call]] = []
        for template in chosen:
            self._clock += self._random.expovariate(rate)
            yield from _until(coming, self._clock)
            ids = template.new_ids(self._channels, self._clock, self._uuid)
            longer = self._random.expovariate(1 / talk) if talk else 0.0
            call = _Call(template, ids, self._clock, longer, endless=talk is None)
            heapq.heappush(coming, (self._clock, self._channels, call))
            self._channels += template.channels
        yield from _until(coming, float("inf"))

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))


class _Call:
    """One call on its way through its packets."""

    def __init__(
        self, template: Template, ids: dict[bytes, bytes], start: float, longer: float, *, endless: bool
    ) -> None:
        self._template = template
        self._ids = ids
        self._start = start
        self._longer = longer
        self._end = template.talk if endless and template.talk else len(template)
        self._next = 0

    def packet(self, time: float) -> bytes:
        """Its next packet."""
        self._next += 1
        return self._template.packet(self._next - 1, self._ids, time)

    def next_time(self) -> float | None:
        """When its next packet comes, None where none does."""
        if self._next >= self._end:
            return None
        template = self._template
        talked = self._longer if template.talk is not None and self._next >= template.talk else 0.0
        return self._start + template.offsets[self._next] + talked


def _until(coming: list[tuple[float, int, _Call]], end: float) -> Iterator[bytes]:
    while coming and coming[0][0] <= end:
        time, number, call = coming[0]
        yield call.packet(time)
        then = call.next_time()
        if then is None:
            heapq.heappop(coming)
        else:
            heapq.heapreplace(coming, (then, number, call))


def main() -> None:
    """Write a stream to standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls-per-second", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--talk", type=float, default=30.0, help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--filtered", action="store_true")
    args = parser.parse_args()
    traffic = Traffic(seed=args.seed, filtered=args.filtered)
    count = round(args.calls_per_second * args.seconds)
    sys.stdout.buffer.write(GREETING)
    for packet in traffic.calls(count, rate=args.calls_per_second, talk=args.talk):
        sys.stdout.buffer.write(packet)


if __name__ == "__main__":
    main()
