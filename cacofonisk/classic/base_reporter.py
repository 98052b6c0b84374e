"""What happens in calls, told by hooks to override."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacofonisk.ami_event import Headers
    from cacofonisk.classic.caller_id import CallerId


class BaseReporter:
    """Override the hooks you need; each gets the parameters it names, and what you leave out is not told.

    A hook that raises harms neither the other hooks nor the runner: its traceback is logged. All hooks but `close`
    can also name `server`, those about a call `call_id`.
    """

    def on_ami_event(self, event: Headers) -> None:
        """Every event of Asterisk, as a dict of its headers, before the hooks that follow from it."""

    def on_event(self, event: Headers) -> None:
        """The same event, after the hooks that follow from it."""

    def on_b_dial(self, call_id: str, caller: CallerId, callee: CallerId) -> None:
        """The callee's phone starts to ring; `caller` is false while the PBX itself calls."""

    def on_b_dial_end(self, call_id: str, caller: CallerId, callee: CallerId, reason: str) -> None:
        """The callee's phone stops to ring, or refused before it rang."""

    def on_up(self, call_id: str, caller: CallerId, callee: CallerId) -> None:
        """Two people start to talk."""

    def on_transfer(self, call_id: str, redirector: CallerId, party1: CallerId, party2: CallerId) -> None:
        """The redirector hands party1 over to party2: any kind of transfer."""

    def on_attended_transfer(self, caller: CallerId, transferer: CallerId, target: CallerId) -> None:
        """A transfer to somebody whom the transferer talked with before."""

    def on_blind_transfer(self, caller: CallerId, transferer: CallerId, targets: list[CallerId]) -> None:
        """A transfer to a number; whose phone rings is told by `on_b_dial`."""

    def on_blonde_transfer(self, caller: CallerId, transferer: CallerId, targets: list[CallerId]) -> None:
        """A transfer to phones that still ring."""

    def on_hangup(self, call_id: str, caller: CallerId, callee: CallerId, reason: str) -> None:
        """The call is over; `callee` talked last, and is false where nobody did."""

    def on_queue_caller_abandon(self, caller: CallerId) -> None:
        """The caller hung up in a queue."""

    def on_user_event(self, event: Headers) -> None:
        """A UserEvent, as a dict of its headers."""

    def close(self) -> None:
        """The run is over."""
