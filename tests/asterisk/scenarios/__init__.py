"""What happens in the lab: one function is one scenario. All modules in this folder are loaded.

@scenario("201 calls 202, answered, caller hangs up")
async def basic_caller_hangs_up(lab: Lab) -> None:
    call = await lab.talk("201", "202")
    await call.hang_up("201")
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..lab import Lab
from ..pbx import Technology

Run = Callable[[Lab], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    name: str
    sentence: str
    run: Run
    technologies: tuple[Technology, ...]
    attached: bool  # is the recorder there from the start?


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    sentence: str, *, technologies: tuple[Technology, ...] = ("pjsip", "chan_sip"), attached: bool = True
) -> Callable[[Run], Run]:
    """Make a function a scenario; its name is the name of the recording."""

    def register(run: Run) -> Run:
        name = run.__name__
        if name in SCENARIOS:
            raise ValueError(f"two scenarios are called {name}")
        SCENARIOS[name] = Scenario(name, sentence, run, technologies, attached)
        return run

    return register


def all_scenarios() -> dict[str, Scenario]:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(SCENARIOS.items()))
