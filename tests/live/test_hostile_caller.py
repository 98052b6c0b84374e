"""A caller whose number holds forged packets, on real Asterisks: told, changing no call; and what docs/ami.md tells
to write into the dialplan keeps it out of all packets but the first.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.asterisk.ami import Ami
from tests.asterisk.office import Office
from tests.asterisk.record import perform
from tests.asterisk.scenarios import all_scenarios
from tests.live.following import Following
from tests.rules import broken_rules
from tests.truth_check import compare

if TYPE_CHECKING:
    from tests.asterisk.lab import Lab

DOCS = (Path(__file__).parents[2] / "docs" / "ami.md").read_text()
[DIALPLAN] = re.findall(r"```ini\n(\[from-trunk\]\n.*?)```", DOCS, flags=re.DOTALL)
FORGED = re.compile(rb"\r\n\r\nEvent: Hangup\r\nUniqueid: [\d.]+\r\n\r\n")
BEFORE_THE_DIALPLAN = 3  # packets: Newchannel, VarSet, Newexten


async def with_its_first_line(office: Office) -> None:
    """Put what the docs tell before the dialplan for calls from outside."""
    path = office.pbx.folder / "etc/extensions.conf"
    path.write_text(path.read_text().replace("[from-trunk]", "[trunk-numbers]") + "\n" + DIALPLAN)  # small
    ami = Ami()
    await ami.connect(office.pbx.ami_port)
    answer = await ami.action("Reload", Module="pbx_config")
    assert answer["Response"] == "Success", answer
    await ami.close()


async def attacked(office: Office) -> Lab:
    """201 and 202 talk while somebody calls whose number holds a Hangup of their call."""
    async with Following() as following:
        await following.start(office.pbx.ami_port)
        await following.attached()
        lab = await perform(office, all_scenarios()["hostile_callerid"])
        await following.at_rest()
        assert compare({"steps": lab.truth.steps}, following.events) == []
        assert broken_rules(following.events, whole=True) == []
        assert any("caller's number" in what for what in following.anomalies)
    return lab


@pytest.mark.parametrize("version", [22, 16])
async def test_what_a_caller_forges_changes_no_call_and_the_dialplan_keeps_it_out(version: int) -> None:
    async with Office(version) as office:
        lab = await attacked(office)
        assert len(FORGED.findall(b"".join(lab.raw))) > BEFORE_THE_DIALPLAN
        await with_its_first_line(office)
        lab = await attacked(office)
        assert 0 < len(FORGED.findall(b"".join(lab.raw))) <= BEFORE_THE_DIALPLAN
