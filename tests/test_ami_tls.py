"""AMI over TLS: verified unless told otherwise, with authorities and certificates of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cacofonisk import sources
from cacofonisk.errors import SourceError
from cacofonisk.testing.ami_server import AmiServer
from tests.ami_client import Client, logged, serve_tls
from tests.webhooks import own_tls

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("nothing_is_left")


async def test_tls_with_an_authority_of_our_own(certificate: Path) -> None:
    async with AmiServer(tls=serve_tls(certificate)) as server, Client(server.url, ca=certificate) as client:
        assert server.url.startswith("amis://")
        await client.until("resynced")


@pytest.mark.parametrize("name", ["ca.pem", "server.pem"])
@pytest.mark.usefixtures("strict_tls")
async def test_certificates_as_asterisk_makes_them_are_trusted_by_every_python(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """`ast_tls_cert` writes no key usage into its authority's; either may be named, that one or the server's own."""
    tls = own_tls(tmp_path)
    async with AmiServer(tls=tls.server, host="localhost") as server:
        async with Client(server.url, ca=tmp_path / name) as client:
            await client.until("resynced")
        async with Client(server.url.replace("localhost", "127.0.0.1"), ca=tmp_path / name):
            await logged(caplog, "its certificate is not one of 127.0.0.1")


async def test_tls_is_verified_unless_told_otherwise(certificate: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with AmiServer(tls=serve_tls(certificate)) as server:
        async with Client(server.url):
            await logged(caplog, "its certificate is not trusted: self-signed certificate")
        assert server.actions == []
        async with Client(server.url, verify=False) as client:
            await client.until("resynced")


async def test_tls_with_a_certificate_of_the_client(certificate: Path) -> None:
    server = AmiServer(tls=serve_tls(certificate, ask=True))
    async with server, Client(server.url, ca=certificate, certificate=certificate) as client:
        await client.until("resynced")


def test_files_for_tls_that_are_of_no_use_are_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("x")
    with pytest.raises(SourceError, match=r"no\.pem holds no certificates of authorities"):
        sources.ami("amis://me:secret@pbx1", ca=tmp_path / "no.pem")
    with pytest.raises(SourceError, match=r"none\.pem hold no usable certificate with its key: no such file"):
        sources.ami("amis://me:secret@pbx1", certificate=tmp_path / "none.pem")


async def test_tls_where_there_is_none_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async with AmiServer() as server:
        async with Client(server.url.replace("ami://", "amis://")):
            await logged(caplog, "it does not speak TLS at this port; is it ami:// rather than amis://?")
        assert server.actions == []


async def test_no_tls_where_it_is_wanted_is_said(certificate: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with AmiServer(tls=serve_tls(certificate)) as server:
        async with Client(server.url.replace("amis://", "ami://"), timeout=0.1):
            await logged(caplog, "there was no greeting (does it want amis://?)")
        assert server.actions == []


async def test_a_certificate_of_another_host_is_not_trusted(
    certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with AmiServer(tls=serve_tls(certificate)) as server:
        async with Client(server.url.replace("@localhost", "@127.0.0.1"), ca=certificate):
            await logged(caplog, "its certificate is not one of 127.0.0.1")
        assert server.actions == []
