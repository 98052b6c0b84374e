"""Ports of this machine that a PBX can listen on, and nobody else, also while it starts or is killed."""

import random
import socket
from contextlib import suppress

PORTS = range(5100, 10000)  # below those that the kernel gives to whoever asks for any, and those for voice


class Ports:
    """Each is held in the protocol that is not spoken on it, so no other lab on this machine has it."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []

    def udp(self) -> int:
        """A port for UDP."""
        return self._reserve(socket.SOCK_DGRAM, held=socket.SOCK_STREAM)

    def tcp(self) -> int:
        """A port for TCP."""
        return self._reserve(socket.SOCK_STREAM, held=socket.SOCK_DGRAM)

    def close(self) -> None:
        """They are anybody's again."""
        for holder in self._held:
            holder.close()
        self._held.clear()

    def _reserve(self, spoken: socket.SocketKind, held: socket.SocketKind) -> int:
        for port in random.sample(PORTS, len(PORTS)):  # any will do
            holder = socket.socket(socket.AF_INET, held)
            with suppress(OSError), socket.socket(socket.AF_INET, spoken) as probe:
                holder.bind(("127.0.0.1", port))
                probe.bind(("127.0.0.1", port))
                self._held.append(holder)
                return port
            holder.close()
        raise OSError(f"no port from {PORTS.start} to {PORTS.stop - 1} is free")
