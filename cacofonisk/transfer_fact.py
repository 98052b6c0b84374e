"""What `detect_transfer` found out about a transfer, in persons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cacofonisk.bridges import Bridge
    from cacofonisk.channels import Channel


@dataclass(slots=True, kw_only=True)
class TransferFact:
    """A transfer: `transferer` hands `transferee` over to `targets`; every channel is a person's.

    `second` is the transferer's channel of the consultation (None for a blind transfer, or if that is over), `exten`
    the number that was dialled, `bridge` where the transferee, or the Local half it is behind, is now. `result` is
    Asterisk's own word, `Success` when the transfer took effect. `stays` says that the transferer talks on: three
    people do.
    """

    kind: Literal["blind", "attended", "blonde"]
    server: str
    timestamp: float
    transferer: Channel
    second: Channel | None
    transferee: Channel | None
    targets: list[Channel]
    exten: str
    result: str
    bridge: Bridge | None = None
    stays: bool = False
    inferred: bool = False
