"""Unpacks gzip and zstd as they are read, recognised from their first bytes; pure."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Protocol

from cacofonisk.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_GZIP = b"\x1f\x8b"
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

    Raises SourceError for zstd without the package that reads it, PackedDataError where the data is damaged.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._head = b""
        self._known = False
        self._kind = ""
        self._stream: _Stream | None = None

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
        """The data has ended: what was too short to be packed; raises PackedDataError if it ended midway."""
        if not self._known:
            yield self._head
        elif self._stream is not None and not self._stream.eof:
            raise PackedDataError(f"its {self._kind} data ends in the middle")

    def _recognise(self, start: bytes) -> None:
        self._known = True
        self._head = b""
        if start.startswith(_GZIP):
            self._kind = "gzip"
        elif start.startswith(_ZSTD):
            self._kind = "zstd"

    def _unpack(self, chunk: bytes) -> Iterator[bytes]:
        for start in range(0, len(chunk), _SLICE):
            data = chunk[start : start + _SLICE]
            while data:
                if self._stream is None or self._stream.eof:
                    if self._stream is not None and not data.strip(b"\0"):
                        break  # padding behind the last stream
                    self._stream = self._open()
                try:
                    unpacked = self._stream.decompress(data)
                except Exception as error:  # noqa: BLE001  # zlib.error, or the error of a package that may be absent
                    raise PackedDataError(f"its {self._kind} data is damaged: {error}") from None
                data = self._stream.unused_data if self._stream.eof else b""
                if unpacked:
                    yield unpacked

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
