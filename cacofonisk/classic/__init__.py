"""The class API that people who know cacofonisk 0.x write: a skin over the pipeline, without logic of its own."""

from __future__ import annotations

from cacofonisk.classic.ami_runner import AmiRunner
from cacofonisk.classic.base_reporter import BaseReporter
from cacofonisk.classic.caller_id import CallerId
from cacofonisk.classic.channel_manager import ChannelManager
from cacofonisk.classic.debug_reporter import DebugReporter
from cacofonisk.classic.file_runner import FileRunner, JsonFileRunner
from cacofonisk.classic.json_reporter import JsonFileReporter, JsonReporter

__all__ = [
    "AmiRunner", "BaseReporter", "CallerId", "ChannelManager", "DebugReporter", "FileRunner", "JsonFileReporter",
    "JsonFileRunner", "JsonReporter",
]  # fmt: skip
