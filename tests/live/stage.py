"""Where scenarios are performed: several PBXs side by side, for as long as there is something to perform."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from tests.asterisk.fetch import LabUnavailable
from tests.asterisk.live import LiveLab
from tests.asterisk.office import Office
from tests.asterisk.record import perform
from tests.asterisk.scenarios import all_scenarios
from tests.live.following import Following

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from tests.asterisk.lab import Lab
    from tests.asterisk.pbx import Technology

PBXS = 5  # of each kind at a time


class Kind(NamedTuple):
    """A kind of PBX."""

    version: int
    technology: Technology

    def __str__(self) -> str:
        return f"{self.version}-{self.technology}"


KINDS = (Kind(22, "pjsip"), Kind(16, "pjsip"), Kind(16, "chan_sip"))


class Play(NamedTuple):
    """A scenario on a kind of PBX."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}-{self.name}"


@dataclass(frozen=True)
class Performance:
    """What came of a play: the lab with the truth of the phones, and what was heard of it."""

    lab: Lab
    followed: Following
    error: Exception | None

    @property
    def truth(self) -> dict[str, Any]:
        return {"steps": self.lab.truth.steps}


class Stage:
    """Performs all plays, in the background; each can be awaited."""

    def __init__(self, plays: Iterable[Play]) -> None:
        loop = asyncio.get_running_loop()
        self._performances: dict[Play, asyncio.Future[Performance]] = {play: loop.create_future() for play in plays}
        self._todo: dict[Kind, deque[Play]] = defaultdict(deque)
        for play in self._performances:
            self._todo[play.kind].append(play)
        self._workers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for number in range(PBXS):
            for kind, plays in self._todo.items():
                if number < len(plays):
                    self._workers.append(asyncio.create_task(self._work(kind)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for plays in self._todo.values():
            plays.clear()  # a test run that ends early
        await asyncio.gather(*self._workers)

    async def performance(self, play: Play) -> Performance:
        """What came of a play; raises LabUnavailable."""
        return await self._performances[play]

    async def _work(self, kind: Kind) -> None:
        todo = self._todo[kind]
        while todo:
            try:
                async with Office(kind.version, kind.technology) as office:
                    went_well = True
                    while todo and went_well:
                        play = todo.popleft()
                        performance = await follow(office, play.name)
                        went_well = performance.error is None  # else a fresh PBX for the next
                        self._performances[play].set_result(performance)
            except LabUnavailable as reason:
                while todo:
                    self._performances[todo.popleft()].set_exception(reason)


async def follow(office: Office, name: str) -> Performance:
    """Let a scenario happen and follow it."""
    scenario = all_scenarios()[name]
    async with Following() as following:
        lab = LiveLab(office, following)
        error: Exception | None = None
        try:
            await perform(office, scenario, lab)
            await following.at_rest()
        except Exception as wrong:  # noqa: BLE001  # whatever it is, the test tells it
            error = wrong
        finally:
            await following.stop()
            await lab.leave_proxy()
        return Performance(lab, following, error)
