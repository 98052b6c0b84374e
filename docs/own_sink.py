import socket
from urllib.parse import urlsplit

from cacofonisk import CallEvent, Event
from cacofonisk.sinks import Sink, to_json


class UdpSink(Sink):
    """Sends each call event as a datagram of JSON: `--to udp://127.0.0.1:9999`."""

    def __init__(self, spec: str) -> None:
        super().__init__()
        self.address = (urlsplit(spec).hostname, urlsplit(spec).port)

    def open(self) -> None:
        self.socket = socket.socket(type=socket.SOCK_DGRAM)

    def write(self, event: Event) -> None:
        if isinstance(event, CallEvent):
            self.socket.sendto(to_json(event), self.address)

    def close(self) -> None:
        self.socket.close()
