"""Says a call event in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cacofonisk.sinks._visible import LONGEST, set_apart, visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk import events
    from cacofonisk.events import CallEvent, Party


def words(event: CallEvent) -> str:
    """What happened, as one line without time and call; safe to show on a terminal."""
    say = _SAY.get(event.event)
    said = say(event) if say is not None else _text(event.event.replace("_", " "))
    return f"{said} (inferred)" if event.inferred else said


def _text(value: object) -> str:
    return set_apart(visible(str(value), LONGEST))


def person(party: Party | None) -> str:
    """A party as people speak of it: number and name, else its channel."""
    if party is None:
        return "somebody"
    number, name = party.number, party.name
    if number and name and name != number:
        who = f"{_text(number)} {_text(name)}"
    else:
        who = _text(number or name or party.channel)
    return who if party.is_public else f"{who} (withheld)"


def people(parties: list[Party]) -> str:
    """Several parties: `201 Alice, 202 Bob and 203 Carol`."""
    said = [person(party) for party in parties]
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def _seconds(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} h" if hours else f"{minutes}:{rest:02} min"


def _started(event: events.Started) -> str:
    who = person(event.caller)
    said = f"{who} calls {_text(event.caller.exten)}" if event.caller.exten else f"{who} starts a call"
    return f"{said} ({event.direction})" if event.direction in ("inbound", "outbound") else said


def _queued(event: events.Queued) -> str:
    return f"{person(event.caller)} waits in queue {_text(event.queue)} at position {event.position}"


def _queue_left(event: events.QueueLeft) -> str:
    agent = f" to {person(event.agent)}" if event.agent else ""
    who, queue = person(event.caller), _text(event.queue)
    return f"{who} left queue {queue} after {_seconds(event.waited_s)}: {_text(event.reason)}{agent}"


def _ringing(event: events.Ringing) -> str:
    said = f"{people(event.targets)} {'ring' if len(event.targets) > 1 else 'rings'}"
    return said if event.caller else f"{said}, called by the PBX"


def _ringing_stopped(event: events.RingingStopped) -> str:
    return f"{person(event.target)} stopped ringing: {_text(event.reason)}"


def _up(event: events.Up) -> str:
    return f"{person(event.caller)} talks with {person(event.callee)}"


def _whither(event: events.Transfer | events.TransferFailed) -> str:
    return people(event.targets) or _text(event.exten) or "somebody"


def _transfer(event: events.Transfer) -> str:
    who, whom = person(event.transferer), person(event.transferee)
    return f"{who} transferred {whom} to {_whither(event)} ({event.kind})"


def _transfer_failed(event: events.TransferFailed) -> str:
    who, whom = person(event.transferer), person(event.transferee)
    return f"{who} could not transfer {whom} to {_whither(event)} ({event.kind}): {_text(event.reason)}"


def _forward(event: events.Forward) -> str:
    return f"{person(event.by)} forwarded the call to {_text(event.exten)} ({_text(event.how)})"


def _pickup(event: events.Pickup) -> str:
    whose = f" for {people(event.targets)}" if event.targets else ""
    return f"{person(event.by)} picked up the call of {person(event.caller)}{whose}"


def _hold(event: events.Hold) -> str:
    return f"{person(event.by)} put the other on hold"


def _unhold(event: events.Unhold) -> str:
    return f"{person(event.by)} took the other back from hold"


def _parked(event: events.Parked) -> str:
    by = f" by {person(event.by)}" if event.by else ""
    return f"{person(event.caller)} was parked on {_text(event.space)}{by}"


def _unparked(event: events.Unparked) -> str:
    who, space = person(event.caller), _text(event.space)
    if event.reason == "retrieved":
        return f"{person(event.by)} took {who} from parking space {space}"
    why = "nobody took it" if event.reason == "timeout" else "it hung up"
    return f"{who} left parking space {space}: {why}"


def _joined(event: events.Joined) -> str:
    return f"{person(event.party)} joined {_text(event.room)} ({_in_it(event.count)})"


def _left(event: events.Left) -> str:
    return f"{person(event.party)} left {_text(event.room)} ({_in_it(event.count)})"


def _in_it(count: int) -> str:
    return "1 person in it" if count == 1 else f"{count} people in it"


def _callerid_changed(event: events.CallerIdChanged) -> str:
    cause = f" ({_text(event.cause)})" if event.cause else ""
    return f"{person(event.previous)} is now {person(event.party)}{cause}"


def _user_event(event: events.UserEvent) -> str:
    fields = "".join(f" {_text(key)}={_values(value)}" for key, value in event.fields.items())
    whose = f" of {person(event.party)}" if event.party else ""
    return f"user event {_text(event.name)}{whose}{':' if fields else ''}{fields}"


def _values(value: str | list[str]) -> str:
    return _text(value if isinstance(value, str) else ", ".join(value))


def _hangup(event: events.Hangup) -> str:
    who = person(event.caller)
    if event.callee:
        who = f"{who} and {person(event.callee)}"
    times = [f"rang {_seconds(event.ring_s)}"] if event.ring_s else []
    if event.talk_s:
        times.append(f"talked {_seconds(event.talk_s)}")
    return ", ".join([f"{who} hung up: {_text(event.reason)}", *times])


_SAY = cast(
    "dict[str, Callable[[CallEvent], str]]",  # each kind's sentence takes that kind only
    {
        "started": _started,
        "queued": _queued,
        "queue_left": _queue_left,
        "ringing": _ringing,
        "ringing_stopped": _ringing_stopped,
        "up": _up,
        "transfer": _transfer,
        "transfer_failed": _transfer_failed,
        "forward": _forward,
        "pickup": _pickup,
        "hold": _hold,
        "unhold": _unhold,
        "parked": _parked,
        "unparked": _unparked,
        "joined": _joined,
        "left": _left,
        "callerid_changed": _callerid_changed,
        "user_event": _user_event,
        "hangup": _hangup,
    },
)
