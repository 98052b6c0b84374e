"""Attaching in the middle of many calls: who talks and who rings is concluded, and what comes then is right."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from cacofonisk.events import Hangup, Party, Ringing, Started, Transfer, Up
from tests.asterisk.lab import Lab
from tests.asterisk.office import Office
from tests.live.crowd import by_outsider
from tests.live.following import Following
from tests.live.stage import KINDS, Kind
from tests.recordings import draw
from tests.rules import broken_rules
from tests.truth_check import person

if TYPE_CHECKING:
    from tests.asterisk.call import Call

STAFF = ("201", "202", "203", "204")
CALLS = 50
UP = 42  # of them


@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_attaching_in_the_middle_of_many_calls(kind: Kind) -> None:
    async with Office(kind.version, kind.technology) as office, Following() as following:
        for phone in (office.world, *office.phones.values()):
            phone.is_mute = True
        lab = Lab(office)
        calls = await _many(lab)
        menu = await lab.call("0687000001", "31501110801")
        await menu.answered_by_pbx()
        await following.start(office.pbx.ami_port)
        await following.attached()

        said = by_outsider(following.events)
        up, ringing = calls[:UP], calls[UP:]
        assert len(said) == len(calls) + 1
        for call in up:
            match said[call.caller]:
                case [Started(), Up(caller=caller, callee=callee)]:
                    assert (caller.number, callee.number) == (call.caller, call.to[-3:])
                case its:
                    pytest.fail(f"{call.caller} should be talking:\n{draw([*its])}")
        for call in ringing:
            match said[call.caller]:
                case [Started(), Ringing(caller=Party(number=number), targets=targets)]:
                    assert [number, *(target.number for target in targets)] == [call.caller, call.to[-3:]]
                case its:
                    pytest.fail(f"{call.caller} should hear somebody's phone ring:\n{draw([*its])}")
        assert all(said[call.caller][0].inferred for call in calls)  # packets of the menu may still be on their way

        # What happens from now on is seen, and told of the right people.
        await up[0].blind_transfer(up[0].to[-3:], "205")
        await up[0].rings("205")
        await up[0].answer("205")
        await asyncio.gather(*(call.answer(call.to[-3:]) for call in ringing[:3]))
        await asyncio.gather(*(call.give_up() for call in ringing[3:]))
        consultation = await lab.talk("202", "212")
        await up[1].attended_transfer("202", consultation)
        consultation = await lab.call("203", "205")
        await consultation.rings("205")
        await up[2].attended_transfer("203", consultation)
        await up[2].answer("205")
        await asyncio.gather(*(call.hang_up(call.caller) for call in (up[0], up[1], *up[2:20], ringing[0])))
        await asyncio.gather(*(call.hang_up(call.leg(call.to[-3:]).person) for call in (*up[20:], *ringing[1:3])))
        await menu.hang_up(menu.caller)
        await following.at_rest()

        wrong = broken_rules(following.events)
        told = by_outsider(following.events)
        for call in (*calls, menu):
            its = told[call.caller][len(said[call.caller]) :]
            if any(event.inferred for event in its):
                wrong.append(f"{call.caller}: what was seen is told as inferred")
            ends = [event.reason for event in its if isinstance(event, Hangup)]
            if ends != ["cancelled" if call in ringing[3:] else "completed"]:
                wrong.append(f"{call.caller}: ended because of {ends}")
        assert not wrong, "\n".join([*wrong, draw(following.events)])
        assert [_words(event) for event in following.events if isinstance(event, Transfer)] == [
            ("blind", "201", up[0].caller, []),
            ("attended", "202", up[1].caller, ["212"]),
            ("blonde", "203", up[2].caller, ["205"]),
        ]
        for call, people in ((up[0], ["201", "205"]), (up[1], ["202"]), (up[2], ["203", "205"])):
            reached = [person(event.callee) for event in told[call.caller] if isinstance(event, Up)]
            assert reached == people, call.label


def _words(transfer: Transfer) -> tuple[str, str, str, list[str]]:
    """Kind, by whom, of whom, to whom."""
    return (
        transfer.kind,
        person(transfer.transferer),
        transfer.transferee.number,
        [person(target) for target in transfer.targets],
    )


async def _many(lab: Lab) -> list[Call]:
    """Calls that are up, then some that ring: each of the staff has several."""
    calls = []
    for number in range(CALLS):
        callee = STAFF[number % len(STAFF)]
        call = await lab.call(f"06870001{number:02}", f"31501110{callee}", f"call {number}")
        [leg] = await call.rings(callee)
        if number < UP:
            leg.answer()
            await call.connected(leg)
        calls.append(call)
    return calls
