"""Agents on duty: each customer's call is its own, and the agent, who has a call of its own, is a guest in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.channels import RING

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.bridges import Bridge
    from cacofonisk.calls.call import Call
    from cacofonisk.calls.ledger import Ledger
    from cacofonisk.calls.ringing import Ringer
    from cacofonisk.channels import Channel


class Agents:
    """Follows agents who are logged in from customer to customer."""

    def __init__(self, ledger: Ledger, ringer: Ringer) -> None:
        self._ledger = ledger
        self._ringer = ringer

    def enter(self, event: AmiEvent) -> None:
        """BridgeEnter: an agent comes to a customer, or goes back to where it waits for the next one."""
        agent = event.roles.get("Agent") if event.roles is not None else None
        if agent is not None:
            call = self._ledger.call_of(agent.dialler)
            if call is not None:
                self._ledger.lend(agent, call)
                if not event.inferred:  # else it was with the customer before we came
                    self._ringer.lent(call, agent)
            return
        channel, bridge = event.channel, event.bridge
        if channel is not None and channel.on_duty and bridge is not None and not bridge.is_talk:
            self.take_back(channel)
            return
        call = self._waits(channel, bridge, 1)
        if call is not None:
            call.outcome = "cancelled"  # if nobody comes: it gives up

    def leave(self, event: AmiEvent) -> None:
        """BridgeLeave: who waits for an agent may give up, or the agent did not come."""
        channel, bridge = event.channel, event.bridge
        call = self._waits(channel, bridge, 0)
        if call is not None and channel is not None and not channel.hangs_up:
            call.outcome = "no-answer"

    def logoff(self, event: AmiEvent) -> None:
        """AgentLogoff: it is on duty no longer."""
        self.take_back(event.channel)

    def take_back(self, agent: Channel | None) -> None:
        """It is with no customer any longer, if it was; if nobody else is in that call, it ends."""
        call = self._ledger.take_back(agent)
        if agent is not None and call is not None:
            self._ringer.given_back(call, agent)
            if not call.is_alive:
                self._ringer.settle_all(call)
                self._ledger.end(call, None)

    def _waits(self, caller: Channel | None, bridge: Bridge | None, count: int) -> Call | None:
        """The call of whom Asterisk has not answered yet and who is in a bridge where so many are: for an agent."""
        if caller is None or caller.state != RING or not caller.is_person or bridge is None or not bridge.is_talk:
            return None
        call = self._ledger.call_of(caller) if len(bridge.channels) == count else None
        return call if call is not None and call.outcome != "answered" else None
