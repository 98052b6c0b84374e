"""Options of a webhook: mistakes are said clearly, secrets never."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, NoReturn

import pytest

from cacofonisk import sinks
from cacofonisk.errors import SinkError
from cacofonisk.sinks.http.spec import _READ, options_of
from cacofonisk.sinks.http.spec import SECRET as VARIABLE
from tests.webhook_receiver import Receiver
from tests.webhooks import OTHER, SECRET, hold, send


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "crm.outbox"


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"url": "ftp://x"}, "the URL of the webhook makes no sense: it begins like https://crm.example"),
        (
            {"url": "https://me:hunter2@x/"},
            "a password in a URL can be seen by everybody: better use the header Authorization",
        ),
        ({"url": "https://[x"}, "the URL of the webhook makes no sense"),
        ({"secret": "hunter2?"}, "the secret is written like whsec_ and then at least 24 bytes in base64"),
        ({"secret": ""}, "the secret is written like whsec_ and then at least 24 bytes in base64"),
        ({"headers": {"X": "hunter2\r\nY: z"}}, "the value of the header X cannot be sent"),
        ({"headers": {"Webhook-Id": "1"}}, "'Webhook-Id' cannot be the name of a header of your own"),
        ({"envelope": "soap"}, "envelope is none or cloudevents, not 'soap'"),
        ({"sync": "never"}, "sync is group or each, not 'never'"),
        ({"batch": 0}, "batch must be above 0, not 0"),
        ({"ca": "/nope"}, "/nope cannot be used for TLS: no such file or directory"),
        ({"secret_file": "/nope"}, "/nope cannot be read: no such file or directory"),
        ({"secret_file": "/nope", "secret": SECRET}, "a webhook has a secret or a secret_file, not both"),
        ({"outbox": "/nope/x"}, "the outbox /nope/x: there is no folder /nope; make it first"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_line_without_secrets(options: dict[str, Any], what: str, outbox: Path) -> None:
    with pytest.raises(SinkError) as caught:
        sinks.http(**{"url": "https://crm.example/", "outbox": outbox, **options})
    assert str(caught.value) == what
    assert "hunter2" not in str(caught.value)


def test_nothing_that_can_be_shown_holds_a_secret(outbox: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Receiver(errors=1) as receiver:
        sink = send(receiver, outbox, [hold(1)], secret=SECRET, headers={"Authorization": "hunter2"}, drain=0.1)
    shown = f"{sink!r} {sink.options!r} {sink.__dict__!r} {caplog.text}"
    for secret in (SECRET, "hunter2", "t0ken"):
        assert secret not in shown


def test_options_in_the_fragment_and_the_secret_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n{OTHER}\n")
    fragment = f"outbox={tmp_path}/a%26b&batch=5&timeout=2m&max_size=10M&secret_file={tmp_path}/secret"
    sink = sinks.sink_for(f"https://crm.example/hook?x=1#{fragment}")
    assert isinstance(sink, sinks.HttpSink)
    options = sink.options
    assert (options.url, str(options.outbox)) == ("https://crm.example/hook?x=1", f"{tmp_path}/a&b")
    assert (options.batch, options.timeout, options.max_size) == (5, 120, 10 << 20)
    assert options.secrets == [SECRET, OTHER]
    monkeypatch.setenv(VARIABLE, OTHER)
    assert options_of("https://crm.example/").secrets == [OTHER]


def test_secrets_in_a_file_are_an_argument_as_well(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n{OTHER}\n")
    with sinks.http("http://localhost:9/", outbox=tmp_path / "x", secret_file=tmp_path / "secret") as sink:
        assert sink.options.secrets == [SECRET, OTHER]


def test_options_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "crm.toml"
    path.write_text(f'url = "https://crm.example/t0ken"\ntimeout = "5s"\nsecret = "{SECRET}"\n[headers]\nX-A = "b"\n')
    options = options_of(f"http:{path}")
    assert (options.url, options.timeout, options.secrets) == ("https://crm.example/t0ken", 5, [SECRET])
    assert options.headers == {"X-A": "b"}


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        (
            "https://x/#secret=hunter2",
            "secret on a command line can be seen by everybody: use secret_file, or http:FILE.toml",
        ),
        ("https://x/#speed=1", "a webhook has no option 'speed' (it has {names})"),
        ("https://x/#batch=many", "batch: a number is written like 7, not 'many'"),
        ("https://x/#timeout=soon", "timeout: a duration is written like 30s or 7d, not 'soon'"),
        ("https://x/#secret_file=/nope", "/nope cannot be read: no such file or directory"),
        ("http:/nope", "/nope cannot be read: no such file or directory"),
        ("http:{file}", "{file}: batch has a value of the wrong kind"),
    ],
)  # fmt: skip
def test_a_wrong_text_for_a_webhook_is_one_clear_line(spec: str, what: str, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('url = "https://x/hunter2"\nbatch = [1]\n')
    with pytest.raises(SinkError) as caught:
        sinks.sink_for(spec.format(file=file))
    assert str(caught.value) == what.format(file=file, names=", ".join(_READ))


def test_the_outbox_has_a_place_of_its_own_unless_it_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    one, two = (options_of(f"https://crm.example/{path}").outbox_path for path in "ab")
    assert one.parent == two.parent == tmp_path / "cacofonisk"
    assert one != two
    assert one.name.startswith("crm.example-")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/calls")
    assert options_of("https://crm.example/").outbox_path.parent == Path("/var/lib/calls")


def test_a_user_without_a_home_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def nobody(uid: int) -> NoReturn:
        raise KeyError(uid)

    for name in ("HOME", "STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    for make in (sinks.http, sinks.sink_for):
        with pytest.raises(SinkError) as caught:
            make("https://crm.example/")
        assert str(caught.value) == (
            "no place for the outbox: this user has no home; name the file with outbox=…, or set STATE_DIRECTORY"
        )
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    assert options_of("https://crm.example/").outbox_path.parent == tmp_path
