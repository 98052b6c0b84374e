"""A channel: where a person, or a half of a Local channel, is connected to Asterisk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cacofonisk.errors import BadPacketError, MissingHeaderError
from cacofonisk.events import Party
from cacofonisk.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.bridges import Bridge

DOWN, DIALLING, RING, RINGING, UP = 0, 3, 4, 5, 6
"""Channel states: not yet in use, on its way to be rung, calling, being rung, answered."""

NOT_PEOPLE = frozenset({
    "Announcer", "AsyncGoto", "AudioSocket", "Bridge", "CBAnn", "CBRec", "ConfBridgeRecorder", "Local", "Message",
    "MulticastRTP", "OutgoingSpoolFailed", "Parked", "Recorder", "Snoop", "Surrogate", "Transfered", "UnicastRTP",
    "WebSocket",
})  # fmt: skip
"""Technologies of channels that Asterisk makes for itself."""

CALLED = frozenset({"AppDial", "AppQueue"})
"""What a leg does that Dial or Queue has called, as long as it does not talk."""


class Channel:
    """One channel of Asterisk; `track_channels` is its only writer.

    `pair` is the other half of a Local channel, `bridge` where it is. `dial` is how far calling it has come: None
    (it was not called), an empty text (it is being called), or the DialStatus at the end of it; `dialler` is who
    called it (None: the PBX itself), `dialled` whom it is calling and who answered it. `custom` is a dict for
    users' own notes, kept over a masquerade.
    """

    __slots__ = (
        "__weakref__", "_custom", "_party", "bridge", "by_pbx", "caller_name", "code", "dial", "dialled", "dialler",
        "exten", "hangs_up", "heir", "is_local", "is_person", "is_public", "kin", "linkedid", "name", "number",
        "on_duty", "pair", "parted_before", "place", "server", "state", "stood_for", "uniqueid",
    )  # fmt: skip

    def __init__(self, event: AmiEvent) -> None:
        _, name, state, number, caller_name, code, exten, uniqueid, linkedid = event.read()
        if name is None or uniqueid is None:
            raise MissingHeaderError(event.name, "Channel" if name is None else "Uniqueid")
        self.server = event.server
        self.uniqueid = uniqueid
        self.name = name
        # Asterisk 11 and older know no Linkedid: there every channel stands for itself.
        self.linkedid = linkedid or uniqueid
        self.kin = ""
        """The Linkedid of whom it met last that was born with another one."""
        self.parted_before = 0
        """How many had hung up and been kept for a late packet when it was born."""
        self.state = to_int(event, "ChannelState", state)
        self.number = clean(number or "")
        self.caller_name = clean(caller_name or "")
        self.code = code or ""
        self.is_public = True
        technology = name.partition("/")[0]
        self.is_local = technology == "Local"
        self.is_person = technology not in NOT_PEOPLE
        # A channel that was called is born with "s": it has dialled nothing.
        may_dial = self.is_local or self.linkedid == uniqueid
        self.exten = exten if exten and exten != "s" and may_dial else ""
        self.pair: Channel | None = None
        self.bridge: Bridge | None = None
        self.dial: str | None = None
        self.dialler: Channel | None = None
        self.by_pbx = False
        """It was called by the PBX itself: no channel has it called, nor had one that is gone."""
        self.hangs_up = False
        """The person on it has hung up; its Hangup follows."""
        self.on_duty = False
        """An agent has logged in on it and stays on the line: it is lent to one customer after the other."""
        self.place: Bridge | None = None
        """The bridge that it never left when it hung up: somebody has its place, a transfer says who."""
        self.heir: Channel | None = None
        """Who is transferred to where it is, and gets its place at its Hangup: till then it stands for that one."""
        self.dialled: dict[Channel, None] = {}
        self.stood_for: Channel | None = None
        """Of a Local half: the person last behind it, who may be gone when Asterisk tells what that person did."""
        self._custom: dict[str, Any] | None = None
        self._party: Party | None = None

    @property
    def custom(self) -> dict[str, Any]:
        """Whatever a user wants to note on this channel."""
        if self._custom is None:
            self._custom = {}
        return self._custom

    @property
    def party(self) -> Party:
        """The person on it, as it is known now."""
        if self._party is None:
            self._party = Party(
                self.name, self.uniqueid, self.number, self.caller_name, self.code, self.is_public, self.exten
            )
        return self._party

    @property
    def may_be_named(self) -> bool:
        """It is a person, or stands for one, and nobody has said that it was just called in vain."""
        return (self.is_person or self.stood_for is not None) and self.dial in (None, "", "ANSWER")

    @property
    def has_lived(self) -> bool:
        """It is a person who called, or who has answered, or stands for one who talked by it: that takes a while."""
        return self.dial in (None, "ANSWER") and (self.is_person or (self.stood_for is not None and self.state == UP))

    def meet(self, other: Channel) -> None:
        """A packet may name the two together, also when one of them has hung up."""
        if self.linkedid != other.linkedid:
            self.kin, other.kin = other.linkedid, self.linkedid

    def be_dialled_by(self, dialler: Channel | None) -> None:
        """It is this one that has it called, from now on: a blonde transfer, say, gives it to somebody else."""
        if self.dialler is not dialler and self.dialler is not None:
            self.dialler.dialled.pop(self, None)
        self.dialler = dialler
        if dialler is not None:
            dialler.dialled[self] = None

    def identify(self, number: str, name: str, *, is_public: bool) -> Party | None:
        """From now on it is known by this number and name; answers the party it was, if that was ever told."""
        before = self._party
        self.number = number
        self.caller_name = name
        self.is_public = is_public
        self._party = None
        return before

    def is_lent_to(self, customer: Channel) -> None:
        """This agent comes to who has asked for it: by nothing that Asterisk tells, but that is a dial."""
        self.dial = "ANSWER"
        self.dialler = customer
        customer.dialled[self] = None

    def comes_back(self) -> None:
        """This agent waits for the next customer, or is on duty no longer."""
        self.dial = None
        if self.dialler is not None:
            self.dialler.dialled.pop(self, None)
            self.dialler = None

    def bill(self, code: str) -> None:
        """From now on it has this account code."""
        self.code = code
        self._party = None

    def people(self) -> list[Channel]:
        """Itself or its heir when it is a person; who is behind it when it is a Local half: over pairs, never back."""
        if self.is_person and self.heir is None:
            return [self]
        people: list[Channel] = []
        ways = [self]
        for way in ways:  # grows while we cross from bridge to bridge
            pair = way.pair
            if way.heir is not None:
                ends: Iterable[Channel] = (way.heir,)
            elif pair is not None and pair.bridge is not None and pair.bridge.is_talk:
                ends = pair.bridge.channels
            else:
                continue
            for end in ends:
                if end.is_person and end.heir is None:
                    people.append(end)
                elif end is not pair and end not in ways:
                    ways.append(end)
        return people

    def person(self) -> Channel | None:
        """Itself, or who is behind this Local half: in the far bridge, or on the way there, or who has it called."""
        if self.is_person:
            return self
        people = self.people() or [person for person in self.called_people() if person.dial == "ANSWER"]
        if people:
            return people[0]
        diallers = self.pair.diallers() if self.pair is not None else []
        return diallers[-1] if diallers and diallers[-1].is_person else None

    def legs(self) -> list[Channel]:
        """Itself and all that is called when it is: over Local pairs, the halves that dial and whom they called."""
        legs = [self]
        for leg in legs:  # grows while we cross from half to half
            half = None if leg.is_person else leg.pair
            if half is not None and half not in legs:
                legs.append(half)
                legs += (called for called in half.dialled if called not in legs)
        return legs

    def called_people(self) -> list[Channel]:
        """The persons whom one reaches who calls this channel: itself, or all whom a Local half has called."""
        return [self] if self.is_person else [leg for leg in self.legs() if leg.is_person]

    def rung_people(self) -> list[Channel]:
        """Whom one gets who talks to this channel, once they answer: over Local pairs and the bridges between them."""
        people: list[Channel] = []
        ways = [self]
        for way in ways:  # grows while we cross from bridge to bridge
            people += [person for person in way.called_people() if person not in people]
            bridge = way.pair.bridge if way.pair is not None else None
            for other in bridge.channels if bridge is not None and bridge.is_talk else ():
                if other.is_local and other is not way.pair and other not in ways:
                    ways.append(other)
        return people

    def remember_person(self) -> None:
        """Who is in this Local half's bridge may be about to go: note it on the halves that lead there from outside."""
        halves = [self]
        for half in halves:
            outer = half.pair
            people = outer.people() if outer is not None else []
            if outer is None or not people:
                continue
            outer.stood_for = people[0]
            for channel in outer.bridge.channels if outer.bridge is not None and outer.bridge.is_talk else ():
                if channel.is_local and channel is not outer and channel not in halves:
                    halves.append(channel)

    def diallers(self) -> list[Channel]:
        """Who has this channel called, from the nearest to the person who called first: over Local pairs."""
        diallers: list[Channel] = []
        leg: Channel | None = self
        while leg is not None and leg.dialler is not None and leg.dialler not in diallers:
            diallers.append(leg.dialler)
            leg = None if leg.dialler.is_person else leg.dialler.pair
        return diallers

    def __repr__(self) -> str:
        return f"<{self.name} {self.uniqueid}>"


def to_int(event: AmiEvent, header: str, text: str | None) -> int:
    """The number that is this text, the value of this header of the event; raises BadPacketError."""
    try:
        return int(event[header] if text is None else text)
    except ValueError:
        raise BadPacketError(f"{event.name} has {header} {text!r}, which is no number") from None
