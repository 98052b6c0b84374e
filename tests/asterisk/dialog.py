"""One leg of a call as its phone sees it, while it lasts. How it begins is in incoming.py and outgoing.py."""

import asyncio
import re
import uuid
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Literal

from .diary import NotSeenError
from .rtp import direction, mirrored
from .sip_message import Message, address, digest

if TYPE_CHECKING:
    from .phone import Phone

State = Literal["calling", "ringing", "up", "ended"]

SDP = ("Content-Type", "application/sdp")


class Dialog(ABC):
    def __init__(self, phone: "Phone", call_id: str) -> None:
        self.phone = phone
        self.call_id = call_id
        self.local_tag = uuid.uuid4().hex[:10]
        self.remote_tag = ""
        self.local = ""  # the From (or To) of requests we send, without tag
        self.remote = ""
        self.target = ""  # the URI of the PBX for this leg
        self.number = ""  # what was dialled
        self.person = phone.name  # whose leg it is: the phone's owner, or a number of the outside world
        self.state: State = "calling"
        self.was_up = False
        self.ended_by: Literal["us", "them"] | None = None
        self.code = 0  # of the final answer to a call that failed
        self.transfer_codes: list[int] = []  # what NOTIFY said of a REFER
        self.voice = phone.new_voice()
        self._sequence = 0

    @property
    def id(self) -> str:
        return self.call_id[:8]

    @property
    def acknowledged(self) -> bool:
        """Did the PBX take note of our last answer?"""
        return not self.phone.wire.waits_for_ack(self.call_id)

    @property
    def replaces(self) -> str:
        """This leg, as the PBX finds it in a Replaces header."""
        return f"{self.call_id};to-tag={self.remote_tag};from-tag={self.local_tag}"

    def note(self, what: str, **more: Any) -> None:
        self.phone.diary.note(self.phone.name, what, self.id, **more)

    # What its user does

    async def hold(self) -> None:
        await self._reinvite("sendonly")

    async def unhold(self) -> None:
        await self._reinvite("sendrecv")

    async def _reinvite(self, way: str) -> None:
        self.note(f"send re-INVITE {way}")
        answer = await self._ask("INVITE", [SDP], self.voice.offer(way))
        ack = self._request("ACK", sequence=int(answer.get("CSeq").split()[0]))
        self.phone.wire.send(ack)
        if answer.code != 200:
            raise NotSeenError(f"{self.phone.name}: re-INVITE answered {answer.code}")

    async def press(self, digits: str) -> None:
        """Press keys: one INFO each."""
        self.note(f"send DTMF {digits}")
        for digit in digits:
            await self._ask("INFO", [("Content-Type", "application/dtmf-relay")], f"Signal={digit}\r\nDuration=100\r\n")

    async def refer(self, number: str, replaces: "Dialog | None" = None) -> int:
        """Ask the PBX to send the other side to a number, or into a leg of ours; answers the PBX's answer."""
        to = f"sip:{number}@{self.phone.pbx}"
        if replaces:
            to += "?Replaces=" + replaces.replaces.replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
        self.note(f"send REFER to {number}" + (" with Replaces" if replaces else ""))
        answer = await self._ask("REFER", [("Refer-To", f"<{to}>"), ("Referred-By", self.local)])
        return answer.code

    async def hang_up(self) -> None:
        """End the call, however far it is."""
        if self.state == "up":
            self.note("send BYE")
            request = asyncio.create_task(self._ask("BYE"))
            self._end("us")
            await request
        elif self.state != "ended":
            await self._hang_up_early()

    @abstractmethod
    async def _hang_up_early(self) -> None:
        """It was not answered yet."""

    async def ended(self, within: float = 10) -> None:
        await self.phone.diary.until(lambda: self.state == "ended", f"{self.phone.name}'s leg {self.id} ends", within)

    def forget(self) -> None:
        """The PBX is gone: end the leg without a word to anybody."""
        self._end("them")

    # What the PBX says

    def on_request(self, request: Message) -> None:
        if request.method == "ACK":
            self.phone.wire.acknowledged(self.call_id)
            self.phone.diary.wake()
            return
        if request.method == "INVITE":
            self._on_reinvite(request)
        else:
            self.phone.wire.respond(request, request.reply(200, "OK", self.local_tag))
            if request.method == "BYE":
                self._end("them")
                self.note("recv BYE")
            elif request.method == "NOTIFY":
                self._on_notify(request)

    def _on_reinvite(self, request: Message) -> None:
        offered = direction(request.body)
        self.target = address(request.get("Contact")) or self.target
        self.voice.talk_to(request.body)
        self.note(f"recv re-INVITE {offered}")
        reply = request.reply(
            200,
            "OK",
            self.local_tag,
            [("Contact", self.phone.contact), SDP],
            self.voice.offer(mirrored(offered)),
        )
        self.phone.wire.respond(request, reply, until_ack=True)

    def _on_notify(self, request: Message) -> None:
        found = re.match(r"SIP/2.0 (\d+)", request.body)
        if found:
            self.transfer_codes.append(int(found[1]))
            self.note(f"recv NOTIFY {found[1]}")

    # Both

    def _up(self) -> None:
        self.state = "up"
        self.was_up = True

    def _end(self, by: Literal["us", "them"]) -> None:
        if self.state != "ended":
            self.state = "ended"
            self.ended_by = by
            self.voice.close()
            self.phone.wire.acknowledged(self.call_id)

    async def _ask(self, method: str, headers: list[tuple[str, str]] | None = None, body: str = "") -> Message:
        """Send a request within the call and wait for its final answer."""
        request = self._request(method, headers, body)
        answer = await self.phone.wire.ask(request)
        if answer.code in (401, 407):
            answer = await self.phone.wire.ask(self._authorised(request, answer))
        return answer

    def _request(
        self, method: str, headers: list[tuple[str, str]] | None = None, body: str = "", sequence: int = 0
    ) -> Message:
        if not sequence:
            self._sequence += 1
        lines = [
            self.phone.via(),
            ("CSeq", f"{sequence or self._sequence} {method}"),
            ("From", f"{self.local};tag={self.local_tag}"),
            ("To", self.remote + (f";tag={self.remote_tag}" if self.remote_tag else "")),
            ("Call-ID", self.call_id),
            ("Max-Forwards", "70"),
            ("Contact", self.phone.contact),
            ("Allow", "INVITE, ACK, BYE, CANCEL, INFO, NOTIFY, REFER, OPTIONS"),
            ("Supported", "replaces"),
        ]
        return Message(f"{method} {self.target} SIP/2.0", lines + (headers or []), body)

    def _authorised(self, request: Message, answer: Message) -> Message:
        name, challenge = (
            ("Authorization", answer.get("WWW-Authenticate"))
            if answer.code == 401
            else ("Proxy-Authorization", answer.get("Proxy-Authenticate"))
        )
        self._sequence += 1
        headers = [(key, value) for key, value in request.headers if key not in ("Via", "CSeq")]
        headers[:0] = [self.phone.via(), ("CSeq", f"{self._sequence} {request.method}")]
        headers.append((name, digest(challenge, self.phone.name, self.phone.password, request.method, request.uri)))
        return Message(request.start, headers, request.body)
