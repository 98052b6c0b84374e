"""Two PBXs in one `cacofonisk run`, and in one recording: one with TLS, one without; one dies, one goes on."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from cacofonisk.events import Hangup, Up
from tests.asterisk.command import Command
from tests.asterisk.lab import Lab
from tests.asterisk.office import Office
from tests.asterisk.record import perform
from tests.asterisk.scenarios import all_scenarios
from tests.rules import broken_rules
from tests.truth_check import compare

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from cacofonisk.events import CallEvent


class Two(NamedTuple):
    """Two offices, and the command that follows both as `old` and `new`."""

    old: Office
    new: Office
    command: Command

    def of(self, server: str) -> list[CallEvent]:
        """The call events of one of them."""
        return [event for event in self.command.events if event.server == server]


@asynccontextmanager
async def two_pbxs(folder: Path) -> AsyncIterator[Two]:
    """Asterisk 16 with TLS and a trunk to the other, 22 without, followed by one process, which records both.

    What it recorded has to replay to what it said.
    """
    async with AsyncExitStack() as stack:
        new = await stack.enter_async_context(Office(22, "pjsip"))
        old = Office(16, "pjsip")
        old.pbx.far_iax_port = new.pbx.iax_port
        await stack.enter_async_context(old)
        authority = old.pbx.folder / "etc/ami.crt"
        assert authority.exists(), "the lab has no openssl, so no AMI over TLS"
        command = await stack.enter_async_context(
            Command(
                "run",
                f"amis://cacofonisk@127.0.0.1:{old.pbx.ami_tls_port}",
                f"ami://cacofonisk@127.0.0.1:{new.pbx.ami_port}",
                *("--server", "old", "--server", "new", "--ca", str(authority), "--to", "stdout:jsonl"),
                *("--record", str(folder / "both.jsonl.gz")),
            )
        )
        await command.connected(2)
        await asyncio.sleep(0.3)  # stock is taken, which nobody says
        yield Two(old, new, command)
        assert await command.end() == 130
        async with Command("replay", str(folder / "both.jsonl.gz"), "--to", "stdout:jsonl") as replay:
            assert await replay.ended() == 0, replay.said
        assert replay.events == command.events


async def test_each_call_is_told_of_its_own_pbx(tmp_path: Path) -> None:
    async with two_pbxs(tmp_path) as two:
        scenarios = all_scenarios()
        old, new = await asyncio.gather(
            perform(two.old, scenarios["attended_transfer_by_callee"]), perform(two.new, scenarios["group_local_kept"])
        )
        for _ in range(100):
            if all(_over(two.of(server)) for server in ("old", "new")):
                break
            await asyncio.sleep(0.05)
        assert compare({"steps": old.truth.steps}, two.of("old")) == []
        assert compare({"steps": new.truth.steps}, two.of("new")) == []
        assert broken_rules(two.command.events, whole=True) == []
        assert len(two.of("old")) + len(two.of("new")) == len(two.command.events)


async def test_a_call_from_one_to_the_other_is_a_call_on_each(tmp_path: Path) -> None:
    async with two_pbxs(tmp_path) as two:
        near, far = Lab(two.old), Lab(two.new)
        out = await near.call("201", "48202")
        leg = await far.ringing_leg("202")
        near.truth.step("ringing", caller="201", to="48202", targets=["outside"])
        far.truth.step("ringing", caller="outside", to="202", targets=["202"])
        leg.answer()
        await near.diary.until(lambda: out.leg("201").was_up, "201 hears that 202 answered")
        near.truth.step("answered", caller="201", to="48202", target="outside")
        far.truth.step("answered", caller="outside", to="202", target="202")
        await far.pause()
        await leg.hang_up()
        await out.leg("201").ended()
        near.truth.step("hangup", caller="201", reason="completed", by="202")
        far.truth.step("hangup", caller="outside", reason="completed", by="202")
        await two.command.until(lambda: _over(two.of("old")) and _over(two.of("new")), "both calls are over")
        assert compare({"steps": near.truth.steps}, two.of("old")) == []
        assert compare({"steps": far.truth.steps}, two.of("new")) == []
        assert broken_rules(two.command.events, whole=True) == []
        [caller] = {event.caller.number for event in two.of("new") if isinstance(event, Up) and event.caller}
        assert caller == "201"


async def test_one_pbx_is_killed_and_the_other_knows_nothing_of_it(tmp_path: Path) -> None:
    async with two_pbxs(tmp_path) as two:
        dying, living = Lab(two.old), Lab(two.new)
        lost = await dying.talk("201", "202")
        kept = await living.talk("201", "202", "kept")
        await two.command.until(lambda: sum(isinstance(event, Up) for event in two.command.events) == 2, "both are up")
        await two.old.pbx.kill()
        await two.command.until(
            lambda: any("not connected" in line for line in two.command.said), "the loss is noticed"
        )

        # The other one goes on, with the call that was up and with new ones.
        other = await living.talk("203", "204", "other")
        await kept.hang_up("202")
        await two.command.until(lambda: _over(two.of("new"), 1), "a hangup on the PBX that lives")

        # The killed one comes back, without the call it had.
        await two.old.pbx.start()
        two.old.tidy()
        await two.old.open()
        await two.command.connected(3)
        await two.command.until(lambda: _over(two.of("old")), "the call that was lost ends")
        anew = Lab(two.old)
        again = await anew.talk("201", "202")
        await again.hang_up("201")
        await other.hang_up("203")
        await two.command.until(lambda: _over(two.of("old"), 2) and _over(two.of("new"), 2), "all calls are over")

        assert lost.caller == "201"
        assert compare({"steps": living.truth.steps}, two.of("new")) == []
        assert not any(event.inferred for event in two.of("new"))
        lost_id = two.of("old")[0].call_id
        end, *rest = [event for event in two.of("old") if isinstance(event, Hangup) and event.call_id == lost_id]
        assert (end.reason, end.inferred, rest) == ("lost", True, [])
        later = [event for event in two.of("old") if event.call_id != lost_id]
        assert compare({"steps": anew.truth.steps}, later) == []
        assert broken_rules(two.command.events) == []


def _over(events: list[CallEvent], calls: int = 0) -> bool:
    """Are all calls over, or so many of them?"""
    ended = sum(isinstance(event, Hangup) for event in events)
    return ended > 0 and ended >= (calls or len({event.call_id for event in events}))
