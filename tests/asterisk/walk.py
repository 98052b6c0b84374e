"""A random walk: phones do whatever phones can do, in an order that nobody has thought of.

The same seed gives the same choices, as far as the PBX lets the phones come to them. Afterwards every phone knows what
it did and saw, leg by leg, and whom it heard.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import chain

from .dialog import Dialog
from .incoming import Incoming
from .lab import Lab
from .outgoing import Outgoing
from .phone import Phone
from .scenarios import Scenario
from .voices import Speaker, speakers

PEOPLE = ("201", "202", "203", "204", "205")
MANY = 8
"""No more legs at a time: else everybody talks to somebody and nothing happens."""

OK, ACCEPTED = 200, 202

Act = tuple[float, Callable[..., Awaitable[None]], tuple[object, ...]]


@dataclass
class Deeds:
    """What the people did, as their phones know it."""

    legs: list[Dialog] = field(default_factory=list)
    referred: list[Dialog] = field(default_factory=list)
    """The leg of each transfer that was asked for and to which the PBX said yes."""
    transferred: list[Dialog] = field(default_factory=list)
    """Those that surely are one: somebody was heard on that leg just before, and the PBX told that it worked."""
    holds: list[Dialog] = field(default_factory=list)
    """The leg of each time that somebody let the other wait."""
    pickups: list[Dialog] = field(default_factory=list)


class Walk:
    """Takes so many steps, then lets everybody hang up."""

    def __init__(self, lab: Lab, seed: int) -> None:
        self.deeds = Deeds()
        self._lab = lab
        self._random = random.Random(seed)  # noqa: S311  # it is to come again, not to be secret
        self._held: set[Dialog] = set()

    async def run(self, steps: int) -> None:
        phones = [self._lab.phone(name) for name in PEOPLE]
        new_voice = speakers()
        for phone in phones:
            phone.new_voice = new_voice
            phone.when_called = self._called
        for _ in range(steps):
            acts = [act for phone in phones for act in self._acts(phone, phones)]
            _, act, who = self._random.choices(acts, [act[0] for act in acts])[0]
            self._lab.truth.step(act.__name__.removeprefix("_"), who=[getattr(one, "name", str(one)) for one in who])
            await act(*who)
            await self._lab.pause()
        while live := [leg for phone in phones for leg in phone.legs if leg.state != "ended"]:
            await self._random.choice(live).hang_up()
            await self._lab.pause()
        await self._lab.ami_action("Hangup", Channel="/^Local/")  # both ends of which are with queues, and nobody's
        self.deeds.legs = list(chain.from_iterable(phone.legs for phone in phones))

    def _acts(self, phone: Phone, phones: list[Phone]) -> list[Act]:
        """What this phone can do now, and how much it would like to."""
        live = [leg for leg in phone.legs if leg.state != "ended"]
        up = [leg for leg in live if leg.state == "up"]
        out = [leg for leg in live if isinstance(leg, Outgoing) and leg.state != "up"]
        ringing = [leg for leg in live if isinstance(leg, Incoming) and leg.state == "ringing"]
        acts: list[Act] = []
        for rings in ringing:
            acts += [(5, self._answer, (rings,)), (0.7, self._refuse, (rings,)), (0.3, self._forward, (rings,))]
        acts += [(0.8, self._hang_up, (leg,)) for leg in out]
        for leg in up:
            acts += [(1, self._hang_up, (leg,)), (0.6, self._hold, (leg,)), (1, self._transfer, (leg,))]
        if sum(leg.state != "ended" for phone in phones for leg in phone.legs) < MANY:
            if not live:
                acts.append((3, self._dial, (phone,)))
                others = [leg for other in phones for leg in other.legs if leg.state == "ringing"]
                acts += [(0.5, self._pick_up, (phone, leg)) for leg in others if isinstance(leg, Incoming)]
            elif len(live) == len(up) == 1:
                acts.append((2, self._consult, (phone, up[0])))
        if len(up) == 1 and len(out) == 1 and out[0].state == "ringing":
            acts.append((2, self._connect, (up[0], out[0])))
        if len(up) == 2:  # with two hands
            acts.append((5, self._connect, tuple(up)))
        return acts

    def _number(self, person: str) -> str:
        """Whom to call: a phone, straight or through Local channels, a group, a queue, a room."""
        other = self._random.choice([name for name in PEOPLE if name != person])
        several = self._random.choice(["301", "302", "303", "308", "401", "403", "600"])
        return self._random.choices([other, f"1{other}", f"2{other}", several], [4, 1, 2, 3])[0]

    def _called(self, leg: Incoming) -> None:
        if self._random.random() < 0.1:
            leg.refuse(486)
        else:
            leg.ring()

    async def _dial(self, phone: Phone) -> None:
        phone.call(self._number(phone.name))

    async def _pick_up(self, phone: Phone, leg: Incoming) -> None:
        self.deeds.pickups.append(phone.call(f"*8{leg.person}"))

    async def _answer(self, leg: Incoming) -> None:
        leg.answer()

    async def _refuse(self, leg: Incoming) -> None:
        leg.refuse(self._random.choice([486, 603]))

    async def _forward(self, leg: Incoming) -> None:
        leg.forward(self._random.choice([name for name in PEOPLE if name != leg.person]))

    async def _hang_up(self, leg: Dialog) -> None:
        await leg.hang_up()

    async def _hold(self, leg: Dialog) -> None:
        if leg in self._held:
            self._held.remove(leg)
            await leg.unhold()
        else:
            self._held.add(leg)
            self.deeds.holds.append(leg)
            await leg.hold()

    async def _consult(self, phone: Phone, leg: Dialog) -> None:
        if leg not in self._held:
            await self._hold(leg)
        phone.call(self._number(phone.name))

    async def _transfer(self, leg: Dialog) -> None:
        before = _frames(leg)
        await self._lab.pause()
        talks = _frames(leg) > before and leg.state == "up"
        await self._refer(leg, await leg.refer(self._number(leg.person)))
        if talks and max(leg.transfer_codes, default=0) == OK:
            self.deeds.transferred.append(leg)

    async def _connect(self, first: Dialog, second: Dialog) -> None:
        await self._refer(first, await first.refer(second.number or second.person, replaces=second), second)

    async def _refer(self, leg: Dialog, code: int, *others: Dialog) -> None:
        if code == ACCEPTED:
            self.deeds.referred.append(leg)
            await self._lab.leave(leg, *others)


def _frames(leg: Dialog) -> int:
    """How much of somebody's voice this leg has heard."""
    return leg.voice.heard.total() if isinstance(leg.voice, Speaker) else 0


def walk(seed: int, steps: int, done: Callable[[Deeds], None]) -> Scenario:
    """A random walk as a scenario; `done` gets to know what the phones did."""

    async def run(lab: Lab) -> None:
        walk = Walk(lab, seed)
        await walk.run(steps)
        done(walk.deeds)

    return Scenario(f"walk_{seed}", f"a random walk of {steps} steps", run, ("pjsip", "chan_sip"), attached=True)
