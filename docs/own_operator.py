from collections.abc import Container

from cacofonisk import Emit, Event, Hangup, Operator, Started, Up, UserEvent, lift


class SlowAnswers:
    """Says how long a caller has waited, where that was longer than `seconds`."""

    reads: Container[str] = ()  # no AMI event: they pass it by

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.began: dict[tuple[str, str | None], Started] = {}

    def feed(self, event: Event, emit: Emit) -> Event:
        match event:
            case Started():
                self.began[event.server, event.call_id] = event
            case Up():
                began = self.began.pop((event.server, event.call_id), None)
                waited = (event.when - began.when).total_seconds() if began else 0.0
                if waited > self.seconds:
                    emit(
                        UserEvent(
                            call_id=event.call_id, server=event.server, time=event.time, name="slow-answer",
                            fields={"waited_s": f"{waited:.1f}"}, party=event.caller,
                        )
                    )  # fmt: skip
            case Hangup():  # whatever becomes of a call: nothing of it is kept
                self.began.pop((event.server, event.call_id), None)
        return event

    def finish(self, emit: Emit) -> None:
        """Nothing is still open when the stream ends."""


def slow_answers(seconds: float) -> Operator:
    """Tell of callers who waited longer than `seconds`, by a `user_event` named `slow-answer` before the `up`."""
    return lift(lambda: SlowAnswers(seconds))
