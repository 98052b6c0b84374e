"""The user's own directory, and numbers as the world writes them."""

from __future__ import annotations

import pickle
import threading
from typing import TYPE_CHECKING

import pytest

from cacofonisk.ami_event import AmiEvent
from cacofonisk.errors import CacofoniskError
from cacofonisk.events import Anomaly, CallEvent, Event, Party, Ringing, Started
from cacofonisk.operators import call_events
from cacofonisk.phonebook import Phonebook, e164
from cacofonisk.pipeline import pipeline
from cacofonisk.sources import file
from tests.recordings import FOLDER, collect

if TYPE_CHECKING:
    from collections.abc import Callable

RECORDING = FOLDER / "ast22" / "cancelled_by_caller.jsonl"


def party(number: str, name: str = "") -> Party:
    return Party("PJSIP/x-1", "1.1", number, name, "", True, "")


def asked(book: Phonebook, number: str) -> Party:
    book(party(number))
    book.wait()
    return book(party(number))


def test_a_name_is_known_as_soon_as_it_was_found() -> None:
    book = Phonebook({"201": "Reception"}.get)
    assert asked(book, "201").name == "Reception"
    assert asked(book, "999").name == ""
    book.close()


def test_the_stream_does_not_wait() -> None:
    go_on = threading.Event()

    def slow(number: str) -> str:
        go_on.wait(30)
        return f"Mr {number}"

    book = Phonebook(slow)
    assert book(party("201", "Alice")).name == "Alice"
    go_on.set()
    assert asked(book, "201").name == "Mr 201"
    book.close()


def test_it_asks_once_until_the_answer_is_old() -> None:
    numbers: list[str] = []
    now = [0.0]

    def find(number: str) -> str:
        numbers.append(number)
        return str(len(numbers))

    book = Phonebook(find, seconds=60, clock=lambda: now[0])
    assert [asked(book, "201").name for _ in range(3)] == ["1", "1", "1"]
    now[0] = 61
    assert book(party("201")).name == "1"  # while the new one is looked up
    book.wait()
    assert book(party("201")).name == "2"
    book.close()


def test_it_remembers_no_more_than_it_was_told_to() -> None:
    numbers: list[str] = []

    def find(number: str) -> None:
        numbers.append(number)

    book = Phonebook(find, size=2)
    for number in ("1", "2", "3", "1"):
        asked(book, number)
    assert numbers == ["1", "2", "3", "1"]
    book.close()


def test_one_that_is_closed_asks_nobody_and_knows_what_it_knew() -> None:
    book = Phonebook({"201": "Reception", "202": "Workshop"}.get)
    asked(book, "201")
    book.close()
    events = collect(file(RECORDING).pipe(call_events(lookup=book)))
    assert [event for event in events if isinstance(event, Anomaly)] == []
    (ringing,) = (event for event in events if isinstance(event, Ringing))
    assert ringing.caller is not None
    assert (ringing.caller.name, ringing.targets[0].name) == ("Reception", "Bob B")


def test_a_failure_is_told_once_as_an_anomaly_and_the_calls_go_on() -> None:
    def broken(number: str) -> str:
        raise OSError(f"no line to the directory of {number}")

    book = Phonebook(broken)
    for number in ("201", "202"):
        book(party(number))
    book.wait()
    events = collect(file(RECORDING).pipe(call_events(lookup=book)))
    whats = [event.what for event in events if isinstance(event, Anomaly)]
    assert len(whats) == 2
    assert "the phonebook failed for 201: OSError: no line to the directory of 201" in whats[0]
    assert [event.caller.name for event in events if isinstance(event, Started)] == ["Alice A"]
    book.close()


def test_a_failure_for_somebody_who_withholds_a_number_does_not_tell_it() -> None:
    def broken(party: Party) -> Party:
        raise OSError(f"no line to the directory of {party.number}")

    said: list[Event] = []
    call = {"Linkedid": "1.1", "Uniqueid": "1.1"}
    newchannel = {"Channel": "PJSIP/a-1", "ChannelState": "1", "CallerIDNum": "0612345678", **call}
    callerid = {"CallerIDNum": "0612345678", "CID-CallingPres": "35 (Presentation Prohibited)", **call}
    chain = pipeline(lookup=broken)
    for name, headers in (
        ("Newchannel", newchannel),
        ("NewCallerid", callerid),
        ("Newstate", {"ChannelState": "4", **call}),
    ):
        chain.push(AmiEvent({"Event": name, **headers}), said.append)
    assert [event.what for event in said if isinstance(event, Anomaly)] == ["the lookup of caller failed: OSError"]


def test_parties_of_a_call_have_the_names_of_the_phonebook() -> None:
    book = Phonebook({"201": "Reception", "202": "Workshop"}.get)
    for number in ("201", "202"):
        book(party(number))
    book.wait()
    (ringing,) = (e for e in collect(file(RECORDING).pipe(call_events(lookup=book))) if isinstance(e, Ringing))
    assert ringing.caller is not None
    assert (ringing.caller.name, ringing.targets[0].name) == ("Reception", "Workshop")
    book.close()


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("0687654321", "+31687654321"),
        ("+31687654321", "+31687654321"),
        ("0031687654321", "+31687654321"),
        ("201", "201"),
        ("", ""),
        ("anonymous", "anonymous"),
        ("*8", "*8"),
    ],
)
def test_outside_numbers_become_e164(number: str, written: str) -> None:
    assert e164("NL")(party(number)).number == written


def test_a_region_that_does_not_exist_is_said() -> None:
    with pytest.raises(CacofoniskError, match="'Holland' is no country code of two letters"):
        e164("Holland")


# Pipes move from one machine to another while calls are up, and their lookups with them.


asked_for: list[str] = []


def find(number: str) -> str:
    """A directory that can be pickled, as every function of a module can."""
    asked_for.append(number)
    return f"Mr {number}"


clock_of_this_machine = [1000.0]


def clock() -> float:
    return clock_of_this_machine[0]


@pytest.mark.parametrize("make", [lambda: e164("NL"), lambda: Phonebook(find)], ids=["e164", "phonebook"])
def test_a_pipe_with_a_lookup_can_be_pickled_amid_a_call(make: Callable[[], Callable[[Party], Party]]) -> None:
    events = list(collect(file(RECORDING)))
    said: list[Event] = []
    chain = pipeline(lookup=make())
    for event in events[: len(events) // 2]:
        chain.push(event, said.append)
    chain = pickle.loads(pickle.dumps(chain))  # noqa: S301  # our own
    for event in events[len(events) // 2 :]:
        chain.push(event, said.append)
    chain.finish(said.append)
    kinds = [event.event for event in said if isinstance(event, CallEvent)]
    assert kinds == ["started", "ringing", "ringing_stopped", "hangup"]


def test_a_pickled_phonebook_knows_what_it_knew_for_as_long_as_it_would_have() -> None:
    asked_for.clear()
    book = Phonebook(find, seconds=60, clock=clock)
    asked(book, "201")
    book(party("202"))  # asked, and not yet answered
    pickled = pickle.dumps(book)
    book.close()

    clock_of_this_machine[0] = 5.0  # of a machine that has just been started
    other: Phonebook = pickle.loads(pickled)  # noqa: S301  # our own
    assert other(party("201")).name == "Mr 201"
    assert asked(other, "202").name == "Mr 202"
    assert asked_for.count("201") == 1
    clock_of_this_machine[0] = 66.0
    asked(other, "201")
    assert asked_for.count("201") == 2
    other.close()
