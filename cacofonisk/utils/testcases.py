"""Helpers for tests of reporters, under the names of cacofonisk 0.x."""

from __future__ import annotations

import inspect
import unittest
from pathlib import Path
from typing import TYPE_CHECKING

from cacofonisk import sources
from cacofonisk.ami_event import AmiEvent
from cacofonisk.classic.base_reporter import BaseReporter
from cacofonisk.classic.channel_manager import headers_of

if TYPE_CHECKING:
    import os

    from cacofonisk.ami_event import Headers


class SilentReporter(BaseReporter):
    """Tells nothing to anybody; to be derived from."""


class BaseTestCase(unittest.TestCase):
    """A test case that reads recordings."""

    def load_events_from_disk(self, path: str | os.PathLike[str]) -> list[Headers]:
        """The AMI events of a recording; a relative path is one from the test's own folder, else from here.

        Raises SourceError.
        """
        beside = Path(inspect.getfile(type(self))).parent / path
        errors: list[Exception] = []
        events: list[Headers] = []
        sources.file(beside if beside.exists() else path).subscribe(
            lambda event: events.append(headers_of(event)) if isinstance(event, AmiEvent) else None, errors.append
        )
        if errors:
            raise errors[0]
        return events
