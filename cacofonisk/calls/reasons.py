"""Why a phone stopped ringing and how a call ended: the tables of EVENTS.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacofonisk.channels import RINGING

if TYPE_CHECKING:
    from cacofonisk.calls.call import Attempt, Call, Outcome
    from cacofonisk.events import HangupReason, StopReason

ANSWERED_ELSEWHERE = 26
REFUSED: frozenset[StopReason] = frozenset({"busy", "forwarded", "no-answer", "rejected", "unreachable"})
"""What a phone can do that never rang."""

OF_NOBODY: dict[str, Outcome] = {"CANCEL": "cancelled", "NOANSWER": "no-answer"}
"""What came of it where something rang behind a Local channel that was nobody's phone: an agent on duty, say."""

_UNREACHABLE = frozenset({1, 3, 20, 27})
_NOT_ACCEPTED = frozenset({"NOANSWER", "ABORT", "CONTINUE", "GOTO"})
"""Also after an answer: who has to accept the call (Dial with U or M) did not, and what the dialplan made of that."""


def stop_reason(attempt: Attempt) -> StopReason:
    """Why this phone stopped ringing; the first row that fits is right."""
    if attempt.answered:
        return "answered"
    if attempt.forward:
        return "forwarded"
    if attempt.picked and not attempt.status:
        return "picked-up"
    if attempt.cause == ANSWERED_ELSEWHERE:
        return "answered-elsewhere"
    if attempt.status == "CANCEL" and not (attempt.rang and attempt.by_pbx):
        return "cancelled"
    if attempt.cause == 21:
        return "rejected"
    if attempt.status == "BUSY" or attempt.cause == 17:
        return "busy"
    if attempt.cause == 19:
        return "no-answer" if attempt.rang or attempt.leg.state == RINGING else "unreachable"
    if attempt.cause in _UNREACHABLE or attempt.status in ("CHANUNAVAIL", "CONGESTION"):
        return "unreachable"
    if attempt.status in _NOT_ACCEPTED or not attempt.rang or attempt.caller is None:
        return "no-answer"  # who is called by the PBX itself, nobody else can give up
    return "cancelled"


def hangup_reason(call: Call) -> HangupReason:
    """How the call ended, seen from its caller."""
    if call.reached:
        return "completed"
    if call.outcome is not None:
        if call.outcome == "answered":
            return "completed"
        if call.cause == ANSWERED_ELSEWHERE:
            return "answered-elsewhere"
        if call.misses and call.outcome == "cancelled":  # as far as we heard: the caller's own cause may know better
            return _by_cause(call.cause) or "cancelled"
        return call.outcome
    if call.answered_by_pbx:
        return "completed"
    return _by_cause(call.cause) or ("lost" if call.misses else "failed")


def _by_cause(cause: int | None) -> HangupReason | None:
    """What the cause of the caller's Hangup tells, None where it tells nothing."""
    match cause:
        case 17:
            return "busy"
        case 21:
            return "rejected"
        case 18 | 19:
            return "no-answer"
        case 26:
            return "answered-elsewhere"
        case cause if cause in _UNREACHABLE:
            return "unreachable"
        case _:
            return None
