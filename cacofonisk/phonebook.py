"""Directories for `resolve_callerid`: what a user's own phonebook knows, without ever making the stream wait."""

from __future__ import annotations

import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cacofonisk.errors import CacofoniskError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacofonisk.events import Party


class Phonebook:
    """Looks up the name of each number in the background, and remembers it.

    `find` takes a number and answers a name, or None where it knows none; it may be slow (a database, a web service)
    and runs in one of `workers` threads, never on the stream. Until it has answered, a party keeps the name that the
    PBX gives. Answers are kept for `seconds`, at most `size` of them. What `find` raises is told once by
    `resolve_callerid`, as an `Anomaly`, and the number counts as unknown for `seconds`. `close()` ends the threads;
    what is known by then still is.

    It can be pickled with the pipe that it serves, if `find` can: what it knows goes with it for as long as it would
    have been kept, what it was asked is asked again by the next party of that number.
    """

    def __init__(
        self,
        find: Callable[[str], str | None],
        *,
        seconds: float = 3600,
        size: int = 10_000,
        workers: int = 2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find = find
        self._seconds = seconds
        self._size = size
        self._workers = workers
        self._clock = clock
        self._threads = self._begin_threads()
        self._is_closed = False
        self._known: OrderedDict[str, tuple[float, str | None]] = OrderedDict()
        self._asked: dict[str, Future[str | None]] = {}

    def __call__(self, party: Party) -> Party:
        """The party with the name that is known now; raises once what `find` raised for its number."""
        name = self._name(party.number) if party.number else None
        return party if name is None or name == party.name else replace(party, name=name)

    def wait(self) -> None:
        """Wait until all that was asked is answered: for tests, and for recordings that are to name everybody."""
        for future in list(self._asked.values()):
            future.exception()

    def close(self) -> None:
        """End the threads; what is still asked is not answered, and nothing more is asked."""
        self._is_closed = True
        self._asked.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def __getstate__(self) -> dict[str, Any]:
        now = self._clock()  # another machine counts from another moment
        left = OrderedDict((number, (until - now, name)) for number, (until, name) in self._known.items())
        return {**self.__dict__, "_threads": None, "_is_closed": False, "_asked": {}, "_known": left}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        now = self._clock()
        self._known = OrderedDict((number, (now + left, name)) for number, (left, name) in state["_known"].items())
        self._threads = self._begin_threads()

    def _begin_threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._workers, thread_name_prefix="phonebook")

    def _name(self, number: str) -> str | None:
        known = self._known.get(number)
        if known is not None and known[0] > self._clock():
            return known[1]
        asked = self._asked.get(number)
        if asked is None:
            if len(self._asked) < self._size and not self._is_closed:  # a directory that hangs must not fill the memory
                self._asked[number] = self._threads.submit(self._find, number)
        elif asked.done():
            del self._asked[number]
            error = asked.exception()
            self._remember(number, None if error is not None else asked.result())
            if error is not None:
                raise CacofoniskError(f"the phonebook failed for {number}: {type(error).__name__}: {error}")
            return self._known[number][1]
        return known[1] if known is not None else None  # better an old name than none

    def _remember(self, number: str, name: str | None) -> None:
        self._known[number] = (self._clock() + self._seconds, name)
        self._known.move_to_end(number)
        while len(self._known) > self._size:
            self._known.popitem(last=False)


def e164(region: str) -> Callable[[Party], Party]:
    """A lookup that writes outside numbers as E.164 (`0687654321` in `NL` becomes `+31687654321`).

    `region` is the country that numbers without a country code belong to, as two letters. Extensions and whatever
    else is no valid number stay as they are. Needs the package phonenumbers: `pip install 'cacofonisk[e164]'`.
    Raises CacofoniskError without it, and for a region that there is not.
    """
    return _E164(region)


class _E164:
    """Writes the numbers that belong to a region."""

    def __init__(self, region: str) -> None:
        try:
            import phonenumbers
        except ImportError:
            raise CacofoniskError("e164() needs phonenumbers: pip install 'cacofonisk[e164]'") from None
        if region not in phonenumbers.SUPPORTED_REGIONS:
            raise CacofoniskError(f"{region!r} is no country code of two letters, such as 'NL'")
        self._region = region
        self._phonenumbers = phonenumbers

    def __reduce__(self) -> tuple[Callable[[str], Callable[[Party], Party]], tuple[str]]:
        return e164, (self._region,)  # no module can be pickled

    def __call__(self, party: Party) -> Party:
        phonenumbers = self._phonenumbers
        try:
            number = phonenumbers.parse(party.number, self._region)
        except phonenumbers.NumberParseException:
            return party
        if not phonenumbers.is_valid_number(number):
            return party
        text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        return party if text == party.number else replace(party, number=text)
