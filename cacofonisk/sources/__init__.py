"""Where AMI events come from; each source is an observable of events."""

from __future__ import annotations

from cacofonisk.sources._ami_finding import Finding
from cacofonisk.sources._login import Login, LoginRefusedError
from cacofonisk.sources._recorder import Recorder
from cacofonisk.sources.ami import ami, check_ami
from cacofonisk.sources.file import DamagedRecordingError, file

__all__ = ["DamagedRecordingError", "Finding", "Login", "LoginRefusedError", "Recorder", "ami", "check_ami", "file"]
