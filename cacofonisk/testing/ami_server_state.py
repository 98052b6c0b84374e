"""What the AMI server for tests knows of the channels and bridges in the packets that it sent; pure."""

from __future__ import annotations

from cacofonisk.ami_event import LISTS

Headers = dict[str, str]

_CHANNEL = (
    "Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
    "ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid",
)  # fmt: skip
_BRIDGE = ("BridgeUniqueid", "BridgeType", "BridgeTechnology", "BridgeCreator", "BridgeName", "BridgeNumChannels")


class AmiServerState:
    """Follows packets and answers the list actions CoreShowChannels, Status and BridgeList."""

    def __init__(self) -> None:
        self._channels: dict[str, Headers] = {}
        self._bridges: dict[str, Headers] = {}
        self._members: dict[str, str] = {}  # channel -> bridge, by Uniqueid

    def follow(self, packet: Headers) -> None:
        """Take a packet that was sent."""
        name, uniqueid = packet.get("Event"), packet.get("Uniqueid", "")
        bridge = packet.get("BridgeUniqueid", "")
        if name == "Hangup":
            self._channels.pop(uniqueid, None)
            self._members.pop(uniqueid, None)
        elif name == "Newchannel" or uniqueid in self._channels:
            known = self._channels.setdefault(uniqueid, {})
            known.update((key, packet[key]) for key in _CHANNEL if key in packet)
        if bridge:
            self._bridges[bridge] = {key: packet[key] for key in _BRIDGE if key in packet}
        if name == "BridgeEnter":
            self._members[uniqueid] = bridge
        elif name == "BridgeLeave":
            self._members.pop(uniqueid, None)
        elif name == "BridgeDestroy":
            self._bridges.pop(bridge, None)

    def list(self, action: Headers) -> list[Headers] | None:
        """The events that answer a list action, the last one ends it; None where it is no list action."""
        asked = action.get("Action", "").lower()
        name = next((name for name in LISTS if name.lower() == asked), None)
        if name is None:
            return None
        if name == "BridgeList":
            items = list(self._bridges.values())
        else:
            place = "BridgeId" if name == "CoreShowChannels" else "BridgeID"  # so Asterisk spells it
            items = [{**known, place: self._members.get(key, "")} for key, known in self._channels.items()]
        item, end = LISTS[name]
        packets = [{"Event": item, **each} for each in items]
        return [*packets, {"Event": end, "EventList": "Complete", "ListItems": str(len(items))}]
