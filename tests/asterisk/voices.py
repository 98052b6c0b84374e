"""Voices that can be told from each other: so a phone knows whom it hears."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

from .rtp import Voice

FRAME = 160  # samples in 20 ms
HEADER = 12  # bytes of RTP before the voice
TONES = [tone for tone in range(256) if tone | 0x81 != 0xFF]
"""One byte of \u00b5-law each, again and again; none is silence, nor is made to it where Asterisk mixes."""


class Speaker(Voice):
    """Says its own tone, and counts the frames of each other tone that it hears."""

    def __init__(self, tone: int) -> None:
        super().__init__(frame=bytes([tone]) * FRAME)
        self.tone = tone
        self.heard: Counter[int] = Counter()
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._listen)

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
        super().close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                frame = self._socket.recv(2048)[HEADER:]
                if frame and frame == frame[:1] * len(frame):  # else several talk, or music plays
                    self.heard[frame[0]] += 1


def speakers() -> Callable[[], Speaker]:
    """Makes voices, each with a tone of its own."""
    tones: Iterator[int] = iter(TONES)
    return lambda: Speaker(next(tones))
