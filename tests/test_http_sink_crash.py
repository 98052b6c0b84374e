"""Webhooks when everything goes wrong at once: killed at random under load, before a receiver that fails at random."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import cacofonisk
from tests.webhook_receiver import Receiver

CALLS, EVENTS = 200, 5  # events in each call

# It says how many events are on disk, as whoever feeds a sink does who wants to go on from there.
PRODUCER = textwrap.dedent("""
    import os, signal, sys
    from cacofonisk import events, sinks

    def say(number):
        global words
        words -= 1
        if words == 0:
            os.kill(os.getpid(), signal.SIGKILL)  # without a word, which would give the disk time
        print(number, flush=True)
        sys.stdin.readline()  # it may go on

    url, outbox = sys.argv[1:3]
    first, calls, each, words = map(int, sys.argv[3:])
    party = events.Party("PJSIP/201-1", "1.1", "201", "Alice", "", True, "202")
    sink = sinks.http(
        url, outbox=outbox, batch=BATCH, commit="COMMIT", timeout=0.2, first_wait=0.02, most_wait=0.2, drain=20,
    )
    for number in range(first, calls * each):
        # Of 20 calls at once, one after the other says something.
        group, rest = divmod(number, 20 * each)
        sequence, call = divmod(rest, 20)
        sink.on_next(events.Ringing(
            call_id=f"{group * 20 + call}.1", server="pbx", time="2026-11-22T12:19:48.426123Z",
            sequence=sequence + 1, caller=party, targets=[party],
        ))
        if "COMMIT" == "each":
            say(number + 1)
        elif number % 7 == 6:
            sink.flush()
            say(number + 1)
    sink.flush()
    say(calls * each)
    sink.on_completed()
    print("end", flush=True)
""")


def crash(tmp_path: Path, batch: int, commit: str, most_kills: int) -> None:
    chance = random.Random(7)  # noqa: S311  # not for secrets
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(str(cacofonisk.__file__)).parents[1])}
    stored, total, kills, step = 0, CALLS * EVENTS, 0, 1 if commit == "each" else 7
    with Receiver(errors=0.2, hangs=0.01, drops=0.02, restart_every=150, seed=7) as receiver:
        while True:
            program = PRODUCER.replace("BATCH", str(batch)).replace("COMMIT", commit)
            # A whim decides after which word it dies: at once, by its own hand, or a little later, by ours.
            words = chance.randrange(1, 10) if kills < most_kills else total + 2
            by_itself = chance.random() < 0.5
            later = chance.randrange(1, 30) if chance.random() < 0.5 else 0
            numbers = map(str, (stored, CALLS, EVENTS, words if by_itself else 0))
            arguments = [receiver.url, str(tmp_path / "outbox"), *numbers]
            with subprocess.Popen(
                [sys.executable, "-c", program, *arguments],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            ) as process:
                assert process.stdout is not None
                assert process.stdin is not None
                ended = False
                for word in process.stdout:
                    if word == "end\n":
                        ended = True
                        break
                    stored = int(word)
                    words -= 1
                    if words == 0 and later:
                        receiver.wait_for_requests(receiver.requests + later)
                    else:
                        print(file=process.stdin, flush=True)
                    if words == 0:
                        process.kill()
                        kills += 1
                        break
                else:
                    stored = (stored // step + 1) * step  # where it died: of this it could not tell any more
                    kills += 1
            if ended:
                break
    assert kills == most_kills
    check(receiver, total)


def check(receiver: Receiver, total: int) -> None:
    """Every event, in order in its call; and who came twice had the same id and the same words."""
    first: dict[str, bytes] = {}
    order: dict[str, list[int]] = {}
    for id_, body in receiver.events:
        if id_ in first:
            assert first[id_] == body
            continue
        first[id_] = body
        event = json.loads(body)
        order.setdefault(event["call_id"], []).append(event["sequence"])
    assert len(first) == total
    assert order == {f"{call}.1": list(range(1, EVENTS + 1)) for call in range(CALLS)}
    assert receiver.failed > total * 0.01


def test_killed_at_random_before_a_bad_receiver_nothing_is_lost(tmp_path: Path) -> None:
    crash(tmp_path, 1, "group", 15)


def test_the_same_in_batches(tmp_path: Path) -> None:
    crash(tmp_path, 20, "group", 15)


def test_where_each_event_waits_for_the_disk_none_that_it_took_is_lost(tmp_path: Path) -> None:
    crash(tmp_path, 5, "each", 8)
