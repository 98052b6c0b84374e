"""URLs of AMI servers: where and who, and what is wrong with them without the secret."""

from __future__ import annotations

import pytest

from cacofonisk import sources
from cacofonisk.errors import SourceError
from cacofonisk.sources import Login
from cacofonisk.sources._ami_url import read_url


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("ami://me:s3cret@pbx1", ("pbx1", 5038, False, "me", "s3cret")),
        ("AMI://me:s3cret@pbx1", ("pbx1", 5038, False, "me", "s3cret")),
        ("amis://me:s3cret@pbx1", ("pbx1", 5039, True, "me", "s3cret")),
        ("ami://me:a%2Fb%40c@[::1]:5000", ("::1", 5000, False, "me", "a/b@c")),
    ],
)
def test_it_tells_where_and_who(url: str, address: tuple[str, int, bool, str, str]) -> None:
    found = read_url(url)
    assert (found.host, found.port, found.tls, found.user, found.secret) == address
    assert found.secret not in repr(found) + str(found)


@pytest.mark.parametrize(
    "url",
    [
        "pbx1", "http://me:s3cret@pbx1", "ami://me:s3cret@", "ami://:s3cret@pbx1", "ami://me:s3cret@pbx1:abc",
        "ami://me:s3cret@pbx1/x", "ami://me:s3/cret@pbx1", "ami://me:s3cret@[::1", "ami://me:s3cret%0d%0aX@pbx1",
        "ami://me@pbx1",
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_without_the_secret(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        sources.ami(url)
    assert "s3" not in str(caught.value)


def test_the_secret_given_apart_is_for_urls_without_one() -> None:
    assert read_url("ami://me@pbx1", "apart").secret == "apart"  # of a test
    assert read_url("ami://me:own@pbx1", "apart").secret == "own"  # of a test


@pytest.mark.parametrize("login", [Login("ami://me:s3cret@pbx1"), Login("ami://me@pbx1", secret="s3cret")])
def test_a_login_shows_where_and_who_and_no_secret(login: Login) -> None:
    assert login.address.secret == "s3cret"  # of a test
    assert "pbx1" in repr(login)
    assert "s3cret" not in repr(login)
