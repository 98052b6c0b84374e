"""Rebuilds calls from channels: who is in which call, and all call events that follow.

`CallTracker` is the machine; it hands every packet to those who understand it, one file each.
"""

from cacofonisk.calls.tracker import CallTracker

__all__ = ["CallTracker"]
