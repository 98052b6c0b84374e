"""Queues: callers wait until an agent takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.calls.ledger import party_of
from cacofonisk.errors import BadPacketError
from cacofonisk.events import Queued, QueueLeft

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.calls.call import Call
    from cacofonisk.calls.ledger import Ledger
    from cacofonisk.channels import Channel


_DIGITS = 9  # of a number that every reader of JSON can hold


class Queues:
    """Says who waits where, and how the wait ended."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def join(self, event: AmiEvent) -> None:
        """QueueCallerJoin: the caller waits."""
        person, call = self._who(event)
        if person is None or call is None or not call.started:
            return
        queue = event["Queue"]
        position = event["Position"]
        if not position.isdecimal() or len(position) > _DIGITS:
            raise BadPacketError(f"QueueCallerJoin has Position {position!r}, which is no number")
        call.queued = (queue, self._ledger.now)
        call.left_queue = ""
        call.agent = None
        head = self._ledger.head(call)
        self._ledger.emit(Queued(**head, caller=person.party, queue=queue, position=int(position)))

    def abandon(self, event: AmiEvent) -> None:
        """QueueCallerAbandon: the caller hung up, or its time was up; who hung up asked for it before."""
        person, call = self._who(event)
        if person is not None and call is not None and call.queued is not None:
            hangs_up = person.hangs_up or (event.channel is not None and event.channel.hangs_up)
            call.left_queue = "abandoned" if hangs_up else "timeout"

    def leave(self, event: AmiEvent) -> None:
        """QueueCallerLeave: the wait is over; without another reason an agent has answered, or the caller went on."""
        person, call = self._who(event)
        if person is None or call is None or call.queued is None:
            return
        if not call.left_queue and call.agent is not None:
            call.left_queue = "connected"
        elif not call.left_queue and any(
            attempt.dialler is event.channel and not attempt.status for attempt in call.attempts.values()
        ):
            call.left_queue = "connected"  # a queue that gives up ends its dials first: somebody has picked one up
            return  # and AgentConnect will say who
        self._left(person, call, call.left_queue or "exit")

    def connect(self, event: AmiEvent) -> None:
        """AgentConnect: who it is that took the caller out of the queue, if that was not clear yet."""
        person, call = self._who(event)
        if person is not None and call is not None and call.queued is not None and call.left_queue == "connected":
            self._left(person, call, "connected")

    def _left(self, person: Channel, call: Call, reason: str) -> None:
        if call.queued is None:
            return
        queue, since = call.queued
        call.queued = None
        self._ledger.emit(
            QueueLeft(
                **self._ledger.head(call),
                caller=person.party,
                queue=queue,
                reason=reason,
                agent=party_of(call.agent),
                waited_s=round(max(0.0, self._ledger.now - since), 6),
            )
        )

    def _who(self, event: AmiEvent) -> tuple[Channel | None, Call | None]:
        """The person who waits, perhaps behind a Local half, and its call."""
        call = self._ledger.call_of(event.channel)
        person = event.channel.person() if event.channel is not None else None
        return (person or (call.caller if call is not None else None)), call
