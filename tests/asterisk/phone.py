"""A SIP phone over UDP that does what its user says and writes down what it sees.

phone = Phone("201", diary)
await phone.plug_in()
phone.use(sip_port)
await phone.register()
leg = phone.call("202")
await leg.hang_up()
"""

import uuid
from collections.abc import Callable

from .dialog import Dialog
from .diary import Diary, NotSeenError
from .incoming import Incoming
from .outgoing import Outgoing
from .rtp import Voice
from .sip_message import Message, digest
from .wire import Wire

WhenCalled = Callable[[Incoming], None]


class Phone:
    def __init__(
        self, name: str, diary: Diary, *, display: str = "", password: str = "", outside: bool = False
    ) -> None:
        self.name = name
        self.is_mute = False  # it sends no voice: for many calls at once
        self.outside = outside  # it stands for every number of the outside world
        self.display = display
        self.password = password
        self.diary = diary
        self.legs: list[Dialog] = []
        self.when_called: WhenCalled = Incoming.ring
        self.new_voice: Callable[[], Voice] = self._silence
        self.wire = Wire(self._on_request)
        self.pbx = ""  # host:port

    async def plug_in(self) -> None:
        await self.wire.open()

    def unplug(self) -> None:
        self.forget()
        self.wire.close()

    def use(self, sip_port: int) -> None:
        """Talk to the PBX at this port."""
        self.wire.pbx = ("127.0.0.1", sip_port)
        self.pbx = f"127.0.0.1:{sip_port}"

    async def register(self) -> None:
        uri, me = f"sip:{self.pbx}", f"<sip:{self.name}@{self.pbx}>"
        call_id, tag = uuid.uuid4().hex, uuid.uuid4().hex[:10]
        authorization: list[tuple[str, str]] = []
        for sequence in (1, 2):
            headers = [
                self.via(),
                ("CSeq", f"{sequence} REGISTER"),
                ("From", f"{me};tag={tag}"),
                ("To", me),
                ("Call-ID", call_id),
            ]
            headers += [
                ("Max-Forwards", "70"),
                ("Contact", self.contact),
                ("Expires", "3600"),
                *authorization,
            ]
            answer = await self.wire.ask(Message(f"REGISTER {uri} SIP/2.0", headers))
            if answer.code == 200:
                return
            if answer.code != 401:
                break
            authorization = [
                (
                    "Authorization",
                    digest(answer.get("WWW-Authenticate"), self.name, self.password, "REGISTER", uri),
                )
            ]
        raise NotSeenError(f"{self.name} cannot register: {answer.start}")

    def call(
        self,
        number: str,
        *,
        caller: str = "",
        user: str = "",
        display: str = "",
        withheld: bool = False,
        replaces: Dialog | None = None,
    ) -> Outgoing:
        """Dial.

        The outside phone may claim any caller, and an odd SIP user part instead of that number.
        `replaces` takes over another leg.
        """
        leg = Outgoing(self, uuid.uuid4().hex)
        self.legs.append(leg)
        leg.person = caller = caller or self.name
        name = display or self.display
        from_ = (f'"{name}" ' if name else "") + f"<sip:{user or caller}@127.0.0.1>"
        extra = []
        if withheld:
            from_ = '"Anonymous" <sip:anonymous@anonymous.invalid>'
            extra += [("P-Asserted-Identity", f"<sip:{caller}@127.0.0.1>"), ("Privacy", "id")]
        if replaces:
            extra += [("Replaces", replaces.replaces), ("Require", "replaces")]
        leg.invite(number, from_, extra)
        return leg

    def forget(self) -> None:
        """Forget ended legs: a new scenario begins."""
        for leg in self.legs:
            leg.forget()
        self.legs.clear()
        self.wire.forget()
        self.when_called = Incoming.ring
        self.new_voice = self._silence
        self.is_mute = False

    def _silence(self) -> Voice:
        return Voice(is_mute=self.is_mute)

    @property
    def contact(self) -> str:
        return f"<sip:{self.name}@127.0.0.1:{self.wire.port}>"

    def via(self) -> tuple[str, str]:
        return "Via", f"SIP/2.0/UDP 127.0.0.1:{self.wire.port};rport;branch=z9hG4bK{uuid.uuid4().hex[:16]}"

    def _on_request(self, request: Message) -> None:
        leg = next((leg for leg in self.legs if leg.call_id == request.get("Call-ID")), None)
        if leg:
            leg.on_request(request)
        elif request.method == "INVITE":
            called = Incoming(self, request.get("Call-ID"))
            self.legs.append(called)
            called.on_invite(request)
            self.when_called(called)
        elif request.method == "OPTIONS":
            self.wire.respond(request, request.reply(200, "OK", "lab"))
        elif request.method != "ACK":
            self.wire.respond(request, request.reply(481, "Call/Transaction Does Not Exist", "lab"))
