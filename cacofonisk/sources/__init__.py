"""Where AMI events come from; each source is an observable of events."""

from __future__ import annotations

from cacofonisk.sources._recorder import Recorder
from cacofonisk.sources.ami import ami
from cacofonisk.sources.file import DamagedRecordingError, file

__all__ = ["DamagedRecordingError", "Recorder", "ami", "file"]
