"""Marble diagrams, which are tests of operators as two aligned lines, and an AMI server that replays recordings."""

from cacofonisk.testing.ami_server import AmiServer
from cacofonisk.testing.case import Case
from cacofonisk.testing.plain import draw, marbles
from cacofonisk.testing.playing import Note, Recording, play
from cacofonisk.testing.reader import parse_marbles, read_marbles
from cacofonisk.testing.rewriting import rewrite_case
from cacofonisk.testing.running import Outcome, run_case
from cacofonisk.testing.timeline import MarbleError

__all__ = [
    "AmiServer",
    "Case",
    "MarbleError",
    "Note",
    "Outcome",
    "Recording",
    "draw",
    "marbles",
    "parse_marbles",
    "play",
    "read_marbles",
    "rewrite_case",
    "run_case",
]
