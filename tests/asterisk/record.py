"""Record scenarios on a real PBX.

    python -m tests.asterisk.record [--version 22] [--technology pjsip] [--to DIR] [--raw] [NAME ...]

Writes NAME.jsonl, every AMI packet one JSON object a line, and NAME.truth.json, what the phones saw.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import deque
from pathlib import Path

from .fetch import LabUnavailable, cache_folder
from .lab import Lab
from .office import Office
from .pbx import Technology
from .scenarios import Scenario, all_scenarios

LONGEST = 40.0  # seconds for one scenario


async def perform(office: Office, scenario: Scenario, lab: Lab | None = None) -> Lab:
    """Let a scenario happen; its recording and its truth are in the lab it was given."""
    office.tidy()
    lab = lab or Lab(office)
    try:
        async with asyncio.timeout(LONGEST):
            if scenario.attached:
                await lab.attach()
            await scenario.run(lab)
            await lab.settle()
    finally:
        await lab.ami.close()
    return lab


def write(lab: Lab, scenario: Scenario, folder: Path, *, raw: bool = False) -> None:
    lines = [json.dumps(packet, ensure_ascii=False) for packet in lab.packets]
    truth = lab.truth.as_json(scenario.name, scenario.sentence, lab.pbx, lab.diary)
    recording = "\n".join([*lines, ""])
    for place in (
        str(lab.pbx.folder),
        str(cache_folder()),
        tempfile.gettempdir() + "/",
        str(Path.home()) + "/",
        str(Path.cwd()),
    ):
        if place in recording:
            raise ValueError(f"{scenario.name}: {place} is in the recording")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{scenario.name}.jsonl").write_text(recording)
    (folder / f"{scenario.name}.truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")
    if raw:
        several = len(lab.raw) > 1
        for number, stream in enumerate(lab.raw, 1):
            (folder / (f"{scenario.name}.{number}.ami" if several else f"{scenario.name}.ami")).write_bytes(stream)


async def record(
    scenarios: list[Scenario],
    version: int,
    technology: Technology,
    folder: Path,
    *,
    raw: bool = False,
    jobs: int = 2,
) -> list[str]:
    """Record all these scenarios, on so many PBXs at a time; answers those that went wrong."""
    todo = deque(scenario for scenario in scenarios if technology in scenario.technologies)
    wrong: list[str] = []

    async def work() -> None:
        while todo:
            async with Office(version, technology) as office:
                while todo:
                    scenario = todo.popleft()
                    try:
                        lab = await perform(office, scenario)
                        write(lab, scenario, folder, raw=raw)
                        print(f"{scenario.name}: {len(lab.packets)} packets", flush=True)
                    except Exception as error:  # noqa: BLE001  # one that goes wrong must not stop the others
                        wrong.append(scenario.name)
                        print(f"{scenario.name}: {type(error).__name__}: {error}", flush=True)
                        break  # a fresh PBX for the next

    await asyncio.gather(*(work() for _ in range(min(jobs, len(todo)))))
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.asterisk.record", description="Record scenarios on a real Asterisk."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="scenarios; all, when none is named")
    parser.add_argument("--version", type=int, default=22, help="of Asterisk: 22 or 16")
    parser.add_argument("--technology", choices=["pjsip", "chan_sip"], default="pjsip", help="chan_sip is in 16 only")
    parser.add_argument("--to", type=Path, default=Path("recordings"), metavar="DIR")
    parser.add_argument("--raw", action="store_true", help="also write NAME.ami, the bytes as they came")
    parser.add_argument("--jobs", type=int, default=4, help="so many PBXs at a time")
    parser.add_argument("--list", action="store_true", help="say which scenarios there are")
    options = parser.parse_args()
    known = all_scenarios()
    if options.list:
        for scenario in known.values():
            print(f"{scenario.name}: {scenario.sentence}")
        return 0
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"no such scenario: {', '.join(unknown)}")
    chosen = [known[name] for name in options.names] or list(known.values())
    try:
        wrong = asyncio.run(
            record(chosen, options.version, options.technology, options.to, raw=options.raw, jobs=options.jobs)
        )
    except LabUnavailable as error:
        print(f"no lab on this machine: {error.reason}", file=sys.stderr)
        return 2
    if wrong:
        print(f"went wrong: {' '.join(sorted(wrong))}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
