"""A PBX with its phones, ready for calls. One office records many scenarios, one after the other."""

import asyncio
from types import TracebackType
from typing import Self

from .ami import Ami
from .diary import Diary
from .pbx import Pbx, Technology
from .phone import Phone

PEOPLE = {"201": "Alice A", "202": "Bob B", "203": "Carol C", "204": "Dave D", "205": "Eve E", "212": "Bob B"}
PASSWORDS = {"205": "secret205"}


class Office:
    def __init__(self, version: int = 22, technology: Technology = "pjsip") -> None:
        self.diary = Diary()
        self.phones = {
            name: Phone(name, self.diary, display=display, password=PASSWORDS.get(name, ""))
            for name, display in PEOPLE.items()
        }
        self.world = Phone("world", self.diary, outside=True)
        self.pbx = Pbx(version, technology)
        self._control = Ami()

    async def __aenter__(self) -> Self:
        try:
            for phone in self._everybody():
                await phone.plug_in()
            self.pbx.trunk_port = self.world.wire.port
            await self.pbx.__aenter__()
            await self.open()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for phone in self._everybody():
            phone.unplug()
        await self._control.close()
        await self.pbx.__aexit__(kind, error, trace)

    async def open(self) -> None:
        """The PBX has (again) started: let everybody register."""
        await self._control.close()
        self._control = Ami()
        await self._control.connect(self.pbx.ami_port)
        for phone in self._everybody():
            phone.use(self.pbx.sip_port)
        await asyncio.gather(*(phone.register() for phone in self.phones.values()))

    async def silence(self, within: float = 10) -> None:
        """Wait until the PBX has no channel left."""
        async with asyncio.timeout(within):
            while await self._channels():  # noqa: ASYNC110  # no event says that the last one is gone
                await asyncio.sleep(0.05)

    def tidy(self) -> None:
        """Nothing of the last scenario is left."""
        for phone in self._everybody():
            phone.forget()
        self.diary.notes.clear()

    def _everybody(self) -> list[Phone]:
        return [*self.phones.values(), self.world]

    async def _channels(self) -> int:
        answer = await self._control.action("CoreShowChannels")
        end = await self._control.until(
            lambda packet: (
                packet.get("Event") == "CoreShowChannelsComplete" and packet.get("ActionID") == answer["ActionID"]
            )
        )
        self._control.packets.clear()
        self._control.raw.clear()
        return int(str(end["ListItems"]))
