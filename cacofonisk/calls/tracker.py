"""The machine that rebuilds calls: hands every packet to those who understand it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.calls.agents import Agents
from cacofonisk.calls.forwards import Forwards
from cacofonisk.calls.handovers import Handovers
from cacofonisk.calls.holding import Holds
from cacofonisk.calls.ledger import Conclusion, Ledger
from cacofonisk.calls.meetings import Meetings
from cacofonisk.calls.parking import Parking
from cacofonisk.calls.pickups import Pickups
from cacofonisk.calls.queues import Queues
from cacofonisk.calls.ringing import Ringer
from cacofonisk.calls.rooms import Rooms
from cacofonisk.calls.talking import Talks
from cacofonisk.calls.user_events import UserEvents
from cacofonisk.channels import to_int
from cacofonisk.errors import BadPacketError, PipelineError
from cacofonisk.events import Anomaly, SourceEvent
from cacofonisk.transfer_fact import TransferFact

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from cacofonisk.channels import Channel
    from cacofonisk.events import Event, HangupReason
    from cacofonisk.machine import Emit
    from cacofonisk.trunks import Trunks


class CallTracker:
    """Keeps the calls and says what happens in them."""

    def __init__(self, trunks: Trunks | None = None) -> None:
        ledger = self._ledger = Ledger(trunks)
        ringer = self._ringer = Ringer(ledger)
        meetings = self._meetings = Meetings(ledger)
        talks = self._talks = Talks(ledger, ringer, meetings)
        rooms = self._rooms = Rooms(ledger)
        agents = self._agents = Agents(ledger, ringer)
        forwards = Forwards(ledger, ringer)
        pickups = Pickups(ledger, ringer)
        holds = Holds(ledger)
        parking = self._parking = Parking(ledger)
        queues = Queues(ledger)
        self._handovers = Handovers(ledger, talks, rooms)
        self._handlers: dict[str, tuple[Callable[[AmiEvent], None], ...]] = {
            "AgentConnect": (pickups.answer, queues.connect),
            "AgentLogoff": (agents.logoff,),
            "BridgeEnter": (parking.enter, agents.enter, talks.enter, rooms.enter),
            "BridgeLeave": (agents.leave, talks.leave, rooms.exit, self._place_left),
            "ConfbridgeEnd": (self._room_ended,),
            "ConfbridgeJoin": (rooms.join,),
            "ConfbridgeLeave": (rooms.leave,),
            "DialBegin": (ringer.dial_begin, pickups.take_place),
            "DialEnd": (pickups.answer, forwards.dial_end, ringer.dial_end),
            "DialState": (ringer.dial_state,),
            "Hangup": (self._hangup,),
            "Hold": (holds.hold,),
            "LocalBridge": (ringer.local_bridge, talks.local_bridge),
            "LocalOptimizationBegin": (meetings.optimise,),
            "NewCallerid": (self._new_callerid,),
            "Newchannel": (ringer.new_channel,),
            "Newstate": (ringer.new_state,),
            "ParkedCall": (parking.parked,),
            "ParkedCallGiveUp": (parking.unparked,),
            "ParkedCallTimeOut": (parking.unparked,),
            "Pickup": (pickups.pickup, talks.enter),
            "QueueCallerAbandon": (queues.abandon,),
            "QueueCallerJoin": (queues.join,),
            "QueueCallerLeave": (queues.leave,),
            "UnParkedCall": (parking.unparked,),
            "Unhold": (holds.unhold,),
            "UserEvent": (UserEvents(ledger).user_event,),
        }
        """Who understands each packet, in order."""

    @property
    def reads(self) -> Container[str]:
        """The packets that tell something of calls."""
        return self._handlers

    def feed(self, event: Event, emit: Emit) -> Event:
        """Take one event; emit the call events that follow from it."""
        if type(event) is AmiEvent:
            handlers = self._handlers.get(event.name)
            if handlers is not None and not event.is_nonsense:
                if not event.tracked:
                    raise PipelineError("track_calls needs track_channels before it in the pipe")
                ledger = self._ledger
                ledger.event = event
                ledger.emit = emit
                try:
                    for handle in handlers:
                        handle(event)
                except BadPacketError as error:
                    emit(Anomaly.of(event, str(error)))
        elif type(event) is TransferFact:
            self._ledger.event = event
            self._ledger.emit = emit
            self._handovers.transfer(event)
            self._parking.transfer(event)
            for channel in self._rooms.told(event.transferer, event.second):
                self._dismiss(channel)
        elif type(event) is SourceEvent and event.kind in ("lost", "gap"):
            for call in self._ledger.live():
                call.misses = call.misses or call.server == event.server
            self._ledger.event = Conclusion(self._ledger.now)
            self._ledger.emit = emit
            for channel in self._rooms.untold(event.server):
                self._dismiss(channel)
        return event

    def finish(self, emit: Emit) -> None:
        """The stream has ended: every live call is lost."""
        ledger = self._ledger
        ledger.emit = emit
        for call in ledger.live():
            ledger.event = Conclusion(call.last)
            for channel in call.members:
                self._rooms.gone(channel)
            self._ringer.settle_all(call)
            ledger.end(call, "lost")
        ledger.of.clear()
        self._talks.forget()
        self._rooms.forget()
        self._parking.forget()

    def channel(self, server: str, call_id: str | None, uniqueid: str) -> Channel | None:
        """The channel of somebody whom this call still knows, though it may have hung up."""
        call = self._ledger.calls.get((server, call_id or ""))
        known = call.known() if call is not None else ()
        return next((channel for channel in known if channel.uniqueid == uniqueid), None)

    def __len__(self) -> int:
        """How many calls and channels are kept."""
        kept = len(self._ledger)
        return kept + len(self._talks) + len(self._meetings) + len(self._rooms) + len(self._parking)

    def _cause(self, event: AmiEvent) -> int:
        """Why it was hung up; where nobody can tell, it ends all the same."""
        try:
            return to_int(event, "Cause", event.get("Cause"))
        except BadPacketError as error:
            self._ledger.emit(Anomaly.of(event, str(error)))
            return 0

    def _new_callerid(self, event: AmiEvent) -> None:
        """NewCallerid: behind us it is known which call the person is in."""
        if event.previous is not None:
            call = self._ledger.call_of(event.channel)
            event.call_id = call.call_id if call is not None and call.started else None

    def _hangup(self, event: AmiEvent) -> None:
        channel = event.channel
        call = self._ledger.call_of(channel)
        if channel is None or call is None:
            return
        cause = self._cause(event)
        has_given_place = self._rooms.hung_up(channel)
        self._parking.gone(channel)
        call = self._talks.gone(call, channel)
        if channel is call.caller:
            call.cause = cause
        self._ringer.gone(call, channel, cause)
        call.holding.pop(channel.uniqueid, None)
        if not has_given_place:
            self._dismiss(channel, "lost" if event.inferred else None)
        for giver in self._rooms.nobody_left(channel.server, self._ledger.of):
            self._dismiss(giver)

    def _room_ended(self, event: AmiEvent) -> None:
        for giver in self._rooms.ended(event):
            self._dismiss(giver)

    def _place_left(self, event: AmiEvent) -> None:
        """BridgeLeave: out of a place in a room that another gave away, and no transfer told of it."""
        if event.other is not None:
            for giver in self._rooms.told(event.other):
                self._dismiss(giver)

    def _dismiss(self, channel: Channel, reason: HangupReason | None = None) -> None:
        """The channel is in no call any longer; with the last one the call ends."""
        if channel.on_duty:
            self._agents.take_back(channel)
        ended = self._ledger.dismiss(channel)
        if ended is not None:
            self._ringer.settle_all(ended)
            self._ledger.end(ended, reason)
