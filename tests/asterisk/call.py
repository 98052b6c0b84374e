"""A call between people.

Each verb lets a person act, waits until the phones saw it, and writes a step of the truth.
"""

from typing import TYPE_CHECKING

from .dialog import Dialog
from .diary import NotSeenError
from .incoming import Incoming

if TYPE_CHECKING:
    from .lab import Lab


class Call:
    def __init__(self, lab: "Lab", caller: Dialog | None, to: str, label: str | None = None) -> None:
        self.lab = lab
        self.to = to
        self.label = label  # tells several calls of one scenario apart
        self.caller_leg = caller  # None: the PBX itself calls
        self.callee_leg: Dialog | None = None
        self.ringing: list[Incoming] = []

    @property
    def caller(self) -> str:
        return self.caller_leg.person if self.caller_leg else "pbx"

    def leg(self, person: str) -> Dialog:
        """The leg of somebody who takes part in this call."""
        for leg in (self.caller_leg, self.callee_leg, *self.ringing):
            if leg and leg.person == person:
                return leg
        raise NotSeenError(f"{person} is not in the call to {self.to}")

    def _ringing(self, person: str) -> Incoming:
        found = next((leg for leg in self.ringing if leg.person == person), None)
        if not found:
            raise NotSeenError(f"{person} does not ring")
        return found

    def other(self, person: str) -> Dialog:
        """The leg of whom this person talks to."""
        for leg in (self.caller_leg, self.callee_leg):
            if leg and leg.person != person:
                return leg
        raise NotSeenError(f"{person} talks to nobody")

    def opposite(self, leg: Dialog) -> Dialog | None:
        """The leg at the other end of the call, if that is a person's."""
        return self.callee_leg if leg is self.caller_leg else self.caller_leg

    # Ringing

    async def rings(
        self, *people: str, to: str | None = None, how: str | None = None, rang: bool | None = None
    ) -> list[Incoming]:
        """Wait until these phones ring."""
        self.to = to or self.to
        legs = [await self.lab.ringing_leg(person) for person in people]
        self.ringing += legs
        self._step("ringing", caller=self.caller, to=self.to, targets=list(people), how=how, rang=rang)
        return legs

    async def answer(self, person: str) -> None:
        """One of the phones that ring is picked up; the others stop."""
        await self.lab.pause()
        leg = self._ringing(person)
        leg.answer()
        await self.connected(leg)

    async def connected(self, leg: Dialog) -> None:
        """Wait until caller and this leg are up, and all else is quiet."""
        await self._quiet_but_for(leg)
        also = [other.person for other in self.ringing if other is not leg and other.ended_by == "them"]
        self.callee_leg, self.ringing = leg, []
        self._step("answered", caller=self.caller, to=self.to, target=leg.person, also_rang=also)

    async def picked_up(self, leg: Dialog) -> None:
        """Somebody else's leg takes the call that rings."""
        await self._quiet_but_for(leg)
        self._step("pickup", by=leg.person, caller=self.caller, rang=[other.person for other in self.ringing])
        self.callee_leg, self.ringing = leg, []
        self._step("answered", caller=self.caller, to=self.to, target=leg.person)

    async def _quiet_but_for(self, leg: Dialog) -> None:
        await self.lab.diary.until(lambda: leg.was_up and leg.acknowledged, f"{leg.person} is connected")
        if self.caller_leg:
            caller = self.caller_leg
            await self.lab.diary.until(lambda: caller.was_up, f"{caller.person} hears that {leg.person} answered")
        for other in self.ringing:
            if other is not leg:
                await other.ended()

    async def answered_by_pbx(self) -> None:
        leg = self._caller_leg()
        await self.lab.diary.until(lambda: leg.was_up, f"the PBX answers {leg.person}")
        self._step("answered", caller=self.caller, to=self.to, target="pbx")

    async def queued(self) -> None:
        """The caller waits in a queue, and the PBX has answered."""
        leg = self._caller_leg()
        await self.lab.diary.until(lambda: leg.was_up, f"{leg.person} hears the queue")
        self._step("queued", caller=self.caller, to=self.to)

    async def queued_unheard(self, agent: str) -> None:
        """The caller waits in a queue but hears nothing new: it shows when an agent is called."""
        await self.lab.diary.until(lambda: self.lab.incoming(agent), f"agent {agent} is called")
        self._step("queued", caller=self.caller, to=self.to)

    async def refused(self, person: str, code: int, reason: str) -> None:
        """A phone was called and refused without ringing, while the caller goes on trying."""
        await self.lab.diary.until(lambda: self.lab.refused_leg(person, code), f"{person} answers {code}")
        self._step("target_refused", target=person, reason=reason)

    async def refuse(self, person: str, code: int, reason: str) -> None:
        """A phone that rings refuses, while the caller goes on trying."""
        await self.lab.pause()
        leg = self._ringing(person)
        leg.refuse(code)
        self.ringing.remove(leg)
        self._step("target_refused", target=person, reason=reason)

    # The end

    async def hang_up(self, person: str) -> None:
        """One of the two talkers hangs up, the other hears it."""
        await self.lab.pause()
        leg = self.leg(person)
        await leg.hang_up()
        others = [other for other in (self.caller_leg, self.callee_leg) if other and other is not leg]
        for other in others:
            await other.ended()
        self._step("hangup", caller=self.caller, reason="completed", by=person)

    async def give_up(self) -> None:
        """The caller hangs up while it rings; the phones fall silent."""
        await self.lab.pause()
        await self._caller_leg().hang_up()
        for leg in self.ringing:
            await leg.ended()
        self._step("hangup", caller=self.caller, reason="abandoned", by=self.caller)

    async def fails(self, reason: str, by: str = "pbx", *, to: str | None = None, within: float = 8) -> None:
        """The caller hears that the call did not work."""
        leg = self._caller_leg()
        await leg.ended(within)
        for other in self.ringing:
            await other.ended()
        self._step("hangup", caller=self.caller, to=to, reason=reason, by=by, code_to_caller=leg.code or None)

    async def ended_by_pbx(self, reason: str = "completed") -> None:
        """The PBX hangs up on everybody."""
        for leg in (self.caller_leg, self.callee_leg, *self.ringing):
            if leg:
                await leg.ended()
        self._step("hangup", caller=self.caller, reason=reason, by="pbx")

    # Rooms and parking

    async def joins(self) -> None:
        """The caller is in a conference room."""
        leg = self._caller_leg()
        await self.lab.diary.until(lambda: leg.was_up, f"{leg.person} is in the room")
        self._step("joined", who=self.caller, room=self.to)

    async def leaves(self) -> None:
        """The caller hangs up and so leaves the room."""
        await self.lab.pause()
        await self._caller_leg().hang_up()
        self._step("left", who=self.caller, room=self.to)

    async def park(self, by: str, at: str = "700", space: str = "701") -> None:
        """A phone transfers the other side blind to the car park."""
        await self.lab.pause()
        leg, parked = self.leg(by), self.other(by)
        code = await leg.refer(at)
        self._step("parked", caller=parked.person, by=by, space=space, refer_code=code)
        self.left_with(parked, at)
        await self.lab.leave(leg)

    async def fetch(self, by: str, space: str = "701") -> None:
        """Somebody dials the space and has the parked caller."""
        await self.lab.pause()
        leg = self.lab.phone(by).call(space)
        await self.lab.diary.until(lambda: leg.was_up, f"{by} fetches {space}")
        self._step("unparked", caller=self.caller, by=by)
        self.callee_leg = leg

    # Transfers

    async def hold(self, person: str) -> None:
        await self.lab.pause()
        await self.leg(person).hold()
        self._step("hold", by=person)

    async def unhold(self, person: str) -> None:
        await self.lab.pause()
        await self.leg(person).unhold()
        self._step("unhold", by=person)

    async def blind_transfer(self, by: str, to: str) -> None:
        """A phone's transfer key: REFER. The other side is the caller from now on."""
        await self.lab.pause()
        leg, transferee = self.leg(by), self.other(by)
        code = await leg.refer(to)
        self._step("blind_transfer", transferer=by, transferee=transferee.person, target=to, refer_code=code)
        self.left_with(transferee, to)
        await self.lab.leave(leg)

    async def attended_transfer(self, by: str, consultation: "Call") -> None:
        """REFER with Replaces. It is blonde when the target of the consultation still rings."""
        await self.lab.pause()
        leg, transferee, second = self.leg(by), self.other(by), consultation.leg(by)
        blonde = bool(consultation.ringing)
        target_leg = consultation.ringing[0] if blonde else consultation.opposite(second)
        target = target_leg.person if target_leg else consultation.to  # else it talks to the PBX
        code = await leg.refer(target, replaces=second)
        self._step(
            "blonde_transfer" if blonde else "attended_transfer",
            transferer=by,
            transferee=transferee.person,
            target=target,
            refer_code=code,
        )
        self.left_with(transferee, target)
        self.ringing = consultation.ringing
        self.callee_leg = None if blonde else target_leg
        await self.lab.leave(leg, second)

    async def transferred_by_pbx(
        self, kind: str, by: str, target: str, *, how: str, consultation: "Call | None" = None
    ) -> None:
        """The PBX transfers by itself (feature code, AMI): to the transferer's phone a call just ends."""
        leg, transferee = self.leg(by), self.other(by)
        await leg.ended()
        self._step(f"{kind}_transfer", transferer=by, transferee=transferee.person, target=target, how=how)
        self.left_with(transferee, target)
        if consultation:
            self.ringing, self.callee_leg = consultation.ringing, consultation.callee_leg

    def left_with(self, caller: Dialog, to: str) -> None:
        """One side is gone: who is left is the caller from now on."""
        self.caller_leg, self.callee_leg, self.to = caller, None, to

    async def forwarded(self, by: str, to: str) -> None:
        """A phone was called, and sent the call elsewhere without ringing."""
        await self.lab.diary.until(lambda: self.lab.refused_leg(by, 302), f"{by} forwards")
        self._step("forward", by=by, to=to, how="302")

    def _caller_leg(self) -> Dialog:
        if self.caller_leg is None:
            raise NotSeenError("the PBX itself is the caller")
        return self.caller_leg

    def _step(self, t: str, **fields: object) -> None:
        self.lab.truth.step(t, **fields, call=self.label)
