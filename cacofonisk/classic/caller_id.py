"""Who takes part in a call, as the classic hooks say it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cacofonisk.sinks import visible

if TYPE_CHECKING:
    from cacofonisk.channels import Channel


@dataclass(frozen=True, slots=True)
class CallerId:
    """One person in a call; false where it is nobody.

    `exten` is what this person dialled or, of the target of a transfer, where the call went. `channel` is the
    channel the person is on, with your notes in its `custom`. Neither counts when two are compared.
    """

    code: str = ""
    name: str = ""
    number: str = ""
    is_public: bool = True
    exten: str = field(default="", compare=False)
    channel: Channel | None = field(default=None, compare=False, repr=False)

    @property
    def account_code(self) -> str:
        """Another word for `code`."""
        return self.code

    @property
    def cli(self) -> str:
        """Another word for `number`."""
        return self.number

    def replace(self, **changes: Any) -> CallerId:
        """The same with other values for these fields."""
        return replace(self, **changes)

    def __bool__(self) -> bool:
        return bool(self.code or self.name or self.number or self.exten or self.channel)

    def __str__(self) -> str:
        return visible(f'"{self.name}" <{self.number};{"pub" if self.is_public else "priv"};code={self.code}>')
