"""Who has a leg called: over Local channels, up to the person who called first, or the PBX itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.channels import UP

if TYPE_CHECKING:
    from cacofonisk.channels import Channel


def caller_of(leg: Channel) -> tuple[bool, Channel | None]:
    """Whether it is known who has this leg called, and who: None is the PBX itself."""
    diallers = leg.diallers()
    if not diallers:
        return leg.dial is not None, None
    top = diallers[-1]
    if top.is_person:
        return True, top
    people = top.people()  # it was answered: who is there has it called
    return bool(people) or _is_deserted(top), people[0] if people else None


def is_called_by_pbx(leg: Channel) -> bool:
    """The PBX has begun to call it by itself, straight or by a Local channel."""
    origin = next((dialler.pair for dialler in leg.diallers()[-1:]), leg)
    return origin is not None and origin.by_pbx


def _is_deserted(half: Channel) -> bool:
    """Behind this Local half is the PBX alone, at every end: nobody is there, nor about to come."""
    if half.pair is None:
        return False
    ways = [half]
    for way in ways:  # grows while we cross from bridge to bridge
        end = way.pair
        if end is None:
            continue
        if end.bridge is None:  # with an application, or in a dialplan that reaches nobody yet
            is_let_in = end.state == UP or way.dial is not None
            if end.dial is None and (not is_let_in or any(leg.dial == "ANSWER" for leg in end.dialled)):
                return False
        elif end.bridge.is_talk:
            others = [other for other in end.bridge.channels if other is not end and other not in ways]
            if not others:
                return False  # who is to talk there enters next
            ways += others
    return True


def is_accepted(leg: Channel) -> bool:
    """Every dial up to the caller has ended with an answer: a group may still drop a phone that answered."""
    if leg.dial != "ANSWER":
        return False
    for dialler in leg.diallers():
        pair = None if dialler.is_person else dialler.pair
        if pair is not None and pair.bridge is None and pair.dial not in (None, "ANSWER"):
            return False
    return True
