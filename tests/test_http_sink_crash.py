"""Webhooks when everything goes wrong at once: killed at random under load, before a receiver that fails at random."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cacofonisk
from tests.webhook_receiver import Receiver
from tests.webhooks import hold, send

if TYPE_CHECKING:
    from collections.abc import Iterator

BURST, BURSTS = 20, 75  # each event of a burst is of another call
EACH = 5  # events in a call
KILLS = 20

# What it writes outlives it as well: an event before `on_next` is called, the end of its line when it has returned.
# So a whole line is an event that the sink has taken, and the kill may have come at any point in between.
PROGRAM = textwrap.dedent(f"""
    import os, signal, sys
    from cacofonisk import events, sinks

    url, outbox, batch, first, last_word = *sys.argv[1:3], *map(int, sys.argv[3:])
    party = events.Party("PJSIP/201-1", "1.1", "201", "Alice", "", True, "202")
    sink = sinks.http(url, outbox=outbox, batch=batch, timeout=0.2, first_wait=0.02, most_wait=0.2, drain=20)
    for number in range(first, {BURST * BURSTS}):
        if not number % {BURST} and not sys.stdin.readline():
            break
        group, rest = divmod(number, {BURST * EACH})
        sequence, call = divmod(rest, {BURST})
        event = events.Ringing(
            call_id=f"{{group * {BURST} + call}}.1", server="pbx", time="2026-11-22T12:19:48.426123Z",
            sequence=sequence + 1, caller=party, targets=[party],
        )
        os.write(1, sinks.to_json(event)[:-1])
        sink.on_next(event)
        os.write(1, b"\\n")
        if number == last_word:
            os.kill(os.getpid(), signal.SIGKILL)
    sink.on_completed()
""")


class Fed:
    """What the sink was really given, over all lives of its process."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []  # `on_next` has returned
        self.in_doubt = 0  # killed within it

    def add(self, line: bytes) -> None:
        if line.endswith(b"\n"):
            self.taken.append(line[:-1])
        else:
            self.in_doubt += 1  # the next process begins with it


@pytest.mark.parametrize("batch", [1, 7])
def test_killed_at_random_before_a_bad_receiver_nothing_that_it_took_is_lost(tmp_path: Path, batch: int) -> None:
    chance = random.Random(batch)  # noqa: S311  # not for secrets
    fed, kills = Fed(), 0
    with Receiver(errors=0.2, hangs=0.01, drops=0.02, restart_every=150, seed=7) as receiver:
        while len(fed.taken) < BURST * BURSTS:
            kills += live(receiver, fed, tmp_path / "outbox", batch, chance, mortal=kills < KILLS)
    assert kills == KILLS
    assert len(fed.taken) == BURST * BURSTS
    assert receiver.failed > len(fed.taken) / batch * 0.1
    check(receiver, fed)


def live(receiver: Receiver, fed: Fed, outbox: Path, batch: int, chance: random.Random, *, mortal: bool) -> bool:
    """One life of the process; whether it was killed."""
    first = len(fed.taken)
    events = chance.randrange(1, 4 * BURST) if mortal else BURST * BURSTS  # that this life may take, more or less
    by_itself = chance.random() < 0.3  # the moment that `on_next` has returned
    at_once = chance.random() < 0.5  # from outside, while it goes on; else when all but so many are delivered:
    ahead = chance.randrange(2 * BURST)
    arguments = [receiver.url, outbox, batch, first, first + events if mortal and by_itself else -1]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(str(cacofonisk.__file__)).parents[1])},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        for number in bursts(first):
            try:
                process.stdin.write(b"\n")
            except BrokenPipeError:
                break
            wanted = min(number + BURST, first + events)
            while len(fed.taken) < wanted and (line := process.stdout.readline()):
                fed.add(line)
            if len(fed.taken) < wanted:
                break  # it has died
            if mortal and not by_itself and wanted == first + events:
                if not at_once:
                    receiver.wait_for_distinct(len(fed.taken) - ahead)
                process.kill()
            elif not by_itself:
                receiver.wait_for_distinct(len(fed.taken) - 2 * BURST)  # it goes on under load, not far ahead
        process.stdin.close()
        for line in process.stdout:
            fed.add(line)
    assert process.returncode in (0, -9)
    return process.returncode != 0


def bursts(first: int) -> Iterator[int]:
    """Where each begins; a killed process may have been in the midst of one."""
    return iter(range(first // BURST * BURST, BURST * BURSTS, BURST))


def check(receiver: Receiver, fed: Fed) -> None:
    """Each event that was taken came, no other, in order in its call; what came twice had the same id and words."""
    first: dict[str, bytes] = {}
    for id_, body in receiver.events:
        assert first.setdefault(id_, body) == body
    assert sorted(first.values()) == sorted(fed.taken)
    order: dict[str, list[int]] = {}
    for body in first.values():
        event = json.loads(body)
        order.setdefault(event["call_id"], []).append(event["sequence"])
    assert all(sequences == list(range(1, EACH + 1)) for sequences in order.values())
    requests: dict[str, bytes] = {}
    for headers, body in zip(receiver.headers, receiver.bodies, strict=True):
        assert requests.setdefault(headers["webhook-id"], body) == body  # also of those that failed


@pytest.mark.parametrize("batch", [5, 1])
def test_a_batch_is_the_same_after_a_kill(tmp_path: Path, batch: int) -> None:
    """Its id, its bytes; unless there are to be no batches any more."""
    program = textwrap.dedent("""
        import sys
        from cacofonisk import sinks
        from tests.webhooks import hold

        sink = sinks.http(sys.argv[1], outbox=sys.argv[2], batch=5, first_wait=0.01, most_wait=0.01)
        for number in range(1, 4):
            for call in "abc":
                sink.on_next(hold(number, call))
        sys.stdin.readline()
    """)
    outbox = tmp_path / "outbox"
    with Receiver(errors=1) as receiver:
        with subprocess.Popen(
            [sys.executable, "-c", program, receiver.url, outbox],
            env={"PYTHONPATH": str(Path(__file__).parents[1])}, stdin=subprocess.PIPE,
        ) as process:  # fmt: skip
            receiver.wait_for_requests(4)
            process.kill()
        before = dict(zip((each["webhook-id"] for each in receiver.headers), receiver.bodies, strict=True))
    with Receiver() as receiver:
        send(receiver, outbox, [hold(4, call) for call in "abcd"], batch=batch)
    after = dict(zip((each["webhook-id"] for each in receiver.headers), receiver.bodies, strict=True))
    assert before
    assert before.items() <= after.items() if batch == 5 else all(each.startswith("msg_") for each in after)
    order: dict[str, list[int]] = {}
    for _, body in receiver.events:
        event = json.loads(body)
        order.setdefault(event["call_id"], []).append(event["sequence"])
    assert order == {"a": [1, 2, 3, 4], "b": [1, 2, 3, 4], "c": [1, 2, 3, 4], "d": [4]}
