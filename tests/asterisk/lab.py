"""What a scenario gets: phones, the PBX, and the words to say what happens."""

import asyncio
from contextlib import suppress

from .ami import Ami, Packet
from .call import Call
from .dialog import Dialog
from .diary import Diary, NotSeenError
from .incoming import Incoming
from .office import Office
from .phone import Phone
from .truth import Truth

SLOW = 0.25  # people need a moment


class Lab:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.pbx = office.pbx
        self.diary: Diary = office.diary
        self.truth = Truth()
        self.packets: list[Packet] = []
        self.raw: list[bytearray] = []  # one a connection
        self.ami = Ami()
        self._used: set[Dialog] = set()

    # People

    def phone(self, name: str) -> Phone:
        """201 to 205 and 212; any other number is somebody outside."""
        return self.office.phones.get(name, self.office.world)

    async def pause(self, moments: float = 1) -> None:
        """People are slow. (Where something can be awaited, await it instead.)"""
        await asyncio.sleep(SLOW * moments)

    async def call(
        self,
        caller: str,
        to: str,
        label: str | None = None,
        *,
        display: str = "",
        user: str = "",
        withheld: bool = False,
    ) -> Call:
        """Somebody dials."""
        phone = self.phone(caller)
        leg = phone.call(to, caller=caller, user=user, display=display, withheld=withheld)
        self._used.add(leg)
        return Call(self, leg, to, label)

    async def talk(self, caller: str, to: str, label: str | None = None, *, answers: str | None = None) -> Call:
        """Two people in conversation: one dials, the other's phone rings and is answered."""
        callee = answers or to[-3:]
        call = await self.call(caller, to, label)
        await call.rings(callee)
        await call.answer(callee)
        return call

    async def ringing_leg(self, person: str) -> Incoming:
        """The leg that rings at this person's phone, as soon as it does."""
        leg = await self.diary.until(lambda: self.incoming(person), f"{person} rings")
        self._used.add(leg)
        return leg

    def refused_leg(self, person: str, code: int) -> Dialog | None:
        return next((leg for leg in self.phone(person).legs if leg.person == person and leg.code == code), None)

    async def leave(self, *legs: Dialog) -> None:
        """A transferer is done: the phone hangs up what the PBX did not end by itself."""

        def done() -> bool:
            return all(leg.state == "ended" or max(leg.transfer_codes, default=0) >= 200 for leg in legs)

        with suppress(NotSeenError):
            await self.diary.until(done, "the transfer is done", 0.5)
        await self.pause(0.5)
        for leg in legs:
            await leg.hang_up()

    def incoming(self, person: str) -> Incoming | None:
        """The leg that rings at this person's phone and that no call knows yet."""
        legs = [leg for leg in self.phone(person).legs if isinstance(leg, Incoming) and leg not in self._used]
        return next((leg for leg in legs if leg.person == person and leg.state == "ringing"), None)

    # The PBX

    def channel(self, person: str) -> str:
        """How the PBX dials a person's phone."""
        return f"{self.pbx.channel_prefix}/{person}"

    async def attach(self) -> None:
        """Connect the recorder: from now on everything AMI says is recorded."""
        self.ami = Ami()
        await self.ami.connect(self.pbx.ami_port, on_packet=self.packets.append)
        self.raw.append(self.ami.raw)

    async def detach(self) -> None:
        """The recorder's connection is gone, whoever ended it."""
        await self.ami.close()
        self.packets.append({"Lab": "connection lost"})

    async def comes_back(self) -> None:
        """The PBX that ended starts again; the phones register, the recorder connects anew."""
        await self.ami.lost.wait()
        await self.detach()
        await self.pbx.start()
        await self.office.open()
        await self.attach()

    async def take_stock(self) -> None:
        """Ask what a client asks that comes late: channels, bridges, queues."""
        await self._ask_list("CoreShowChannels")
        await self._ask_list("Status")
        await self._ask_list("BridgeList")
        for bridge in [packet for packet in self.packets if packet.get("Event") == "BridgeListItem"]:
            await self._ask_list("BridgeInfo", BridgeUniqueid=str(bridge["BridgeUniqueid"]))
        await self._ask_list("QueueStatus")

    async def _ask_list(self, action: str, **headers: str) -> None:
        answer = await self.ami_action(action, **headers)
        await self.ami_event(f"{action}Complete", ActionID=str(answer["ActionID"]))

    async def ami_action(self, name: str, **headers: str) -> Packet:
        return await self.ami.action(name, **headers)

    async def ami_event(self, name: str, **headers: str) -> Packet:
        """Wait for an event, past or to come. For timing only: truth is never taken from AMI."""
        wanted = {"Event": name, **headers}
        return await self.ami.until(
            lambda packet: wanted.items() <= {k: v for k, v in packet.items() if isinstance(v, str)}.items()
        )

    async def live_channel(self, person: str) -> str:
        """The channel of a person's phone that was made last."""
        prefix = f"{self.channel(person)}-"

        def made(packet: Packet) -> bool:
            return packet.get("Event") == "Newchannel" and str(packet["Channel"]).startswith(prefix)

        await self.ami.until(made)
        return [str(packet["Channel"]) for packet in self.packets if made(packet)][-1]

    async def settle(self) -> None:
        """Wait until all calls are over and AMI has nothing more to say."""
        await self.office.silence()
        before = -1
        while before != len(self.packets):
            before = len(self.packets)
            await asyncio.sleep(0.1)
        await self.ami.close()
