"""Rooms."""

from ..lab import Lab
from . import scenario


@scenario("a conference of 201, 202 and 203; they leave one by one")
async def conference_of_three(lab: Lab) -> None:
    calls = []
    for person in ("201", "202", "203"):
        call = await lab.call(person, "600")
        await call.joins()
        await lab.ami_event("ConfbridgeJoin", CallerIDNum=person)
        await lab.pause()
        calls.append(call)
    for call in calls:
        await call.leaves()
