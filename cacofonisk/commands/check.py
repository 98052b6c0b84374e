"""`cacofonisk check`: says what works with an AMI server, and what to change in manager.conf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cacofonisk.commands._common import DAMAGED, USAGE, complain, harmless
from cacofonisk.commands.run import Ca, Certificate, Key, SecretFile  # noqa: TC001  # typer reads them

if TYPE_CHECKING:
    from cacofonisk.sources import Finding


def check(
    url: Annotated[str, typer.Argument(metavar="URL", help="ami://user@host:5038, or amis:// for TLS.")],
    seconds: Annotated[float, typer.Option(metavar="S", help="So long it looks at events; make a call meanwhile.")] = 5,
    secret_file: SecretFile = None,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> int:
    """Log in to a PBX and say what has to be changed there.

    The exit status is 0 if all is well.
    """
    import asyncio
    import sys

    from cacofonisk import sources
    from cacofonisk.commands._live import find_secret, said_aloud
    from cacofonisk.errors import SourceError

    def say(finding: Finding) -> None:
        print(harmless(f"{finding.mark:<7} {finding.what}", sys.stdout, 8), flush=True)
        if finding.change:
            print(harmless(f"{'':7} -> {finding.change}", sys.stdout, 11), flush=True)

    if not 0 <= seconds < float("inf"):
        return complain(f"--seconds must be 0 or more, not {seconds:g}", USAGE)
    with said_aloud():
        try:
            probing = sources.check_ami(
                url, say, secret=find_secret([url], secret_file), seconds=seconds, ca=ca, certificate=certificate,
                key=key,
            )  # fmt: skip
            findings = asyncio.run(probing)
        except SourceError as error:
            return complain(str(error), USAGE)
        except KeyboardInterrupt:
            return 130
    return DAMAGED if any(finding.mark == "missing" for finding in findings) else 0
