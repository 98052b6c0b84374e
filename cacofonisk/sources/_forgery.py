"""Recognises what callers smuggle into AMI packets, and takes it out where that is certain; pure.

Asterisk writes a caller's number, and the number that somebody dials, into AMI as they came: one that holds line ends
adds headers, or ends the packet and adds whole packets. Two things are known. It writes the headers of a channel always
in the same order: a line that does not belong behind one of those that hold such text was smuggled in. And a number is
short: where it ends a packet in another place, which nobody can tell, a forged packet has no room for all that
Asterisk writes. That holds for 79 characters, which PJSIP takes; chan_sip takes a caller's number of any length, which
can imitate both the rest of a packet and whole ones: docs/ami.md, measured by tests/live/test_hostile_length.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.ami_event import OF_LISTS, WANTED
from cacofonisk.sources._snapshot import following, in_order, is_cut, mend, rest_behind, snapshots_in
from cacofonisk.sources._user_event import divide

if TYPE_CHECKING:
    from collections.abc import Container

    from cacofonisk.ami_event import Headers
    from cacofonisk.sources._snapshot import Lines

_LONGEST = 32  # packets, or
_LARGEST = 8192  # bytes that are believed to be smuggled in at one place

JUDGED = WANTED.keys() - OF_LISTS
"""The events that can change a call; the answers to list actions have no Privilege, and have an ActionID."""
_OF_NO_CHANNEL = frozenset({"BridgeMerge", "ConfbridgeEnd", "FullyBooted", "Shutdown", "UserEvent"})
_IDENTITIES = ("Uniqueid", "Linkedid")
_OF_NO_SNAPSHOT = ("BridgeUniqueid", "SwapUniqueid")
_ANNOUNCED = 100  # lists that may be on their way at a time


class Inspector:
    """Judges the packets of one connection, in order, but only those that are not plainly normal.

    `live` says that it is a connection to Asterisk, where every call event has a Privilege. A recording may be
    written by hand, or by somebody who left that out: there it is asked for as soon as one was seen. So it is with
    the other headers that Asterisk always writes of a channel, which AMI 1.x does not. `begins` says that the
    connection is seen from its login on.
    """

    def __init__(self, *, live: bool = False, begins: bool = False) -> None:
        self._begins = live or begins
        self._privileged = live
        self._stamped = False
        self._unstamped = 0  # packets in a row that should be
        self._whole = False  # this server writes all headers of a channel wherever it names one
        self._booted = False
        self.asked: Container[str] | None = None
        """The actions, by ActionID, whose lists are believed; None: it is not known, and all are."""
        self._announced: dict[str, None] = {}
        self._head: Lines = []  # a packet that somebody has ended
        self._open: Lines = []  # the same, with all that came since
        self._count = 0
        self._wanted = False

    @property
    def is_open(self) -> bool:
        """Whether the rest of a packet that somebody has ended is still to come."""
        return bool(self._open)

    @property
    def expected(self) -> tuple[bool, bool, bool]:
        """Whether every call event has to have a Privilege, a Timestamp, and all headers of a channel that it names.

        All else is told by a packet's headers, but for what `is_always_judged`.
        """
        return self._privileged, self._stamped, self._whole

    def answered(self, headers: Headers) -> None:
        """An action was answered; where a list follows, lists are believed only if they were announced."""
        action, message = headers.get("ActionID"), headers.get("Message", "")
        if not isinstance(action, str) or not ("EventList" in headers or "will follow" in message):
            return
        if self.asked is None:
            self.asked = self._announced
        self._announced[action] = None
        if len(self._announced) > _ANNOUNCED:
            del self._announced[next(iter(self._announced))]

    def begin(self, lines: Lines, *, wanted: bool) -> None:
        """This packet was ended by somebody; what follows is his, until the rest of it comes."""
        self._head = lines
        self._open = list(lines)
        self._count = 0
        self._wanted = wanted

    def is_cut(self, lines: Lines) -> bool:
        """Whether somebody has ended this packet of Asterisk's: its beginning, too, has to be whole."""
        if not is_cut(lines) or lines[0][0] != "Event":
            return False
        headers = dict(lines)
        if headers["Event"] in OF_LISTS:
            return self.asked is None or headers.get("ActionID") in self.asked
        return ("Privilege" in headers or not self._privileged) and ("Timestamp" in headers or not self._stamped)

    def inspect(self, lines: Lines) -> tuple[Lines | None, str | None]:
        """The packet as Asterisk meant it, or None where it is not to be believed; and what is wrong with it."""
        if self._open:
            return self._go_on(lines)
        divided = divide(lines)
        if divided is None:
            return None, "a caller's number holds headers, and which are true cannot be told"
        own, said = divided
        known, what = self._look_through(own)
        return known if known is None else [*known, *said], what

    def _look_through(self, lines: Lines) -> tuple[Lines | None, str | None]:
        """The same of headers that are all Asterisk's."""
        mended = mend(lines)
        if mended is None:
            if self.is_cut(lines):
                self.begin(lines, wanted=True)
                return None, None
            if self._whole or not in_order([key for key, _ in lines]):
                return None, "a caller's number holds headers, and which are true cannot be told"
            what = self._unbelievable(lines)
            return (None, what) if what is not None else (lines, None)
        what = self._unbelievable(mended)
        if what is not None:
            return None, what
        self._whole = self._whole or bool(snapshots_in([key for key, _ in mended]))
        return mended, "a caller's number holds headers, which were taken out" if len(mended) < len(lines) else None

    def _go_on(self, lines: Lines) -> tuple[Lines | None, str | None]:
        self._open += lines
        self._count += 1
        # What lies between may hold a channel's headers of its own: then the rest is looked at behind the cut alone.
        mended = mend(self._open) or self._joined(lines)
        if mended is None:
            if self._count >= _LONGEST or sum(len(key) + len(value) for key, value in self._open) > _LARGEST:
                self._open = []
                return None, "a caller's number ends a packet, whose rest did not come"
            return None, "a caller's number holds this packet"
        self._open = []
        self._whole = True
        own, _ = divide(mended) or (mended, [])
        what = self._unbelievable(own)
        if what is not None:
            return None, what
        return mended if self._wanted else None, "a caller's number holds packets, which were taken out"

    def _joined(self, lines: Lines) -> Lines | None:
        """The packet that was cut, where these lines end with its rest; None where that is still to come."""
        awaited = following(self._head[-1][0])
        for at in reversed(range(len(lines))):
            if lines[at][0] != awaited:
                continue
            packet = [*self._head, *lines[at:]]
            mended = mend(packet)
            if mended is not None:
                return mended
            if is_cut(packet) and mend([*packet, *rest_behind(packet[-1][0])]) is not None:
                self._head = packet  # the same number, or another one, has ended it again
                break
        return None

    def _unbelievable(self, lines: Lines) -> str | None:
        """Why a packet is not Asterisk's, None if it may be."""
        keys = [key for key, _ in lines]
        name = next((value for key, value in lines if key == "Event"), "")
        for key in keys:
            if key.endswith(("Uniqueid", "Linkedid", "Channel")) and keys.count(key) > 1:
                return f"{name} has {key} twice"
        if name in OF_LISTS and self.asked is not None and dict(lines).get("ActionID") not in self.asked:
            return f"{name} is the answer to a question that nobody asked"
        return self._lacks(name, keys) if name in JUDGED else None

    def _lacks(self, name: str, keys: list[str]) -> str | None:
        """What Asterisk always writes of such a call event, and this one does not have."""
        privileged, stamped = "Privilege" in keys, "Timestamp" in keys
        if self._privileged and not privileged:
            return f"{name} has no Privilege header, which Asterisk always writes"
        if self._stamped and not stamped and name != "FullyBooted":
            self._unstamped += 1
            if self._unstamped <= _LONGEST:  # more than a number can hold: somebody has set the server otherwise
                return f"{name} has no Timestamp header, which this server always writes"
        if self._whole and not _is_whole(name, keys):
            return f"{name} lacks headers of a channel, which this server always writes"
        self._unstamped = 0
        if name == "UserEvent":  # its dialplan may write what it likes, and repeat what a caller wrote
            return None
        if name != "FullyBooted":
            self._privileged = privileged
            self._stamped = stamped
        elif "Uptime" in keys:
            if self._begins and self._booted:
                return f"{name} comes for the second time on this connection"
            self._booted = True
        return None


def is_always_judged(name: str) -> bool:
    """Whether there is more to such a packet than its shape: what answers a list has to be asked for."""
    return name in OF_LISTS


def _is_whole(name: str, keys: list[str]) -> bool:
    """Whether all is there that Asterisk writes of each channel that a packet names."""
    snapshots = snapshots_in(keys)
    if name == "UserEvent":
        return "Uniqueid" not in keys or "" in snapshots
    if not snapshots:
        return name in _OF_NO_CHANNEL
    return all(
        key.endswith(_OF_NO_SNAPSHOT) or key[:-8] in snapshots  # as long is each of the two
        for key in keys
        if key.endswith(_IDENTITIES)
    )
