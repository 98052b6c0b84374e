"""Helpers for tests of reporters, under the names of cacofonisk 0.x."""

from __future__ import annotations

import inspect
import unittest
from pathlib import Path

from reactivex import operators as ops

from cacofonisk import sources
from cacofonisk.ami_event import AmiEvent, Headers
from cacofonisk.classic.reporters import BaseReporter

SilentReporter = BaseReporter


class BaseTestCase(unittest.TestCase):
    """A test case that reads recordings."""

    def load_events_from_disk(self, path: str | Path) -> list[Headers]:
        """The AMI events of a recording; a relative path is one from the test's own folder, else from here."""
        beside = Path(inspect.getfile(type(self))).parent / path
        recording = sources.file(beside if beside.exists() else path)
        return [event.recorded for event in recording.pipe(ops.to_list()).run() if isinstance(event, AmiEvent)]
