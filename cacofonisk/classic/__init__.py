"""The class API that people who know cacofonisk 0.x write: a skin over the pipeline, without logic of its own."""

from cacofonisk.classic.channel_manager import ChannelManager
from cacofonisk.classic.reporters import BaseReporter, CallerId, DebugReporter, JsonReporter
from cacofonisk.classic.runners import AmiRunner, FileRunner

JsonFileReporter, JsonFileRunner = JsonReporter, FileRunner

__all__ = [
    "AmiRunner", "BaseReporter", "CallerId", "ChannelManager", "DebugReporter", "FileRunner", "JsonFileReporter",
    "JsonFileRunner", "JsonReporter",
]  # fmt: skip
