"""Records the run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from cacofonisk.classic.base_reporter import BaseReporter
from cacofonisk.errors import SinkError

if TYPE_CHECKING:
    from cacofonisk.ami_event import Headers


class JsonReporter(BaseReporter):
    """Writes every AMI event of the run into one JSON array, which FileRunner replays.

    What stood in the file before is gone. The array is whole after each event, so whatever ends the program leaves
    one that can be read. Raises SinkError if the file cannot be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._file = self.path.open("wb", buffering=0)
        except OSError as error:
            raise SinkError(f"{self.path} cannot be written: {(error.strerror or str(error)).lower()}") from None
        self._file.write(b"[]\n")
        self._end = 1

    def on_ami_event(self, event: Headers) -> None:
        """Write it in place of the bracket that ends the array."""
        item = (b"\n" if self._end == 1 else b",\n") + json.dumps(event).encode()
        self._file.seek(self._end)
        self._file.write(item + b"\n]\n")
        self._end += len(item)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


JsonFileReporter = JsonReporter
