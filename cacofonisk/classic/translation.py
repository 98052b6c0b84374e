"""Says call events in the words of the classic hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cacofonisk.classic.caller_id import CallerId
from cacofonisk.events import Event, Hangup, Party, QueueLeft, Ringing, RingingStopped, Transfer, Up, UserEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cacofonisk.ami_event import Headers

_TRANSFER = ("call_id", "server", "redirector", "transferer", "party1", "caller", "party2", "target", "targets")
GIVEN = {
    "on_ami_event": ("event", "server"),
    "on_event": ("event", "server"),
    "on_b_dial": ("call_id", "server", "caller", "callee", "targets"),
    "on_b_dial_end": ("call_id", "server", "caller", "callee", "reason"),
    "on_up": ("call_id", "server", "caller", "callee", "target"),
    **dict.fromkeys(("on_transfer", "on_attended_transfer", "on_blind_transfer", "on_blonde_transfer"), _TRANSFER),
    "on_hangup": ("call_id", "server", "caller", "callee", "reason"),
    "on_queue_caller_abandon": ("call_id", "server", "caller", "queue"),
    "on_user_event": ("call_id", "server", "event", "caller"),
    "close": (),
}
"""What each hook can be given, by the names of its parameters."""

Said = tuple[str, dict[str, Any]]
"""A hook, and all that it can be given."""


def say(event: Event, packet: Headers, person: Callable[[Party | None], CallerId]) -> Iterator[Said]:
    """The hooks that a call event is for; `packet` is the AMI event that it follows from."""
    if isinstance(event, Ringing):
        for callee in map(person, event.targets):
            yield _said("on_b_dial", event.call_id, event.server, person(event.caller), callee, [callee])
    elif isinstance(event, RingingStopped):
        yield _said(
            "on_b_dial_end", event.call_id, event.server, person(event.caller), person(event.target), event.reason
        )
    elif isinstance(event, Up):
        callee = person(event.callee)
        yield _said("on_up", event.call_id, event.server, person(event.caller), callee, callee)
    elif isinstance(event, Transfer):
        by, whom, targets = person(event.transferer), person(event.transferee), [*map(person, event.targets)]
        target = targets[0] if targets else CallerId(number=event.exten)
        target = target.replace(exten=event.exten or target.number)
        for name in ("on_transfer", f"on_{event.kind}_transfer"):
            yield _said(name, event.call_id, event.server, by, by, whom, whom, target, target, targets)
    elif isinstance(event, Hangup):
        yield _said("on_hangup", event.call_id, event.server, person(event.caller), person(event.callee), event.reason)
    elif isinstance(event, QueueLeft) and event.reason == "abandoned":
        yield _said("on_queue_caller_abandon", event.call_id, event.server, person(event.caller), event.queue)
    elif isinstance(event, UserEvent):
        yield _said("on_user_event", event.call_id, event.server, packet, person(event.party))


def _said(hook: str, *values: object) -> Said:
    return hook, dict(zip(GIVEN[hook], values, strict=True))
