"""What live tests share: PBXs, and what to do where none can be had."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.asterisk.fetch import LabUnavailable
from tests.live.stage import Play, Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of these tests."""
    config.addinivalue_line("markers", "heavy: much at once for long; runs when all other tests are through")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is heavy comes last."""
    items.sort(key=lambda item: item.get_closest_marker("heavy") is not None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """All plays that tests of this run ask for, performed side by side."""
    asked: dict[Play, None] = {}
    for item in request.session.items:
        play = item.callspec.params.get("play") if hasattr(item, "callspec") else None
        if isinstance(play, Play):
            asked[play] = None
    async with Stage(asked) as stage:
        yield stage


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    """Where no Asterisk can be had: skip, with the reason; but a CI that tests nothing is no CI."""
    try:
        return (yield)
    except LabUnavailable as unavailable:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            raise
        pytest.skip(f"no lab on this machine: {unavailable.reason}")
