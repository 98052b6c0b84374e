"""The vocabulary of AMI 1.x (Asterisk 1.8 to 11), said in the words of Asterisk 12 and newer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import AmiEvent
from cacofonisk.ami_v1_server import Bridge, Server, enter, leave, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.machine import Emit

_RINGING = "5"
_UP = "6"
_NORMAL = "16"
"""The cause of a leg that is hung up because nobody needs it any more."""


class Vocabulary:
    """Translates packet by packet; what it does not know passes as it is."""

    def __init__(self) -> None:
        self._servers: dict[str, Server] = {}

    def __len__(self) -> int:
        """How many facts are kept."""
        return sum(len(server) for server in self._servers.values())

    def feed(self, event: AmiEvent, emit: Emit) -> AmiEvent | None:
        """Take a packet whose Uniqueids are those of persons; emit what it says, or answer it as it is."""
        translate = _TRANSLATIONS.get(event.name)
        if translate is None:
            return event
        server = self._servers.get(event.server)
        if server is None:
            server = self._servers[event.server] = Server()
        translate(server, event, emit)
        return None

    def forget(self, server: str) -> None:
        """Nothing that is known of this server is sure any longer."""
        self._servers.pop(server, None)


def _dial(server: Server, event: AmiEvent, emit: Emit) -> None:
    dialler = event["UniqueID"]
    if event["SubEvent"] == "Begin":
        _begin(server, event, emit, dialler, event["DestUniqueID"])
        return
    status = event.get("DialStatus") or ""
    server.answered.pop(dialler, None)
    for leg in [leg for leg, caller in server.diallers.items() if caller == dialler]:
        del server.diallers[leg]
        # Of a call that was answered this comes when the talk is over, and tells nothing.
        say(emit, event, "DialEnd", Uniqueid=dialler, DestUniqueid=leg, DialStatus=status)
    emit(event)


def _begin(server: Server, event: AmiEvent, emit: Emit, dialler: str, leg: str) -> None:
    half = server.pairs.get(dialler)
    if half is not None and half not in server.diallers and half not in server.bridges:
        # Nobody called the half behind which it calls: an Originate, of which this AMI says nothing.
        server.diallers[half] = ""
        say(emit, event, "DialBegin", DestUniqueid=half)
    if leg in server.pairs and dialler in server.diallers.values():
        server.elsewhere[dialler] = event.get("Dialstring") or ""
    server.diallers[leg] = dialler
    say(emit, event, "DialBegin", Uniqueid=dialler, DestUniqueid=leg)


def _agent_called(server: Server, event: AmiEvent, emit: Emit) -> None:
    leg = event.get("DestinationUniqueid")
    dialler = event.get("Uniqueid")
    if leg is not None and dialler is not None:
        _begin(server, event, emit, dialler, leg)
    emit(event)


def _agent_connect(server: Server, event: AmiEvent, emit: Emit) -> None:  # noqa: ARG001  # one shape for all
    dialler, leg = event.get("Uniqueid"), event.get("BridgedChannel")
    say(emit, event, "AgentConnect", Uniqueid=dialler, DestUniqueid=leg, Queue=event.get("Queue"))


def _newstate(server: Server, event: AmiEvent, emit: Emit) -> None:
    leg, state = event["Uniqueid"], event["ChannelState"]
    if state == _RINGING and leg not in server.diallers and leg not in server.pairs:
        server.diallers[leg] = ""  # nobody has it called: an Originate
        say(emit, event, "DialBegin", DestUniqueid=leg)
    if state == _RINGING:
        server.known_as[leg] = event.get("CallerIDNum"), event.get("CallerIDName")
    emit(event)
    server.elsewhere.pop(server.diallers.get(leg, ""), None)
    if state == _UP and leg in server.diallers:
        _answer(server, event, emit, leg)


def _answer(server: Server, event: AmiEvent, emit: Emit, leg: str) -> None:
    dialler = server.diallers.pop(leg)
    if dialler:
        server.answered[dialler] = None
    say(emit, event, "DialEnd", Uniqueid=dialler or None, DestUniqueid=leg, DialStatus="ANSWER")


def _local_bridge(server: Server, event: AmiEvent, emit: Emit) -> None:
    one, two = event["Uniqueid1"], event["Uniqueid2"]
    server.pairs[one], server.pairs[two] = two, one
    say(emit, event, "LocalBridge", LocalOneUniqueid=one, LocalTwoUniqueid=two)


def _bridge(server: Server, event: AmiEvent, emit: Emit) -> None:
    one, two = event["Uniqueid1"], event["Uniqueid2"]
    if (event["Bridgestate"] if event.name == "Bridge" else event.name) == "Unlink":
        if server.bridges.get(one) == server.bridges.get(two):
            leave(server, event, emit, one)
            leave(server, event, emit, two)
    elif server.bridges.get(one) is None or server.bridges.get(one) != server.bridges.get(two):
        bridge = Bridge(f"{one}+{two}")
        enter(server, event, emit, two, bridge)
        enter(server, event, emit, one, bridge)


def _parked(server: Server, event: AmiEvent, emit: Emit) -> None:
    parkee, space = event["Uniqueid"], event["Exten"]
    say(emit, event, "ParkedCall", ParkeeUniqueid=parkee, ParkingSpace=space)
    enter(server, event, emit, parkee, Bridge(f"parking {space}", "parking"))


def _unparked(server: Server, event: AmiEvent, emit: Emit) -> None:
    parkee = event["Uniqueid"]
    say(
        emit, event, event.name, ParkeeUniqueid=parkee, ParkingSpace=event["Exten"],
        RetrieverUniqueid=event.get("RetrieverUniqueid"),
    )  # fmt: skip
    leave(server, event, emit, parkee)


def _room(server: Server, event: AmiEvent, emit: Emit) -> None:
    """Asterisk 10 and 11 tell of rooms, but of no bridge in them."""
    channel, name = event["Uniqueid"], event["Conference"]
    room = Bridge(f"confbridge {name}", "base", name)
    if event.name == "ConfbridgeJoin":
        enter(server, event, emit, channel, room)
    elif server.bridges.get(channel) == room:
        leave(server, event, emit, channel)


def _masquerade(server: Server, event: AmiEvent, emit: Emit) -> None:
    """The clone's person takes the original's place; the original is about to be hung up."""
    person, loser = event["CloneUniqueid"], event["OriginalUniqueid"]
    bridge = server.bridges.get(loser)
    emit(event)
    if loser in server.diallers:
        dialler = server.diallers.pop(loser)
        if dialler:
            server.answered[dialler] = None
        say(emit, event, "Pickup", Uniqueid=person, TargetUniqueid=loser)
        number, name = server.known_as.get(loser, (None, None))
        if number is not None:
            say(emit, event, "NewCallerid", Uniqueid=person, CallerIDNum=number, CallerIDName=name)
    for leg in [leg for leg, dialler in server.diallers.items() if dialler == loser]:
        server.diallers[leg] = person
        say(emit, event, "DialState", Uniqueid=person, DestUniqueid=leg, DialStatus="")
    leave(server, event, emit, person)
    leave(server, event, emit, loser)
    if bridge is not None:
        enter(server, event, emit, person, bridge, loser)


def _transfer(server: Server, event: AmiEvent, emit: Emit) -> None:
    transferer, target = event["Uniqueid"], event["TargetUniqueid"]
    if event["TransferType"] == "Blind":
        say(
            emit, event, "BlindTransfer", Result="Success", TransfererUniqueid=transferer, TransfereeUniqueid=target,
            Extension=event.get("TransferExten"),
        )  # fmt: skip
        return
    say(
        emit, event, "AttendedTransfer", Result="Success", OrigTransfererUniqueid=transferer,
        SecondTransfererUniqueid=target, TransfereeUniqueid=_other(server, transferer),
        TransferTargetUniqueid=_other(server, target), DestType="App",
    )  # fmt: skip


def _other(server: Server, channel: str) -> str | None:
    bridge = server.bridges.get(channel)
    if bridge is None or bridge.room is not None:
        return None
    return next((uid for uid, other in server.bridges.items() if other == bridge and uid != channel), None)


def _hangup(server: Server, event: AmiEvent, emit: Emit) -> None:
    channel = event["Uniqueid"]
    leave(server, event, emit, channel)
    dialler = server.diallers.get(channel)
    if dialler is not None and dialler in server.answered:
        del server.diallers[channel]
        say(emit, event, "DialEnd", Uniqueid=dialler or None, DestUniqueid=channel, DialStatus="CANCEL")
    elif dialler in server.elsewhere and channel not in server.pairs and event.get("Cause") == _NORMAL:
        forward = f"Local/{server.elsewhere.pop(dialler)}"  # 302: who is called elsewhere is called before this
        del server.diallers[channel]
        say(emit, event, "DialEnd", Uniqueid=dialler, DestUniqueid=channel, DialStatus="CANCEL", Forward=forward)
    emit(event)
    server.pairs.pop(channel, None)
    server.known_as.pop(channel, None)
    server.elsewhere.pop(channel, None)
    server.answered.pop(channel, None)
    for leg in [leg for leg, caller in server.diallers.items() if caller == channel]:
        del server.diallers[leg]


def _queue(name: str) -> Callable[[Server, AmiEvent, Emit], None]:
    def translate(server: Server, event: AmiEvent, emit: Emit) -> None:  # noqa: ARG001  # one shape for all
        say(
            emit, event, name, Uniqueid=event.get("Uniqueid"), Queue=event.get("Queue"),
            Position=event.get("Position"), Count=event.get("Count"),
        )  # fmt: skip

    return translate


def _user_event(server: Server, event: AmiEvent, emit: Emit) -> None:  # noqa: ARG001  # one shape for all
    """The Uniqueid stands behind the name of the event there, before what the dialplan said."""
    headers = event.headers
    uniqueid = {"Uniqueid": headers["Uniqueid"]} if "Uniqueid" in headers else {}
    emit(AmiEvent({"Event": event.name, **uniqueid, **headers}, server=event.server, received=event.received))


_TRANSLATIONS: dict[str, Callable[[Server, AmiEvent, Emit], None]] = {
    "AgentCalled": _agent_called,
    "AgentConnect": _agent_connect,
    "Bridge": _bridge,
    "ConfbridgeJoin": _room,
    "ConfbridgeLeave": _room,
    "Dial": _dial,
    "Hangup": _hangup,
    "Join": _queue("QueueCallerJoin"),
    "Leave": _queue("QueueCallerLeave"),
    "Link": _bridge,
    "LocalBridge": _local_bridge,
    "Masquerade": _masquerade,
    "Newstate": _newstate,
    "QueueCallerAbandon": _queue("QueueCallerAbandon"),
    "ParkedCall": _parked,
    "ParkedCallGiveUp": _unparked,
    "ParkedCallTimeOut": _unparked,
    "Transfer": _transfer,
    "UnParkedCall": _unparked,
    "Unlink": _bridge,
    "UserEvent": _user_event,
}
