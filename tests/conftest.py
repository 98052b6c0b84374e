"""Options and parametrization that several test modules share."""

from __future__ import annotations

import asyncio
import gc
import ssl
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

settings.register_profile("cacofonisk", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("cacofonisk")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--recordings-rewrite`."""
    parser.getgroup("recordings", "recordings of real calls").addoption(
        "--recordings-rewrite",
        action="store_true",
        help="write the call events that come out into the *.calls files beside the recordings",
    )


@pytest.fixture
async def nothing_is_left() -> AsyncIterator[None]:
    """After the test the event loop has no other task, no timer and no socket, and nothing was complained of."""
    loop = asyncio.get_running_loop()
    complaints: list[dict[str, object]] = []
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    before = open_sockets()
    yield
    for _ in range(200):  # what another end of a connection has closed is closed here a moment later
        await asyncio.sleep(0.01)
        if open_sockets() <= before:
            break
    gc.collect()  # now, so that a warning is of this test
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert [timer for timer in getattr(loop, "_scheduled", []) if not timer.cancelled()] == []
    assert open_sockets() <= before
    assert complaints == []


def open_sockets() -> set[str]:
    """The sockets of this process."""
    found = set()
    for number in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the folder's own is closed by now
            found.add(str(number.readlink()))
    return {name for name in found if name.startswith("socket:")}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost with its key, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    pem = folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]  # fmt: skip
    subprocess.run(
        [*command, "-keyout", str(folder / "key.pem"), "-out", str(folder / "crt.pem")], check=True, capture_output=True
    )
    pem.write_bytes((folder / "key.pem").read_bytes() + (folder / "crt.pem").read_bytes())
    return pem


@pytest.fixture
def strict_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Python asks of certificates what 3.13 and later ask."""
    default = ssl.create_default_context

    def strict(*arguments: Any, **options: Any) -> ssl.SSLContext:
        context = default(*arguments, **options)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)
