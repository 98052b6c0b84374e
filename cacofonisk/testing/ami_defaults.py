"""AMI events from short legends: the headers that a test does not care about are filled in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cacofonisk.testing.timeline import MarbleError

if TYPE_CHECKING:
    from cacofonisk.ami_event import Headers
    from cacofonisk.testing.legend import LegendLine

STATES = {
    "0": "Down", "1": "Rsrvd", "2": "OffHook", "3": "Dialing", "4": "Ring", "5": "Ringing", "6": "Up",
    "7": "Busy", "8": "Dialing Offhook", "9": "Pre-ring",
}  # fmt: skip
_NUMBERS = {name: number for number, name in STATES.items()}

OF_EVENT: dict[str, dict[str, str]] = {
    "AttendedTransfer": {"Result": "Success", "IsExternal": "Yes", "DestType": "Bridge"},
    "BlindTransfer": {"Result": "Success", "IsExternal": "Yes", "Context": "internal", "Extension": ""},
    "ConfbridgeJoin": {"Conference": "room", "Admin": "No", "Muted": "No"},
    "ConfbridgeEnd": {"Conference": "room"},
    "ConfbridgeLeave": {"Conference": "room", "Admin": "No"},
    "DialBegin": {"DialString": ""},
    "DialEnd": {"DialStatus": "ANSWER"},
    "DialState": {"DialStatus": "RINGING"},
    "FullyBooted": {"Status": "Fully Booted", "Uptime": "1", "LastReload": "1"},
    "Hangup": {"Cause": "16", "Cause-txt": "Normal Clearing"},
    "LocalBridge": {"Context": "internal", "Exten": "s", "LocalOptimization": "Yes"},
    "ParkedCall": {
        "ParkerDialString": "", "Parkinglot": "default", "ParkingSpace": "701", "ParkingTimeout": "45",
        "ParkingDuration": "0",
    },
    "ParkedCallGiveUp": {"Parkinglot": "default", "ParkingSpace": "701"},
    "ParkedCallTimeOut": {"Parkinglot": "default", "ParkingSpace": "701"},
    "QueueCallerAbandon": {"Queue": "queue", "Position": "1", "OriginalPosition": "1", "HoldTime": "0"},
    "QueueCallerJoin": {"Queue": "queue", "Position": "1", "Count": "1"},
    "QueueCallerLeave": {"Queue": "queue", "Position": "1", "Count": "0"},
    "UnParkedCall": {"Parkinglot": "default", "ParkingSpace": "701"},
}  # fmt: skip
"""Headers that belong to an event rather than to a channel or bridge in it."""

_CHANNEL: tuple[str, ...] = (
    "Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
    "ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid",
)  # fmt: skip
_BRIDGE: tuple[str, ...] = (
    "BridgeUniqueid", "BridgeType", "BridgeTechnology", "BridgeCreator", "BridgeName", "BridgeNumChannels",
)  # fmt: skip
_NO_SNAPSHOT = ("Swap",)  # SwapUniqueid comes alone
_UNIQUEID = re.compile(r"(.*)Uniqueid")


class AmiDefaults:
    """Fills in headers; remembers for each channel and bridge what the legend lines before said."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str | None]] = {}
        self._members: dict[str, dict[str, None]] = {}

    def headers(self, legend: LegendLine) -> Headers:
        """All headers but Timestamp of the AMI event that a legend line describes."""
        given: Headers = {}
        absent = [field.name for field in legend.fields if field.value is None]
        for field in legend.fields:
            if field.value is not None and (field.name[:1].isupper()):
                add_header(given, field.name, field.value)
        self._complete_states(given)
        headers: Headers = {"Event": legend.kind, "Privilege": "call,all", "Timestamp": ""}
        for name, value in list(given.items()):
            found = _UNIQUEID.fullmatch(name)
            if found and isinstance(value, str) and found[1] not in _NO_SNAPSHOT:
                headers |= self._snapshot(found[1], value, legend.kind, given, absent)
        headers |= OF_EVENT.get(legend.kind, {})
        headers |= given
        for name in absent:
            headers.pop(name, None)
        if legend.kind == "Newstate" and "ChannelState" not in {*headers, *absent}:
            raise MarbleError("Newstate needs ChannelState or ChannelStateDesc")
        return headers

    def _complete_states(self, given: Headers) -> None:
        for name in list(given):
            value = given[name]
            if isinstance(value, list):
                continue
            if name.endswith("ChannelState") and value in STATES:
                given.setdefault(name + "Desc", STATES[value])
            elif name.endswith("ChannelStateDesc") and value in _NUMBERS:
                given.setdefault(name.removesuffix("Desc"), _NUMBERS[value])

    def _snapshot(self, prefix: str, uniqueid: str, event: str, given: Headers, absent: list[str]) -> Headers:
        """What Asterisk says about a channel or bridge each time it names one."""
        if prefix.endswith("Bridge"):
            names, prefix = _BRIDGE, prefix.removesuffix("Bridge")
            known = self._known.setdefault(f"bridge {uniqueid}", _bridge(uniqueid))
            self._count(uniqueid, event, given, known)
        else:
            names = _CHANNEL
            known = self._known.setdefault(uniqueid, _channel(uniqueid))
            if event == "Newchannel" and "ChannelState" not in given:
                caller = given.get("Linkedid", uniqueid) == uniqueid
                known |= {"ChannelState": "4", "ChannelStateDesc": "Ring"} if caller else {}
        for name in names:
            value = given.get(prefix + name)
            if isinstance(value, str):
                known[name] = value
            elif prefix + name in absent:
                known[name] = None  # and stays away in the lines that follow
        if event == "Newstate" and "ChannelState" not in given:
            names = tuple(name for name in names if not name.startswith("ChannelState"))
        values = ((prefix + name, known[name]) for name in names)
        return {name: value for name, value in values if value is not None}

    def _count(self, bridge: str, event: str, given: Headers, known: dict[str, str | None]) -> None:
        members = self._members.setdefault(bridge, {})
        uniqueid = given.get("Uniqueid")
        if isinstance(uniqueid, str):
            if event == "BridgeEnter":
                members[uniqueid] = None
                members.pop(str(given.get("SwapUniqueid")), None)
            elif event == "BridgeLeave":
                members.pop(uniqueid, None)
        known["BridgeNumChannels"] = str(len(members))


def _channel(uniqueid: str) -> dict[str, str | None]:
    return {
        "Channel": f"PJSIP/{uniqueid}-00000001", "ChannelState": "0", "ChannelStateDesc": "Down",
        "CallerIDNum": uniqueid, "CallerIDName": "<unknown>", "ConnectedLineNum": "<unknown>",
        "ConnectedLineName": "<unknown>", "Language": "en", "AccountCode": "", "Context": "internal",
        "Exten": "s", "Priority": "1", "Uniqueid": uniqueid, "Linkedid": uniqueid,
    }  # fmt: skip


def _bridge(uniqueid: str) -> dict[str, str | None]:
    return {
        "BridgeUniqueid": uniqueid, "BridgeType": "basic", "BridgeTechnology": "simple_bridge",
        "BridgeCreator": "<unknown>", "BridgeName": "<unknown>", "BridgeNumChannels": "0",
    }  # fmt: skip


def add_header(headers: Headers, name: str, value: str) -> None:
    """A header more; one that comes twice is a list."""
    before = headers.get(name)
    if before is None:
        headers[name] = value
    else:
        headers[name] = [*before, value] if isinstance(before, list) else [before, value]
