"""What packets tell of who somebody is: caller id and account code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.channels import DOWN, UP, Channel
from cacofonisk.text import clean

if TYPE_CHECKING:
    from cacofonisk.ami_event import AmiEvent
    from cacofonisk.pbx import Pbx


def new_callerid(pbx: Pbx, event: AmiEvent) -> None:
    """NewCallerid: a number or a name, of a person or of what calls for it."""
    _, number, name, uniqueid, linkedid, presentation = event.read()
    # After a Hangup it is normal; it changes nobody.
    channel = event.channel = pbx.channels.get(uniqueid or event["Uniqueid"])
    if channel is None:
        return
    is_public = presentation is None or "Prohib" not in presentation
    if not channel.is_person:
        if not is_public:
            channel.identify(clean(number or ""), "", is_public=False)
        people = channel.called_people() if _calls_for_another(channel) else []
        person = next((person for person in people if person.state == UP or person.dial == "ANSWER"), None)
        if person is None:
            return
        channel = event.channel = person
    if channel.state == DOWN and linkedid == channel.uniqueid:
        return  # a phone about to be rung by an Originate: this is what it is shown, not who it is
    event.previous = channel.identify(clean(number or ""), clean(name or ""), is_public=is_public)


def _calls_for_another(half: Channel) -> bool:
    """By it an Originate goes through the dialplan for the phone that it has called first, and that has answered."""
    return half.is_local and half.state == UP and half.dial == "ANSWER" and half.linkedid == half.uniqueid


def new_account_code(pbx: Pbx, event: AmiEvent) -> None:
    """NewAccountCode: its own, or that of who pays."""
    channel = event.channel = pbx.channels.get(event["Uniqueid"])
    # A person's own is the first one; later ones say who pays. That of a called leg is its caller's from the start.
    if channel is not None and not channel.code and channel.state != DOWN and channel.dial is None:
        channel.bill(event.get("AccountCode") or "")


def masquerade(pbx: Pbx, event: AmiEvent) -> None:
    """AMI 1.x only: a person takes another's place, where nobody has called it."""
    person, loser = event.get("CloneUniqueid"), event.get("OriginalUniqueid")
    event.channel = channel = pbx.known(event, person, "CloneUniqueid")
    event.other = pbx.known(event, loser, "OriginalUniqueid")
    channel.dial = None
