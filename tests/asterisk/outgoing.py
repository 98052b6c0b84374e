"""A leg that goes out: dial, hear it ring or fail, give up."""

from .dialog import SDP, Dialog
from .sip_message import Message, address, parameter


class Outgoing(Dialog):
    _invite: Message

    def invite(self, number: str, from_: str, extra: list[tuple[str, str]]) -> None:
        self.number = number
        self.target = f"sip:{number}@{self.phone.pbx}"
        self.local, self.remote = from_, f"<{self.target}>"
        self._invite = self._request("INVITE", [SDP, *extra], self.voice.offer())
        self.note(f"send INVITE to {number}")
        self.phone.wire.transmit(self._invite, self._on_answer)

    def _on_answer(self, answer: Message) -> None:
        self.remote_tag = parameter(answer.get("To"), "tag") or self.remote_tag
        if answer.code >= 200:
            self._acknowledge(answer)
        if answer.code in (401, 407):
            self.remote_tag = ""
            self._invite = self._authorised(self._invite, answer)
            self.phone.wire.transmit(self._invite, self._on_answer)
        elif answer.code == 100 or self.state == "ended":
            pass
        elif answer.code < 200:
            if self.state == "calling":
                self.state = "ringing"
            self.note(f"recv {answer.code}")
        elif answer.code < 300:
            self.target = address(answer.get("Contact")) or self.target
            self.voice.talk_to(answer.body)
            self._up()
            self.note("recv 200 (answered)")
        else:
            self.code = answer.code
            self._end("us" if answer.code == 487 else "them")
            self.note(f"recv {answer.code}")

    def _acknowledge(self, answer: Message) -> None:
        ack = self._request("ACK", sequence=int(answer.get("CSeq").split()[0]))
        if answer.code >= 300:  # belongs to the INVITE's own transaction
            ack.start = f"ACK {self._invite.uri} SIP/2.0"
            ack.headers[0] = ("Via", answer.get("Via"))
        elif address(answer.get("Contact")):
            ack.start = f"ACK {address(answer.get('Contact'))} SIP/2.0"
        self.phone.wire.send(ack)

    async def _hang_up_early(self) -> None:
        self.note("send CANCEL")
        kept = [
            (key, value)
            for key, value in self._invite.headers
            if key in ("Via", "From", "To", "Call-ID", "Max-Forwards")
        ]
        sequence = self._invite.get("CSeq").split()[0]
        self.phone.wire.transmit(
            Message(f"CANCEL {self._invite.uri} SIP/2.0", [*kept, ("CSeq", f"{sequence} CANCEL")]),
            lambda _: None,
        )
        await self.ended()
