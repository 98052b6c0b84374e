"""One stream per call, or per channel."""

from __future__ import annotations

from collections import deque
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Literal

from reactivex import Observable
from reactivex.disposable import Disposable, RefCountDisposable, SingleAssignmentDisposable

from cacofonisk.ami_event import AmiEvent
from cacofonisk.errors import BadPacketError
from cacofonisk.events import CallEvent, Event, Hangup, SourceEvent, Started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reactivex import abc


class UniqueidGroup(Observable[Event]):
    """The events of one call or one channel, as they happen.

    `key` is the call_id or the Uniqueid, `server` where it lives, `kind` whether it is a call or a channel.
    """

    def __init__(
        self, key: str, server: str, kind: Literal["call", "channel"], subscribe: abc.Subscription[Event]
    ) -> None:
        super().__init__(subscribe)
        self.key = key
        self.server = server
        self.kind: Literal["call", "channel"] = kind

    def __repr__(self) -> str:
        return f"<{self.kind} {self.key} on {self.server}>"


def group_by_uniqueid() -> Callable[[Observable[Event]], Observable[UniqueidGroup]]:
    """Split call events into a stream per call, and AMI events into a stream per channel.

    ::

        calls  -S-s-H   -h   -|
        group_by_uniqueid()
        groups -1-2--   --   -|
        1      -S---(H|)
        2      ---s--   -(h|)

    A call's stream opens with `started` and completes behind `hangup`; a channel's opens with Newchannel and
    completes behind Hangup, or when the connection is lost, for then nobody may tell that it hung up. What
    belongs to no open stream is dropped: events of a call that was joined midway, late ones, an Anomaly, a
    SourceEvent, AMI events without Uniqueid. A finished stream is forgotten.

    Streams are hot, as those of Rx's `group_by` are: subscribe to one at once and its first event comes too;
    who subscribes later has missed what was before. An observer that feeds the source anew gets what follows behind
    what it has not yet heard; one that raises keeps nothing from anybody. When the source fails or completes, so
    does every open stream. Who unsubscribes from the outer stream gets no new ones; the source stays connected until
    the last subscription to a stream has ended as well.

    Emits:
        A `UniqueidGroup` with `key`, `server` and `kind` for each call and each channel.
    """

    def operator(source: Observable[Event]) -> Observable[UniqueidGroup]:
        def subscribe(
            observer: abc.ObserverBase[UniqueidGroup], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            connection = SingleAssignmentDisposable()
            refcount = RefCountDisposable(connection)
            calls: dict[tuple[str, str], _Stream] = {}
            channels: dict[tuple[str, str], _Stream] = {}
            turns = _Turns()

            def feed(
                streams: dict[tuple[str, str], _Stream],
                kind: Literal["call", "channel"],
                key: tuple[str, str],
                event: Event,
                edge: Literal["first", "last"] | None,
            ) -> None:
                stream = streams.get(key)
                if stream is None:
                    if edge == "first" and not refcount.is_primary_disposed:
                        stream = streams[key] = _Stream(refcount)
                        group = UniqueidGroup(key[1], key[0], kind, stream.subscribe)
                        turns.take(partial(observer.on_next, group), partial(stream.push, event))
                elif edge == "last":
                    del streams[key]
                    turns.take(partial(stream.push, event), stream.end)
                elif turns.are_free and len(stream.observers) < 2:
                    for only in stream.observers:
                        only.on_next(event)
                else:
                    turns.take(partial(stream.push, event))

            def on_next(event: Event) -> None:
                if isinstance(event, AmiEvent):
                    uniqueid = _uniqueid(event)
                    if uniqueid:
                        edge = _CHANNEL_EDGES.get(event.name)
                        feed(channels, "channel", (event.server, uniqueid), event, edge)
                elif isinstance(event, CallEvent):
                    if event.call_id is not None:
                        feed(calls, "call", (event.server, event.call_id), event, _call_edge(event))
                elif isinstance(event, SourceEvent) and event.kind == "lost":
                    lost = [key for key in channels if key[0] == event.server]
                    turns.take(*[channels.pop(key).end for key in lost])

            def finish(error: Exception | None = None) -> None:
                streams = [*calls.values(), *channels.values()]
                calls.clear()
                channels.clear()
                last = observer.on_completed if error is None else partial(observer.on_error, error)
                turns.take(*(partial(stream.end, error) for stream in streams), last)

            connection.disposable = source.subscribe(on_next, finish, finish, scheduler=scheduler)
            return refcount

        return Observable(subscribe)

    return operator


_CHANNEL_EDGES: dict[str, Literal["first", "last"]] = {"Newchannel": "first", "Hangup": "last"}


def _call_edge(event: CallEvent) -> Literal["first", "last"] | None:
    if isinstance(event, Started):
        return "first"
    return "last" if isinstance(event, Hangup) else None


def _uniqueid(event: AmiEvent) -> str | None:
    try:
        return event.get("Uniqueid")
    except BadPacketError:  # twice in one packet: nobody can tell which channel it is about
        return None


class _Turns:
    """Tells observers one thing after the other: what follows while they hear one is told behind those that wait."""

    __slots__ = ("_is_telling", "_waiting", "are_free")

    def __init__(self) -> None:
        self.are_free = True
        self._is_telling = False
        self._waiting: deque[Callable[[], object]] = deque()

    def take(self, *actions: Callable[[], object]) -> None:
        self._waiting.extend(actions)
        if self._is_telling:
            return  # an observer has fed the source: whoever is telling it goes on
        self._is_telling = True
        self.are_free = False
        try:
            _all(self._next())
        finally:
            self._is_telling = False
            self.are_free = not self._waiting  # some wait when it was interrupted

    def _next(self) -> Iterator[Callable[[], object]]:
        while self._waiting:
            yield self._waiting.popleft()


class _Stream:
    """The observers of one group. A Subject takes locks for each event; here only subscribing does."""

    __slots__ = ("_error", "_is_open", "_lock", "_refcount", "observers")

    def __init__(self, refcount: RefCountDisposable) -> None:
        self._refcount = refcount
        self.observers: tuple[abc.ObserverBase[Event], ...] = ()
        self._lock = Lock()
        self._is_open = True
        self._error: Exception | None = None

    def push(self, event: Event) -> None:
        if len(self.observers) == 1:
            self.observers[0].on_next(event)
        else:
            _all([partial(observer.on_next, event) for observer in self.observers])

    def end(self, error: Exception | None = None) -> None:
        """Complete, or fail; who subscribes later hears it at once."""
        with self._lock:
            self._is_open = False
            self._error = error
            observers, self.observers = self.observers, ()
        _all([partial(_tell_end, observer, error) for observer in observers])

    def subscribe(
        self,
        observer: abc.ObserverBase[Event],
        scheduler: abc.SchedulerBase | None = None,  # noqa: ARG002  # as Rx calls it
    ) -> abc.DisposableBase:
        with self._lock:
            is_open = self._is_open
            if is_open:
                self.observers += (observer,)
        if not is_open:
            _tell_end(observer, self._error)
            return Disposable()
        connection = self._refcount.disposable

        def dispose() -> None:
            with self._lock:
                self.observers = tuple(other for other in self.observers if other is not observer)
            connection.dispose()

        return Disposable(dispose)


def _tell_end(observer: abc.ObserverBase[Event], error: Exception | None) -> None:
    if error is None:
        observer.on_completed()
    else:
        observer.on_error(error)


def _all(actions: Iterable[Callable[[], object]]) -> None:
    """Do everything, also when some of it raises; then raise the first error."""
    first: Exception | None = None
    for action in actions:
        try:
            action()
        except Exception as error:  # noqa: BLE001  # an observer's bug, raised again below
            first = first or error
    if first is not None:
        raise first
