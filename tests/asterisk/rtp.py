"""The voice of a phone: 20 ms frames of silence. Without voice Asterisk optimises no Local channel away."""

import asyncio
import random
import re
import socket
import struct
from contextlib import suppress

SILENCE = b"\xff" * 160  # 20 ms of µ-law


class Voice:
    """One side of an RTP stream. What comes in is thrown away."""

    def __init__(self, *, is_mute: bool = False, frame: bytes = SILENCE) -> None:
        self._is_mute = is_mute
        self._frame = frame
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._version = 0
        self._target: tuple[str, int] | None = None
        self._task: asyncio.Task[None] | None = None

    def offer(self, direction: str = "sendrecv") -> str:
        """The SDP that says where to send voice to."""
        self._version += 1  # chan_sip does not read an offer whose version it knows
        lines = [
            "v=0",
            f"o=- {self.port} {self._version} IN IP4 127.0.0.1",
            "s=lab",
            "c=IN IP4 127.0.0.1",
            "t=0 0",
            f"m=audio {self.port} RTP/AVP 0",
            "a=rtpmap:0 PCMU/8000",
            "a=ptime:20",
            f"a={direction}",
        ]
        return "\r\n".join([*lines, ""])

    def talk_to(self, sdp: str) -> None:
        """Send voice to where this SDP says, from now on."""
        port = re.search(r"^m=audio (\d+)", sdp, re.MULTILINE)
        if port and self._socket.fileno() >= 0:  # not when it has hung up
            self._target = ("127.0.0.1", int(port[1]))
            if not self._is_mute:
                self.unmute()

    def unmute(self) -> None:
        """Send voice from now on."""
        self._task = self._task or asyncio.create_task(self._talk())

    def hears(self) -> bool:
        """Did any voice come from the other side?"""
        try:
            return bool(self._socket.recv(2048))
        except OSError:
            return False

    def close(self) -> None:
        if self._task:
            self._task.cancel()
        self._socket.close()

    async def _talk(self) -> None:
        source = random.randrange(1 << 32)  # noqa: S311  # it has to differ, not to be secret
        next_at = asyncio.get_running_loop().time()
        for number in range(1 << 30):
            header = struct.pack("!BBHII", 0x80, 0, number & 0xFFFF, number * 160 & 0xFFFFFFFF, source)
            assert self._target
            with suppress(OSError):  # nobody listens there any more, or the buffer is full: silence is cheap
                self._socket.sendto(header + self._frame, self._target)
            next_at += 0.02
            await asyncio.sleep(next_at - asyncio.get_running_loop().time())


def direction(sdp: str) -> str:
    """sendrecv, sendonly, recvonly or inactive."""
    found = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)", sdp, re.MULTILINE)
    return found[1] if found else "sendrecv"


def mirrored(offered: str) -> str:
    """The direction to answer with."""
    return {"sendonly": "recvonly", "recvonly": "sendonly"}.get(offered, offered)
