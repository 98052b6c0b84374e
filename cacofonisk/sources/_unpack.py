"""Unpacks gzip and zstd as they are read, recognised from their first bytes; pure."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Protocol

from cacofonisk.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_GZIP = b"\x1f\x8b"
_MEMBER = b"\x1f\x8b\x08\0\0\0\0\0"  # without a name and a time, as our recorder writes them: no chance makes that
_ZSTD = b"\x28\xb5\x2f\xfd"
_SLICE = 1024  # packed bytes at a time, so that a bomb cannot fill the memory at one blow


class PackedDataError(ValueError):
    """Packed data is damaged or ends in the middle."""


class _Stream(Protocol):
    """One packed stream of possibly several behind each other."""

    @property
    def unused_data(self) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, /) -> bytes: ...


class Unpacker:
    """Takes packed (or plain) bytes in chunks of any size; `name` stands in messages.

    Behind a gzip member that is torn or damaged it goes on with the next one of our recorder's. Raises SourceError
    for zstd without the package that reads it.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._head = b""
        self._known = False
        self._kind = ""
        self._stream: _Stream | None = None
        self._at = 0
        self._lost = False  # what comes cannot be unpacked until a new member begins
        self._damage = ""  # the first

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take the next bytes; what they unpack to."""
        if not self._known:
            chunk = self._head + chunk
            self._head = chunk
            if len(chunk) < len(_ZSTD):
                return
            self._recognise(chunk)
        yield from self._unpack(chunk) if self._kind else (chunk,)

    def finish(self) -> Iterator[bytes]:
        """The data has ended: what was still held back; raises PackedDataError if any of it was torn or damaged."""
        if not self._kind:
            yield self._head
            return
        yield from self._decompress(self._head)
        if not self._lost and self._stream is not None and not self._stream.eof:
            self._damaged(f"its {self._kind} data ends in the middle")
        if self._damage:
            raise PackedDataError(self._damage)

    def _recognise(self, start: bytes) -> None:
        self._known = True
        self._head = b""
        if start.startswith(_GZIP):
            self._kind = "gzip"
        elif start.startswith(_ZSTD):
            self._kind = "zstd"

    def _unpack(self, chunk: bytes) -> Iterator[bytes]:
        """What is packed, member by member; the last bytes are held back, for a member may begin in them."""
        first, *members = (self._head + chunk).split(_MEMBER)
        if members:
            members[-1], self._head = _hold_back(members[-1])
        else:
            first, self._head = _hold_back(first)
        yield from self._decompress(first)
        for member in members:
            yield from self._begin()
            yield from self._decompress(_MEMBER + member)

    def _begin(self) -> Iterator[bytes]:
        """A new member: where the one before has not ended, it never will."""
        if not self._lost:
            if self._stream is None or self._stream.eof:
                return
            self._damaged(f"its gzip data is torn at byte {self._at}")
        self._lost = False
        self._stream = None
        yield b"\n"  # a torn line stays alone; a torn packet of raw bytes does not end

    def _decompress(self, chunk: bytes) -> Iterator[bytes]:
        self._at += len(chunk)
        for start in range(0, len(chunk), _SLICE):
            data = chunk[start : start + _SLICE]
            while data and not self._lost:
                if self._stream is None or self._stream.eof:
                    if self._stream is not None and not data.strip(b"\0"):
                        break  # padding behind the last stream
                    self._stream = self._open()
                try:
                    unpacked = self._stream.decompress(data)
                except Exception as error:  # noqa: BLE001  # zlib.error, or the error of a package that may be absent
                    self._damaged(f"its {self._kind} data is damaged: {error}")
                    self._lost = True
                    break
                data = self._stream.unused_data if self._stream.eof else b""
                if unpacked:
                    yield unpacked

    def _damaged(self, what: str) -> None:
        self._damage = self._damage or what

    def _open(self) -> _Stream:
        if self._kind == "gzip":
            return zlib.decompressobj(wbits=31)
        try:
            import zstandard
        except ImportError:
            raise SourceError(
                f"{self._name} is packed with zstd: pip install 'cacofonisk[zstd]', or unpack it first"
            ) from None
        return zstandard.ZstdDecompressor().decompressobj()


def _hold_back(data: bytes) -> tuple[bytes, bytes]:
    """The bytes without those at the end in which a member may begin, and those."""
    cut = max(0, len(data) - len(_MEMBER) + 1)
    return data[:cut], data[cut:]
