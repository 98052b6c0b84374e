"""One stream per call, or per channel."""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Literal

from reactivex import Observable
from reactivex.disposable import Disposable, RefCountDisposable, SingleAssignmentDisposable

from cacofonisk.ami_event import AmiEvent
from cacofonisk.errors import BadPacketError
from cacofonisk.events import CallEvent, Event, Hangup, SourceEvent, Started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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

    ```
    calls  -S-s-H   -h   -|
    group_by_uniqueid()
    groups -1-2--   --   -|
    1      -S---(H|)
    2      ---s--   -(h|)
    ```

    A call's stream opens with `started` and completes behind `hangup`; a channel's opens with Newchannel and
    completes behind Hangup, or when the connection is lost, for then nobody may tell that it hung up. What
    belongs to no open stream is dropped: events of a call that was joined midway, late ones, an Anomaly, a
    SourceEvent, AMI events without Uniqueid. A finished stream is forgotten.

    Streams are hot, as those of Rx's `group_by` are: subscribe to one at once and its first event comes too;
    who subscribes later has missed what was before. When the source fails or completes, so does every open
    stream. Who unsubscribes from the outer stream gets no new ones; the source stays connected until the last
    subscription to a stream has ended as well.

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

            def feed(
                streams: dict[tuple[str, str], _Stream],
                kind: Literal["call", "channel"],
                key: tuple[str, str],
                event: Event,
                edge: Literal["first", "last"] | None,
            ) -> None:
                stream = streams.get(key)
                if stream is None:
                    if edge != "first" or refcount.is_primary_disposed:
                        return
                    stream = streams[key] = _Stream(refcount)
                    observer.on_next(UniqueidGroup(key[1], key[0], kind, stream.subscribe))
                if edge != "last":
                    stream.push(event)
                    return
                # Forgotten first: an observer that raises, or feeds the source anew, finds it closed.
                del streams[key]
                try:
                    stream.push(event)
                finally:
                    stream.end()

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
                    _all([channels.pop(key).end for key in lost])

            def finish(error: Exception | None = None) -> None:
                streams = [*calls.values(), *channels.values()]
                calls.clear()
                channels.clear()
                last = observer.on_completed if error is None else partial(observer.on_error, error)
                _all([*(partial(stream.end, error) for stream in streams), last])

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


class _Stream:
    """The observers of one group. A Subject takes locks for each event; here only subscribing does."""

    __slots__ = ("_error", "_is_open", "_lock", "_observers", "_refcount")

    def __init__(self, refcount: RefCountDisposable) -> None:
        self._refcount = refcount
        self._observers: tuple[abc.ObserverBase[Event], ...] = ()
        self._lock = Lock()
        self._is_open = True
        self._error: Exception | None = None

    def push(self, event: Event) -> None:
        for observer in self._observers:
            observer.on_next(event)

    def end(self, error: Exception | None = None) -> None:
        """Complete, or fail; who subscribes later hears it at once."""
        with self._lock:
            self._is_open = False
            self._error = error
            observers, self._observers = self._observers, ()
        _all([partial(_tell_end, observer, error) for observer in observers])

    def subscribe(
        self,
        observer: abc.ObserverBase[Event],
        scheduler: abc.SchedulerBase | None = None,  # noqa: ARG002  # as Rx calls it
    ) -> abc.DisposableBase:
        with self._lock:
            is_open = self._is_open
            if is_open:
                self._observers += (observer,)
        if not is_open:
            _tell_end(observer, self._error)
            return Disposable()
        connection = self._refcount.disposable

        def dispose() -> None:
            with self._lock:
                self._observers = tuple(other for other in self._observers if other is not observer)
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
