"""`cacofonisk check`: says what works with an AMI server, and what to change in manager.conf."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from cacofonisk.commands._common import DAMAGED, USAGE, complain, harmless
from cacofonisk.commands.run import NO_PBX, Ca, Certificate, Key, SecretFile, given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cacofonisk.sources import Finding


def check(
    context: typer.Context,
    url: Annotated[str | None, typer.Argument(metavar="URL", help="ami://user@host:5038, or amis:// for TLS.")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Look at this file for run, and at each PBX that it names.")
    ] = None,
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
    from cacofonisk.commands._config import read_config
    from cacofonisk.commands._live import find_secret, said_aloud
    from cacofonisk.errors import CacofoniskError

    def say(finding: Finding) -> None:
        print(harmless(f"{finding.mark:<7} {finding.what}", sys.stdout, 8), flush=True)
        if finding.change:
            print(harmless(f"{'':7} -> {finding.change}", sys.stdout, 11), flush=True)

    if not 0 <= seconds < float("inf"):
        return complain(f"--seconds must be 0 or more, not {seconds:g}", USAGE)
    if config is not None and (more := given(context, "config", "seconds")):
        return complain(f"--config says it all: put {more} into {config}", USAGE)
    findings: list[Finding] = []
    with said_aloud():
        try:
            if config is not None:
                logins, plan = read_config(config)
                print(harmless(f"{config}: {_count(logins, 'PBX')}, {_count(plan.outputs, 'sink')}", sys.stdout, 0))
            elif url is None:
                return complain(NO_PBX, USAGE)
            else:
                secret = find_secret([url], secret_file)
                logins = [sources.Login(url, secret=secret, ca=ca, certificate=certificate, key=key)]
            for login in logins:
                if config is not None:
                    print(f"\n{harmless(login.server, sys.stdout, 0)}", flush=True)
                findings += asyncio.run(sources.check_ami(login, say, seconds=seconds))
        except CacofoniskError as error:
            return complain(str(error), USAGE)
        except KeyboardInterrupt:
            return 130
    return DAMAGED if any(finding.mark == "missing" for finding in findings) else 0


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"
