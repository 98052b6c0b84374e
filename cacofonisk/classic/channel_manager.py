"""What stands between one source of AMI events and a reporter."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from cacofonisk.ami_event import AmiEvent, Headers
from cacofonisk.classic.base_reporter import BaseReporter
from cacofonisk.classic.caller_id import CallerId
from cacofonisk.classic.hooks import hooks_of
from cacofonisk.classic.translation import Said, say
from cacofonisk.events import Anomaly, Event, Party
from cacofonisk.pipeline import pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.channels import Channel
    from cacofonisk.machine import Emit

_log = logging.getLogger("cacofonisk.classic")


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
        self.reporter = reporter
        self.hooks = hooks_of(reporter)
        self._pipeline = pipeline(keep_ami=True)
        self._channels: WeakValueDictionary[tuple[str, str], Channel] = WeakValueDictionary()

    def on_event(self, event: Headers) -> None:
        """Take an event of Asterisk, a dict of its headers; raises MissingHeaderError for one without a name."""
        headers = dict(event)
        received = 0.0 if "Timestamp" in headers else float(str(headers.pop("Received", 0)))
        given = {"event": event, "server": self.server}
        self._tell([("on_ami_event", given)])
        self._hear(partial(self._pipeline.push, AmiEvent(headers, server=self.server, received=received)), event)
        self._tell([("on_event", given)])

    def take(self, event: Event) -> None:
        """Take whatever a source gives; AMI events go through `on_event`."""
        if isinstance(event, AmiEvent):
            self.server = event.server
            self.on_event(headers_of(event))
        else:
            self._hear(partial(self._pipeline.push, event), {})

    def finish(self) -> None:
        """The source has ended: calls that are still alive are lost."""
        self._hear(self._pipeline.finish, {})

    def close(self) -> None:
        """Close the reporter."""
        self._tell([("close", {})])

    def channel(self, uniqueid: str) -> Channel | None:
        """The live channel with this Uniqueid."""
        return self._channels.get((self.server, uniqueid))

    def _hear(self, think: Callable[[Emit], None], packet: Headers) -> None:
        said: list[Said] = []

        def emit(event: Event) -> None:
            if isinstance(event, AmiEvent) and event.name == "Newchannel" and event.channel is not None:
                self._channels[event.server, event.channel.uniqueid] = event.channel
            elif isinstance(event, Anomaly):
                _log.info("%s: %s", event.server, event.what)
            said.extend(say(event, packet, partial(self._person, event.server)))

        think(emit)
        self._tell(said)  # now that the pipeline has finished its thought

    def _person(self, server: str, party: Party | None) -> CallerId:
        if party is None:
            return CallerId()
        channel = self._channels.get((server, party.uniqueid))
        return CallerId(party.code, party.name, party.number, party.is_public, party.exten, channel)

    def _tell(self, said: list[Said]) -> None:
        for name, values in said:
            if name in self.hooks:
                self.hooks[name](values)


def headers_of(event: AmiEvent) -> Headers:
    """The event as a dict; one without a Timestamp says when it was received, as recordings do."""
    headers = dict(event.headers)
    if event.received and "Timestamp" not in headers:
        headers["Received"] = f"{event.received:.6f}"
    return headers
