"""How long the text of a caller is that gets into AMI: shorter than any packet that would be believed.

What docs/ami.md tells of it, and what sources/_forgery.py rests on. A new Asterisk that takes more fails here.
"""

from __future__ import annotations

import re
import uuid

import pytest

from cacofonisk.ami_event import AmiEvent
from cacofonisk.sources._framing import Framer
from tests.asterisk.lab import Lab
from tests.asterisk.office import Office
from tests.asterisk.outgoing import Outgoing
from tests.live.stage import KINDS, Kind
from tests.test_ami_framing import LONGEST, VICTIM, block, event

SENT = 1000  # of these characters, which no number of the lab has in a row
OF_CHAN_SIP = 230
RUN = re.compile(rb"(?:CallerIDNum|ConnectedLineNum|Exten|DialString|Extension|AppData): (?:0031)?(7+)")
SNAPSHOT = (
    "Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
    "ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid",
)  # fmt: skip
NOTHING_LEFT_OUT = "".join(f"\r\n{header}:{VICTIM if header == 'Uniqueid' else ''}" for header in SNAPSHOT)
SHORTEST = f"\r\n\r\nEvent: Hangup\r\nPrivilege:\r\nTimestamp:{NOTHING_LEFT_OUT}"
"""The shortest packet about a channel that is believed behind the end of another."""


async def longest(office: Office, *, number: str = "31501110203", user: str = "06", **headers: str) -> int:
    """How many of the characters that were sent are in a number in AMI."""
    office.tidy()
    lab = Lab(office)
    await lab.attach()
    leg = Outgoing(office.world, uuid.uuid4().hex)
    office.world.legs.append(leg)
    extra = [(name.replace("_", "-"), f"<sip:{value}@127.0.0.1>") for name, value in headers.items()]
    leg.invite(number, f"<sip:{user}@127.0.0.1>", extra)
    await lab.diary.until(lambda: leg.state in ("ringing", "ended"), "it rings or is refused")
    await leg.hang_up()
    await lab.settle()
    return max((len(found[1]) for found in RUN.finditer(bytes(lab.ami.raw))), default=0)


@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_a_number_is_shorter_than_a_packet_that_would_be_believed(kind: Kind) -> None:
    text = "7" * SENT
    async with Office(kind.version, kind.technology) as office:
        path = office.pbx.folder / "etc/extensions.conf"
        path.write_text(path.read_text().replace("[from-trunk]\n", "[from-trunk]\ninclude => internal\n"))
        await office.pbx.restart()
        await office.open()
        found = {
            "From": await longest(office, user=text),
            "P-Asserted-Identity": await longest(office, P_Asserted_Identity=text),
            "Remote-Party-ID": await longest(office, Remote_Party_ID=text),
            "shorter P-Asserted-Identity": await longest(office, P_Asserted_Identity=text[:OF_CHAN_SIP]),
            "shorter Remote-Party-ID": await longest(office, Remote_Party_ID=text[:OF_CHAN_SIP]),
            "dialled": await longest(office, number=f"0031{text[:180]}"),
        }
    if kind.technology == "pjsip":
        limits = dict.fromkeys(found, LONGEST)
    else:
        limits = {"From": SENT, "P-Asserted-Identity": 0, "Remote-Party-ID": 0}  # of what is too long, nothing
        limits |= {"shorter P-Asserted-Identity": OF_CHAN_SIP, "shorter Remote-Party-ID": OF_CHAN_SIP}
    assert found == {**limits, "dialled": LONGEST - len("0031")}
    assert len(SHORTEST) > 2 * LONGEST


def believed(smuggled: str) -> bool:
    """Whether a packet behind the end of another is taken for Asterisk's."""
    framer = Framer(live=True)
    packets = framer.feed(event("Newstate", block()) + event("UserEvent", f"UserEvent: Call\r\nNumber: {smuggled}\r\n"))
    return VICTIM in [packet.get("Uniqueid") for packet in packets if isinstance(packet, AmiEvent)]


def test_nothing_shorter_is_believed() -> None:
    assert believed(SHORTEST)
    start, *lines = SHORTEST.split("\r\n\r\n")[1].split("\r\n")
    for left_out in range(len(lines)):
        assert not believed("\r\n".join(["", "", start, *lines[:left_out], *lines[left_out + 1 :]]))
