"""Says call events in the words of cacofonisk 0.x, to the hooks of a reporter."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields
from inspect import signature
from typing import Any

from cacofonisk.classic.reporters import BaseReporter, CallerId
from cacofonisk.events import Anomaly, Hangup, QueueLeft, Ringing, RingingStopped, Transfer, Up, UserEvent


def said_of(event: Any, who: Callable[[Any], Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The hooks that an event of the pipeline is for, and what they can name: its fields, and what 0.x called them."""
    said = {one.name: getattr(event, one.name) for one in fields(event)}
    said |= {one.name: who(said[one.name]) for one in fields(event) if "Party" in str(one.type)}
    said["to_number"] = said["caller"].exten if "caller" in said else ""
    match event:
        case Ringing():
            for callee in said["targets"]:
                yield "on_b_dial", {**said, "callee": callee, "targets": [callee]}
        case RingingStopped():
            yield "on_b_dial_end", {**said, "callee": said["target"], "targets": [said["target"]]}
        case Up():
            yield "on_up", {**said, "target": said["callee"]}
        case Transfer():
            target = said["targets"][0] if event.targets else CallerId(number=event.exten)
            target = target.replace(exten=event.exten or target.number)
            said |= {"redirector": said["transferer"], "merged_id": event.merged_call_id, "to_number": event.exten}
            said |= {"party1": said["transferee"], "caller": said["transferee"], "party2": target}
            said |= {"target": target, "destination": target}
            older = "on_warm_transfer" if event.kind == "attended" else "on_cold_transfer"
            yield from ((name, said) for name in ("on_transfer", f"on_{event.kind}_transfer", older))
        case Hangup():
            yield "on_hangup", said
        case QueueLeft(reason="abandoned"):
            yield "on_queue_caller_abandon", said
        case UserEvent():
            yield "on_user_event", {**said, "caller": said["party"]}
        case Anomaly():
            yield "trace_msg", {"msg": event.what}


def own_hook(reporter: BaseReporter, name: str) -> Callable[..., object] | None:
    """The reporter's hook of this name, None where it has not its own."""
    hook: Callable[..., object] | None = getattr(reporter, name, None)
    return None if getattr(hook, "__func__", hook) is getattr(BaseReporter, name, None) else hook


def tell(reporter: BaseReporter, name: str, said: dict[str, Any]) -> None:
    """Call the hook with what it names, else with what is documented, with or without call_id; log its failure."""
    hook = own_hook(reporter, name)
    if hook is None:
        return
    look = signature(hook)
    named = {word: said[word] for word in look.parameters if word in said}
    documented = {word: said[word] for word in signature(getattr(BaseReporter, name, hook)).parameters if word in said}
    places = list(documented.values())
    ways: list[tuple[list[Any], dict[str, Any]]] = [(places, {}), (places[1:], {}), ([], documented), ([], named)]
    for given, by_name in [([], named), *ways] if named or not look.parameters else ways:
        with suppress(TypeError):
            look.bind(*given, **by_name)
            break
    try:
        hook(*given, **by_name)
    except Exception:
        logging.getLogger("cacofonisk.classic").exception("%s failed; the run goes on", name)
