"""What stands between one source of AMI events and a reporter."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from cacofonisk.ami_event import AmiEvent, Headers
from cacofonisk.calls import CallTracker
from cacofonisk.channels import Channel
from cacofonisk.classic.hooks import said_of, tell
from cacofonisk.classic.reporters import BaseReporter, CallerId
from cacofonisk.events import Event
from cacofonisk.machine import Emit
from cacofonisk.pipeline import pipeline
from cacofonisk.registry import ChannelTracker


class ChannelManager:
    """Feeds the events of one source to the pipeline, and what comes out to the hooks of a reporter.

    Each source of a runner has its own. Override `on_event` to see or change what comes in.
    """

    reporter = BaseReporter()
    server = "pbx"

    def __init__(self, reporter: BaseReporter | None = None) -> None:
        self.attach(reporter or self.reporter)

    def attach(self, reporter: BaseReporter) -> None:
        """Begin anew, for this reporter."""
        self.reporter, self.pipeline = reporter, pipeline()

    def on_event(self, event: Headers) -> None:
        """Take an event of Asterisk, a dict of its headers; raises MissingHeaderError for one without a name."""
        packet = AmiEvent.from_recorded(event, server=self.server)
        said = {"event": event, "server": self.server}
        tell(self.reporter, "trace_ami", said)
        tell(self.reporter, "on_ami_event", said)
        self._hear(partial(self.pipeline.push, packet), event)
        tell(self.reporter, "on_event", said)

    def take(self, event: Event) -> None:
        """Take whatever a source gives; AMI events go through `on_event`."""
        if isinstance(event, AmiEvent):
            self.server = event.server
            self.on_event(event.recorded)
        else:
            self._hear(partial(self.pipeline.push, event), {})

    def finish(self, _error: Exception | None = None) -> None:
        """The source has ended: calls that are still alive are lost."""
        self._hear(self.pipeline.finish, {})

    def channel(self, uniqueid: str) -> Channel | None:
        """The live channel with this Uniqueid."""
        return self.pipeline.find(ChannelTracker).channel(self.server, uniqueid)

    def _hear(self, think: Callable[[Emit], None], packet: Headers) -> None:
        said_by_hook: list[tuple[str, dict[str, Any]]] = []
        think(lambda event: said_by_hook.extend(said_of(event, partial(self._who, event))))
        for name, said in said_by_hook:  # now that the pipeline has finished its thought
            tell(self.reporter, name, {**said, "event": packet})

    def _who(self, event: Any, who: Any) -> Any:
        """The person, or persons, as the hooks know them."""
        if isinstance(who, list):
            return [self._who(event, one) for one in who]
        if who is None:
            return CallerId()
        known = self.pipeline.find(CallTracker).channel(event.server, event.call_id, who.uniqueid)
        channel = known or self.channel(who.uniqueid)
        return CallerId(who.code, who.name, who.number, who.is_public, who.exten, channel)
