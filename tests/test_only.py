"""What the diagrams of only() cannot draw: a call that makes no operator."""

from __future__ import annotations

from typing import Any

import pytest

from cacofonisk.errors import PipelineError
from cacofonisk.operators.only import only


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ((), "only() needs a class of events, such as only(Transfer)"),
        (("transfer",), "only() takes classes of events, such as only(Transfer), not 'transfer'"),
    ],
)
def test_only_says_what_it_takes(kinds: tuple[Any, ...], message: str) -> None:
    with pytest.raises(PipelineError) as caught:
        only(*kinds)
    assert str(caught.value) == message
