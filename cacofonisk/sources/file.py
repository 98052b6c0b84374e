"""Recordings of AMI as a source of events."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Generator
from time import monotonic
from typing import TYPE_CHECKING, BinaryIO

from reactivex import Observable
from reactivex.disposable import Disposable
from reactivex.scheduler import CurrentThreadScheduler

from cacofonisk.errors import SourceError
from cacofonisk.sources._decode import Decoder
from cacofonisk.sources._pace import Pace
from cacofonisk.sources._reading import Input, Stop
from cacofonisk.sources._timed import Timed
from cacofonisk.sources._unpack import PackedDataError, Unpacker

if TYPE_CHECKING:
    import os

    from reactivex import abc

    from cacofonisk.events import Event

Progress = Callable[[int, int], None]


class DamagedRecordingError(SourceError):
    """A recording is damaged; everything in it that could be read was given before."""


def file(
    *paths: str | os.PathLike[str] | BinaryIO,
    server: str | None = None,
    speed: float | None = None,
    wanted: Container[str] | None = None,
    on_progress: Progress | None = None,
) -> Observable[Event]:
    """Replay recordings, in the given order, as one stream of AMI events.

    `paths` are files, open binary files or `-` for standard input: JSON lines, a JSON array or the raw
    bytes of an AMI connection, plain or packed with gzip or zstd. `server` names the PBX (None: the name
    in the recording, else `pbx`). `speed` 1 is as fast as it happened, 10 ten times as fast, None as fast
    as possible. `wanted` holds the names of the events to emit (None: all). `on_progress(done, total)`
    hears of the bytes read, total 0 if unknown.

    Emits an AmiEvent per event, a SourceEvent where a connection began or was lost, an Anomaly for what
    cannot be read. Ends with SourceError for what is no recording, with DamagedRecordingError after all
    that could be read of a damaged one. Raises ValueError for a speed that is none. Runs on the
    subscribing thread; a scheduler given at subscribe times a replay that has a speed.
    """
    if not paths:
        raise ValueError("file() needs at least one recording")
    if speed is not None and not (speed > 0 and math.isfinite(speed)):
        raise ValueError(f"speed must be a number above 0 (1 is original time), not {speed}")

    def subscribe(observer: abc.ObserverBase[Event], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        stop = Stop()
        pace = None if speed is None else Pace(speed)
        batches = _batches(paths, server, wanted, on_progress, stop, pace)
        if pace is not None and scheduler is not None:
            events = (event for batch in batches for event in batch)
            return Timed(observer, scheduler, events, pace, stop).start()

        def run(_scheduler: abc.SchedulerBase, _state: object = None) -> None:
            try:
                _push(observer, batches, stop, pace)
            finally:
                batches.close()

        # Scheduled, not called: so every operator behind has its subscription and can dispose of it midway.
        CurrentThreadScheduler.singleton().schedule(run)
        return Disposable(stop.set)

    return Observable(subscribe)


def _push(observer: abc.ObserverBase[Event], batches: Generator[list[Event]], stop: Stop, pace: Pace | None) -> None:
    emit = observer.on_next
    start = monotonic()
    while True:
        try:
            batch = next(batches, None)
        except SourceError as error:
            observer.on_error(error)
            return
        if stop.is_set:
            return
        if batch is None:
            observer.on_completed()
            return
        for event in batch:
            if pace is not None:
                early = pace.due(event) - (monotonic() - start)
                if early > 0:
                    stop.wait(early)
            if stop.is_set:
                return
            emit(event)


def _batches(
    paths: tuple[str | os.PathLike[str] | BinaryIO, ...],
    server: str | None,
    wanted: Container[str] | None,
    on_progress: Progress | None,
    stop: Stop,
    pace: Pace | None,
) -> Generator[list[Event]]:
    inputs = [Input(path) for path in paths]  # all of them first: better to fail before anything was emitted
    sizes = [each.size for each in inputs]
    total = sum(sizes) if all(sizes) else 0
    done = 0
    decoder: Decoder | None = None
    damages: list[str] = []
    for each in inputs:
        decoder = Decoder(each.name, server=server, wanted=wanted, before=decoder)
        unpacker = Unpacker(each.name)
        torn = False
        if pace is not None:
            pace.next_recording()
        try:
            for chunk in each.read(stop):
                for plain in unpacker.feed(chunk):
                    yield decoder.feed(plain)
                done += len(chunk)
                if on_progress is not None:
                    on_progress(done, total)
            for plain in unpacker.finish():
                yield decoder.feed(plain)
        except PackedDataError as error:
            damages.append(f"{each.name} is damaged: {error}")
            torn = True
        found = decoder.tape.damages
        try:
            last = decoder.finish()
        except SourceError:
            if not torn:
                raise
        else:
            yield last
            if not torn:  # else the damage at the end is known already
                found = decoder.tape.damages
        if found:
            damages.append(f"{each.name}: damaged at {decoder.tape.damaged}")
            damages += [""] * (found - 1)
    if damages:
        more = f" (and {len(damages) - 1} more)" if len(damages) > 1 else ""
        raise DamagedRecordingError(f"{damages[0]}{more}; what could be read was used")
