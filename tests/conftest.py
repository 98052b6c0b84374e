"""Options and parametrization that several test modules share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

settings.register_profile("cacofonisk", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("cacofonisk")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--recordings-rewrite`."""
    parser.getgroup("recordings", "recordings of real calls").addoption(
        "--recordings-rewrite",
        action="store_true",
        help="write the call events that come out into the *.calls files beside the recordings",
    )
