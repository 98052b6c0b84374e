"""Agents who have logged in and stay on the line: they wait in a pool, and are lent to one customer after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.bridges import Bridge
    from cacofonisk.channels import Channel
    from cacofonisk.pbx import Pbx


def agent_login(pbx: Pbx, event: AmiEvent) -> None:
    """AgentLogin: from now on whoever asks for this agent (AgentRequest) may get it."""
    channel = event.channel = pbx.known(event, event.get("Uniqueid"))
    channel.on_duty = True


def agent_logoff(pbx: Pbx, event: AmiEvent) -> None:
    """AgentLogoff: nobody gets it any longer; told while its channel is there yet, or when it has hung up."""
    channel = event.channel = pbx.channels.get(event["Uniqueid"])
    if channel is not None and channel.on_duty:
        channel.on_duty = False
        channel.comes_back()


def agent_moved(event: AmiEvent, channel: Channel, bridge: Bridge) -> None:
    """BridgeEnter: an agent is back where it waits, or meets who has asked for it, whichever of them comes first.

    Asterisk tells of no dial there; what it does is one, and so it is kept. The event names the agent in its roles.
    """
    if channel.on_duty and not bridge.is_talk:
        channel.comes_back()
    elif len(bridge.channels) == 2:
        one, two = bridge.channels
        if one.on_duty != two.on_duty and bridge.is_talk:
            agent, customer = (one, two) if one.on_duty else (two, one)
            if agent.dial is None:  # else it is lent already, and comes from a consultation
                agent.is_lent_to(customer)
                event.roles = {"Agent": agent}
