"""How to test a pipeline of your own without a PBX: `pytest docs/test_my_pipeline.py`."""

from __future__ import annotations

import asyncio

from cacofonisk import only, sources
from cacofonisk.events import Event, Hangup, Started
from cacofonisk.operators import call_events
from cacofonisk.testing import AmiServer

CALLER = {
    "Privilege": "call,all",
    "Channel": "PJSIP/201-00000001",
    "ChannelState": "4",
    "ChannelStateDesc": "Ring",
    "CallerIDNum": "201",
    "CallerIDName": "Alice",
    "ConnectedLineNum": "<unknown>",
    "ConnectedLineName": "<unknown>",
    "Language": "en",
    "AccountCode": "",
    "Context": "internal",
    "Exten": "202",
    "Priority": "1",
    "Uniqueid": "1700000000.1",
    "Linkedid": "1700000000.1",
}
CALL = [{"Event": "Newchannel", **CALLER}, {"Event": "Hangup", **CALLER, "Cause": "17", "Cause-txt": "User busy"}]


class Pipeline:
    """The pipeline under test; dispose of its subscription when done."""

    def __init__(self, url: str) -> None:
        self.seen: list[Event] = []
        self.changed = asyncio.Event()
        calls = sources.ami(url, retry_first=0.01).pipe(call_events(), only(Started, Hangup))
        self.subscription = calls.subscribe(self.take)

    def take(self, event: Event) -> None:
        self.seen.append(event)
        self.changed.set()

    async def until(self, count: int) -> Event:
        """Wait for so many events; the last of them."""
        async with asyncio.timeout(30):
            while len(self.seen) < count:
                self.changed.clear()
                await self.changed.wait()
        return self.seen[count - 1]


def test_why_a_call_ended_is_told() -> None:
    async def scenario() -> None:
        async with AmiServer(CALL) as server:  # the path of a recording would do as well
            pipeline = Pipeline(server.url)
            await server.play()
            hangup = await pipeline.until(2)
            pipeline.subscription.dispose()
        assert isinstance(hangup, Hangup)
        assert (hangup.caller.number, hangup.reason) == ("201", "busy")

    asyncio.run(scenario())


def test_a_call_whose_end_nobody_saw_is_lost() -> None:
    async def scenario() -> None:
        async with AmiServer(CALL[:1]) as server:
            pipeline = Pipeline(server.url)
            await server.play()
            await pipeline.until(1)
            server.state.follow(CALL[1])  # it hangs up, but the connection is away
            server.cut()
            hangup = await pipeline.until(2)
            pipeline.subscription.dispose()
        assert isinstance(hangup, Hangup)
        assert (hangup.reason, hangup.inferred) == ("lost", True)

    asyncio.run(scenario())
