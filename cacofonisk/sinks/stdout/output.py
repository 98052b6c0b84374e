"""Writes bytes to where they are really gone."""

from __future__ import annotations

import os
import select
import sys

from cacofonisk.errors import SinkError


class StandardOutput:
    """Standard output, or what stands in its place in a notebook or a test; it may collect `hold` bytes.

    Raises SinkError where it cannot be written, BrokenPipeError where its reader is gone.
    """

    def __init__(self, hold: int = 0) -> None:
        self._hold = hold
        self._held = bytearray()
        if sys.stdout is None:
            raise SinkError("standard output is closed")
        try:
            self._descriptor = sys.stdout.fileno()
            sys.stdout.flush()  # what the program printed before comes first
        except (AttributeError, OSError, ValueError):
            self._descriptor = -1

    def write(self, data: bytes) -> None:
        """Take whole lines."""
        self._held += data
        if len(self._held) > self._hold:
            self.flush()

    def flush(self) -> None:
        """Write what was collected."""
        data = bytes(self._held)
        self._held.clear()
        if not data:
            return
        try:
            if self._descriptor >= 0:
                # Past Python's own buffer: what a closed pipe left in it would fail again at exit.
                while data:  # in one go, unless the system takes less at a time
                    data = data[self._write(data) :]
            else:
                sys.stdout.write(data.decode())
                sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise SinkError(f"standard output cannot be written: {(error.strerror or str(error)).lower()}") from None

    def _write(self, data: bytes) -> int:
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            # Whoever shares this pipe with us has made it non-blocking: that it is full means to wait, as ever.
            ready = select.poll()
            ready.register(self._descriptor, select.POLLOUT)
            ready.poll()
            return 0
