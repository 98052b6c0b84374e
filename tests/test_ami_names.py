"""What the servers of a subscription are called."""

from __future__ import annotations

import asyncio

import pytest

from cacofonisk import sources
from cacofonisk.errors import SourceError
from cacofonisk.sources._ami_names import Names
from cacofonisk.sources._ami_url import read_url
from cacofonisk.testing.ami_server import AmiServer
from tests.ami_client import Client

pytestmark = pytest.mark.usefixtures("nothing_is_left")


async def test_the_systemname_is_the_servers_name() -> None:
    async with AmiServer(system_name="pbx-7") as server, Client(server.url) as client:
        await client.until("resynced")
        assert {event.server for event in client.source("connected")} == {"pbx-7"}


async def test_a_given_name_goes_before_the_systemname() -> None:
    async with AmiServer(system_name="pbx-7") as server, Client(server.url, server="mine") as client:
        await client.until("resynced")
        assert client.source("connected")[0].server == "mine"


async def test_two_servers_never_share_a_name_and_the_first_keeps_it(caplog: pytest.LogCaptureFixture) -> None:
    one, two = (AmiServer(system_name="pbx", greeting=b"Asterisk Call Manager/%d\r\n" % number) for number in (1, 2))
    async with one, two, Client(one.url, two.url) as client:
        await client.until("resynced", 2)
        named = {event.detail: event.server for event in client.source("connected")}
    assert named == {"Asterisk Call Manager/1": "pbx", "Asterisk Call Manager/2": f"localhost:{two.port}"}
    assert caplog.messages.count(
        f"localhost:{two.port} calls itself pbx, as another server is called: here it is localhost:{two.port}; "
        "give each a name (server=, --server), for which is which may change"
    ) == 1  # fmt: skip


async def test_names_are_given_in_the_order_of_urls_whoever_is_quicker() -> None:
    names = Names([read_url(f"ami://me@{host}", "x") for host in ("a", "b", "c")], [""] * 3)
    third = asyncio.ensure_future(names.choose(2, "pbx"))
    second = asyncio.ensure_future(names.choose(1, ""))
    await asyncio.sleep(0)
    assert not third.done()
    names.settle(0)  # it was tried in vain
    assert (await second, await third) == ("b", "pbx")
    assert await names.choose(0, "pbx") == "a"


def test_the_same_server_twice_is_a_mistake() -> None:
    with pytest.raises(SourceError, match="pbx1:5038 is named twice: each of its calls would be told twice"):
        sources.ami("ami://me:x@pbx1", "ami://you:y@pbx1:5038")


async def test_one_that_is_silent_holds_up_no_other_for_longer_than_it_is_waited_for() -> None:
    silent, good = AmiServer(greeting=b""), AmiServer(system_name="pbx")
    async with silent, good, Client(silent.url, good.url, timeout=0.2) as client:
        await client.until("resynced", server="pbx")


async def test_one_that_refuses_the_login_holds_up_no_other() -> None:
    bad, good = AmiServer(secret="another"), AmiServer(system_name="pbx")  # of a test
    async with bad, good, Client(bad.url.replace("another", "wrong"), good.url) as client:
        await client.until("resynced", server="pbx")
