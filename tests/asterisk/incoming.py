"""A leg that comes in: the phone rings, answers, refuses, sends the call elsewhere."""

from .dialog import SDP, Dialog
from .sip_message import Message, address, display_name, parameter, user

REASONS = {
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    302: "Moved Temporarily",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    487: "Request Terminated",
    603: "Decline",
}


class Incoming(Dialog):
    invite: Message
    shown: tuple[str, str]  # name and number the PBX shows for the other side
    elsewhere = False  # cancelled because somebody else answered
    rang = False

    def on_invite(self, invite: Message) -> None:
        self.invite = invite
        self.remote_tag = parameter(invite.get("From"), "tag")
        self.local, self.remote = f"<{address(invite.get('To'))}>", f"<{address(invite.get('From'))}>"
        self.target = address(invite.get("Contact"))
        self.number = user(invite.uri)
        if self.phone.outside:
            self.person = self.number
        self.shown = (display_name(invite.get("From")), user(address(invite.get("From"))))
        self.note("recv INVITE", shown=self.shown, to=self.number)

    def ring(self) -> None:
        self.state = "ringing"
        self.rang = True
        self._answer(180)
        self.note("send 180")

    def early_media(self) -> None:
        """Ring with a tone of its own: 183 with SDP."""
        self.state = "ringing"
        self.rang = True
        self.voice.talk_to(self.invite.body)
        self._answer(183, [SDP], self.voice.offer())
        self.note("send 183")

    def answer(self) -> None:
        self.note("send 200 (answer)")
        self.voice.talk_to(self.invite.body)
        self._up()
        self._answer(200, [SDP], self.voice.offer(), until_ack=True)

    def refuse(self, code: int = 486) -> None:
        self.note(f"send {code} (refuse)")
        self.code = code
        self._end("us")
        self._answer(code)

    def forward(self, number: str) -> None:
        """302: call somebody else instead."""
        self.note("send 302 (refuse)", forward_to=number)
        self.code = 302
        self._end("us")
        self._answer(302, contact=f"<sip:{number}@{self.phone.pbx}>")

    async def _hang_up_early(self) -> None:
        self.refuse(603)

    def on_request(self, request: Message) -> None:
        if request.method == "CANCEL":
            self._on_cancel(request)
        else:
            super().on_request(request)

    def _on_cancel(self, request: Message) -> None:
        self.phone.wire.respond(request, request.reply(200, "OK", self.local_tag))
        if self.state in ("calling", "ringing"):
            reason = request.get("Reason")
            self.elsewhere = "cause=200" in reason or "cause=26" in reason
            self._end("them")
            self._answer(487)
            self.note(
                "recv CANCEL (answered elsewhere)" if self.elsewhere else "recv CANCEL",
                **({"reason": reason} if reason else {}),
            )

    def _answer(
        self,
        code: int,
        headers: list[tuple[str, str]] | None = None,
        body: str = "",
        *,
        contact: str = "",
        until_ack: bool = False,
    ) -> None:
        headers = [("Contact", contact or self.phone.contact), *(headers or [])]
        reply = self.invite.reply(code, REASONS[code], self.local_tag, headers, body)
        self.phone.wire.respond(self.invite, reply, until_ack=until_ack)
