"""What docs/ami.md tells to write into manager.conf, on real Asterisks: the least of rights, and event filters."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cacofonisk import sources
from cacofonisk.ami_event import AmiEvent
from tests.asterisk.ami import Ami
from tests.asterisk.live import SECRET
from tests.asterisk.office import Office
from tests.asterisk.record import perform
from tests.asterisk.scenarios import all_scenarios
from tests.live.following import Following, url
from tests.rules import broken_rules
from tests.truth_check import compare

if TYPE_CHECKING:
    from cacofonisk.events import Event
    from cacofonisk.sources import Finding

DOCS = (Path(__file__).parents[2] / "docs" / "ami.md").read_text()
BLOCKS = re.findall(r"```ini\n(.*?)```", DOCS, flags=re.DOTALL)
[OLD] = [block for block in BLOCKS if block.startswith("eventfilter = ")]
[NEW] = [block for block in BLOCKS if block.startswith("eventfilter(")]
[USER] = [line for block in BLOCKS for line in block.splitlines() if line.startswith("read = ")]
FILTERED = {"DeviceStateChange", "NewConnectedLine"}


async def write(office: Office, settings: str) -> None:
    """Add to manager.conf, and let Asterisk read it."""
    with (office.pbx.folder / "etc/manager.conf").open("a") as file:  # a few bytes
        file.write(settings)
    ami = Ami()
    await ami.connect(office.pbx.ami_port)
    await ami.action("Reload", Module="manager")
    await ami.close()


async def heard(office: Office) -> set[str]:
    """The names of all events of a transferred call, whose call events have to be as its phones saw it."""
    names: set[str] = set()

    def take(event: Event) -> None:
        if isinstance(event, AmiEvent):
            names.add(event.name)

    async with Following() as following:
        everything = sources.ami(url(office.pbx.ami_port), secret=SECRET, wanted=None).subscribe(take)
        await following.start(office.pbx.ami_port)
        await following.attached()
        lab = await perform(office, all_scenarios()["attended_transfer_by_callee"])
        await following.at_rest()
        everything.dispose()
        assert compare({"steps": lab.truth.steps}, following.events) == []
        assert broken_rules(following.events, whole=True) == []
        assert following.anomalies == []
    return names


@pytest.mark.parametrize(("version", "filters"), [(16, OLD), (22, OLD), (22, NEW)], ids=["16", "22", "22-by-name"])
async def test_event_filters_leave_out_what_nobody_needs_and_nothing_else(version: int, filters: str) -> None:
    async with Office(version) as office:
        assert await heard(office) >= FILTERED
        await write(office, f"\n[cacofonisk](+)\n{filters}")
        names = await heard(office)
        assert names & FILTERED == set()
        assert names >= {
            "Newchannel",
            "DialBegin",
            "DialEnd",
            "BridgeEnter",
            "AttendedTransfer",
            "Hangup",
            "FullyBooted",
        }


@pytest.mark.parametrize("version", [22, 16])
async def test_check_tells_the_least_of_rights_from_less_and_more(version: int) -> None:
    async with Office(version) as office:
        conf = (office.pbx.folder / "etc/manager.conf").read_text()
        assert USER in conf, "the lab's user is not the documented one"
        await write(
            office,
            "\n[less]\nsecret = tell-nobody\nread = call\n\n[more]\nsecret = tell-nobody\nread = all\nwrite = all\n",
        )
        documented, less, more = [await check(office, user) for user in ("cacofonisk", "less", "more")]
        assert [finding.what for finding in documented if finding.mark in ("missing", "note")] == []
        assert sum("is permitted" in finding.what for finding in documented) == 3
        missing = {finding.change for finding in less if finding.mark == "missing"}
        assert missing == {"write = reporting", "read = system,call,agent,user"}
        [note] = [finding for finding in more if "may do more than is needed" in finding.what]
        assert "originate" in note.what
        refused = await check(office, "nobody")
        assert [finding.mark for finding in refused] == ["missing"]
        assert "refused the login of nobody" in refused[0].what


async def check(office: Office, user: str) -> list[Finding]:
    address = url(office.pbx.ami_port).replace("cacofonisk@", f"{user}@")
    return await sources.check_ami(address, lambda _: None, secret=SECRET, seconds=0.3)
