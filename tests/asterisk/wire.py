"""SIP over UDP: what gets lost is repeated, and each answer finds its question."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from .diary import NotSeenError
from .sip_message import Message

Answered = Callable[[Message], None]


class Wire(asyncio.DatagramProtocol):
    """A port on loopback, and the PBX at the other end. Requests that come in go to `on_request`."""

    def __init__(self, on_request: Answered) -> None:
        self.port = 0
        self.pbx = ("127.0.0.1", 0)
        self._on_request = on_request
        self._transport: asyncio.DatagramTransport | None = None
        self._asked: dict[str, tuple[Answered, asyncio.Task[None]]] = {}  # by branch and method
        self._said: dict[str, Message] = {}  # should the same question come again
        self._unacknowledged: dict[str, asyncio.Task[None]] = {}  # by Call-ID

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = int(self._transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        self.forget()
        if self._transport:
            self._transport.close()

    def forget(self) -> None:
        """Stop repeating anything."""
        for task in [*self._unacknowledged.values(), *(task for _, task in self._asked.values())]:
            task.cancel()
        self._asked.clear()
        self._said.clear()
        self._unacknowledged.clear()

    # Sending

    def send(self, message: Message) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.sendto(message.to_bytes(), self.pbx)

    def transmit(self, request: Message, answered: Answered) -> None:
        """Send a request, again and again until something is said; each answer goes to `answered`."""
        self.send(request)
        self._asked[_key(request)] = (answered, asyncio.create_task(self._repeat(request)))

    async def ask(self, request: Message) -> Message:
        """Send a request and wait for its final answer."""
        final: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def answered(answer: Message) -> None:
            if answer.code >= 200 and not final.done():
                final.set_result(answer)

        self.transmit(request, answered)
        with suppress(TimeoutError):
            return await asyncio.wait_for(final, 5)
        raise NotSeenError(f"no answer to {request.start}")

    def respond(self, request: Message, response: Message, *, until_ack: bool = False) -> None:
        self._said[_key(request)] = response
        self.send(response)
        if until_ack:
            call_id = request.get("Call-ID")
            self.acknowledged(call_id)
            self._unacknowledged[call_id] = asyncio.create_task(self._repeat(response))

    def acknowledged(self, call_id: str) -> None:
        task = self._unacknowledged.pop(call_id, None)
        if task:
            task.cancel()

    def waits_for_ack(self, call_id: str) -> bool:
        return call_id in self._unacknowledged

    async def _repeat(self, message: Message) -> None:
        for pause in (0.5, 1, 2, 4):
            await asyncio.sleep(pause)
            self.send(message)

    # Receiving

    def datagram_received(self, data: bytes, _addr: tuple[str, int]) -> None:
        if len(data) < 10:
            return  # a keep-alive
        message = Message.parse(data)
        key = _key(message)
        if not message.is_request:
            answered, task = self._asked.get(key, (None, None))
            if answered and task:
                task.cancel()
                answered(message)
        elif key in self._said:
            self.send(self._said[key])
        else:
            self._on_request(message)

    def error_received(self, error: Exception) -> None:
        """The PBX is gone for the moment."""


def _key(message: Message) -> str:
    return f"{message.branch} {message.method}"
