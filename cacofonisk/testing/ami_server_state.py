"""What the AMI server for tests knows of the channels and bridges in the packets that it sent; pure."""

from __future__ import annotations

Headers = dict[str, str]

_CHANNEL = (
    "Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
    "ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid",
)  # fmt: skip
_BRIDGE = ("BridgeUniqueid", "BridgeType", "BridgeTechnology", "BridgeCreator", "BridgeName", "BridgeNumChannels")


class AmiServerState:
    """Follows packets and answers the list actions CoreShowChannels, Status, BridgeList and BridgeInfo."""

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
        name = action.get("Action", "").lower()
        items: list[Headers]
        end: Headers = {}
        if name == "coreshowchannels":
            items = [{**known, "BridgeId": self._members.get(key, "")} for key, known in self._channels.items()]
            events = ("CoreShowChannel", "CoreShowChannelsComplete")
        elif name == "status":
            items = [{**known, "BridgeID": self._members.get(key, "")} for key, known in self._channels.items()]
            events = ("Status", "StatusComplete")
        elif name == "bridgelist":
            items = list(self._bridges.values())
            events = ("BridgeListItem", "BridgeListComplete")
        elif name == "bridgeinfo":
            bridge = action.get("BridgeUniqueid", "")
            end = self._bridges.get(bridge, {})
            members = [key for key, value in self._members.items() if value == bridge]
            items = [self._channels[key] for key in members if key in self._channels]
            events = ("BridgeInfoChannel", "BridgeInfoComplete")
        else:
            return None
        packets = [{"Event": events[0], **item} for item in items]
        return [*packets, {"Event": events[1], "EventList": "Complete", "ListItems": str(len(items)), **end}]

    def knows_bridge(self, bridge: str) -> bool:
        """Whether there is such a bridge now."""
        return bridge in self._bridges
