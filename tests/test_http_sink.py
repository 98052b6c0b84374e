"""Webhooks: what a receiver gets, and what happens when it does not want it."""

from __future__ import annotations

import gc
import json
import logging
import sqlite3
import ssl
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from reactivex import from_iterable
from standardwebhooks import Webhook

from cacofonisk import events, sinks
from cacofonisk.ami_event import AmiEvent
from cacofonisk.errors import SinkError
from cacofonisk.sinks import _http_spec, http
from tests.webhook_receiver import Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cacofonisk.events import Event

ALICE = events.Party("PJSIP/201-1", "1.201", "201", "Alice", "", True, "202")
SECRET, OTHER = "whsec_c2VjcmV0LW9mLTI0LWJ5dGVzLW9yLW1vcmU=", "whsec_YW5vdGhlci1zZWNyZXQtb2YtMjQtYnl0ZXM="


def hold(sequence: int, call: str | None = "1.1", name: str = "Alice") -> events.Hold:
    party = events.Party("PJSIP/201-1", "1.201", "201", name, "", True, "202")
    time = "2026-11-22T12:19:48.426123Z"
    return events.Hold(call_id=call, server="pbx 1", time=time, sequence=sequence, by=party)


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "crm.outbox"


def send(receiver: Receiver, outbox: Path, values: list[Event], **options: Any) -> sinks.HttpSink:
    """Send all of this, wait until it is settled."""
    sink = sinks.http(receiver.url, outbox=outbox, **{"first_wait": 0.01, "most_wait": 0.05, **options})
    from_iterable(values).subscribe(sink)
    return sink


def dead(outbox: Path) -> list[sinks.DeadLetter]:
    with sinks.DeadLetters(outbox) as letters:
        return list(letters)


def waiting(outbox: Path) -> int:
    with sinks.DeadLetters(outbox) as letters:
        return letters.waiting()


def test_each_call_event_is_posted_as_its_json(outbox: Path) -> None:
    others: list[Event] = [AmiEvent({"Event": "Newchannel"})]
    with Receiver() as receiver:
        sink = send(receiver, outbox, [hold(1), *others, hold(2)], headers={"Authorization": "Bearer x"})
    assert (sink.error, sink.completed) == (None, True)
    assert [body for _, body in receiver.events] == [sinks.to_json(hold(each))[:-1] for each in (1, 2)]
    headers = receiver.headers[0]
    assert headers["content-type"] == "application/json"
    assert headers["authorization"] == "Bearer x"
    assert headers["webhook-id"].startswith("msg_")
    assert "webhook-signature" not in headers
    assert waiting(outbox) == 0


def test_requests_are_signed_with_every_secret(outbox: Path) -> None:
    with Receiver() as receiver:
        send(receiver, outbox, [hold(1, name="Zoë")], secret=[SECRET, OTHER])
    for secret in (SECRET, OTHER):
        assert Webhook(secret).verify(receiver.bodies[0], receiver.headers[0])["event"] == "hold"


def test_the_same_event_of_a_call_has_the_same_id_whoever_sees_it(outbox: Path, tmp_path: Path) -> None:
    with Receiver() as receiver:
        send(receiver, outbox, [hold(1), hold(2), hold(0, None), hold(0, None)])
        send(receiver, tmp_path / "other", [hold(1)])
    by_body: dict[bytes, set[str]] = {}
    for id_, body in receiver.events:
        by_body.setdefault(body, set()).add(id_)
    assert sorted(len(ids) for ids in by_body.values()) == [1, 1, 2]  # two alike that are of no call may be two


def test_connections_are_used_again_and_no_more_than_asked_for(outbox: Path) -> None:
    with Receiver() as receiver:
        send(receiver, outbox, [hold(1, str(call)) for call in range(100)], concurrency=2)
    assert len(receiver.events) == 100
    assert len(receiver.connections) <= 2


def test_batches(outbox: Path) -> None:
    with Receiver() as receiver:
        send(receiver, outbox, [hold(each, str(call)) for each in (1, 2) for call in range(50)], batch=30)
    assert len(receiver.events) == 100
    assert len({id_ for id_, _ in receiver.events}) == 100
    assert len(receiver.bodies) < 30
    order: dict[str, list[int]] = {}
    for _, body in receiver.events:
        order.setdefault(json.loads(body)["call_id"], []).append(json.loads(body)["sequence"])
    assert set(map(tuple, order.values())) == {(1, 2)}


@pytest.mark.parametrize("batch", [1, 2])
def test_cloud_events(outbox: Path, batch: int) -> None:
    with Receiver() as receiver:
        send(receiver, outbox, [hold(1)], envelope="cloudevents", batch=batch)
    said = json.loads(receiver.bodies[0])
    if batch > 1:
        (said,) = said
    assert receiver.headers[0]["content-type"] == f"application/cloudevents{'-batch' if batch > 1 else ''}+json"
    id_ = said.pop("id")
    assert batch > 1 or id_ == receiver.headers[0]["webhook-id"]
    assert said == {
        "specversion": "1.0", "source": "/cacofonisk/pbx%201", "type": "cacofonisk.hold", "subject": "1.1",
        "time": "2026-11-22T12:19:48.426123Z", "datacontenttype": "application/json",
        "data": json.loads(sinks.to_json(hold(1))),
    }  # fmt: skip


@pytest.mark.parametrize("status", [302, 408, 429, 500, 503])
def test_a_refusal_that_may_pass_is_tried_again_with_the_same_id(outbox: Path, status: int) -> None:
    async def answer(_request: web.Request, number: int) -> web.Response | None:
        return web.Response(status=status) if number <= 3 else None

    with Receiver(answer=answer) as receiver:
        send(receiver, outbox, [hold(1), hold(2)], drain=30)
    assert [json.loads(body)["sequence"] for body in receiver.bodies] == [1, 1, 1, 1, 2]
    assert len({headers["webhook-id"] for headers in receiver.headers[:4]}) == 1


def test_retry_after_is_heeded(outbox: Path) -> None:
    async def answer(_request: web.Request, number: int) -> web.Response | None:
        return web.Response(status=429, headers={"retry-after": "3600"}) if number == 1 else None

    with Receiver(answer=answer) as receiver:
        sink = sinks.http(receiver.url, outbox=outbox, first_wait=0.001, most_wait=0.001, concurrency=1, drain=0.3)
        sink.on_next(hold(1))
        receiver.wait_for_requests(1)
        sink.on_next(hold(1, "2.1"))
        sink.on_completed()
    assert receiver.requests == 1
    assert waiting(outbox) == 2


@pytest.mark.parametrize("batch", [1, 4])
def test_what_is_refused_for_good_becomes_a_dead_letter_alone(
    outbox: Path, batch: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def answer(request: web.Request, _number: int) -> web.Response | None:
        bad = b'"sequence":2' in await request.read()
        return web.Response(status=422, text=f"no \x1b[31m {SECRET} Bearer 12345") if bad else None

    with Receiver(answer=answer) as receiver:
        values: list[Event] = [hold(1), hold(2), hold(3), hold(1, "2.1")]
        send(receiver, outbox, values, batch=batch, secret=SECRET, headers={"Authorization": "Bearer 12345"})
    taken = [json.loads(body) for _, body in receiver.events]
    assert [each["sequence"] for each in taken if each["call_id"] == "1.1"] == [1, 3]
    assert [each["sequence"] for each in taken if each["call_id"] == "2.1"] == [1]
    (letter,) = dead(outbox)
    assert (letter.status, letter.reason) == (422, "no \x1b[31m … …")  # what they know of us is not kept
    assert json.loads(letter.body)["sequence"] == 2
    assert caplog.messages == [
        f"http://localhost:{receiver.port} refused an event: status 422; see 'cacofonisk outbox list {outbox}'"
    ]


def test_who_never_answers_well_becomes_a_dead_letter_at_last(outbox: Path) -> None:
    with Receiver(errors=1) as receiver:
        send(receiver, outbox, [hold(1)], give_up=1e-6, drain=30)
    assert [letter.status for letter in dead(outbox)] == [503]


def test_what_is_left_over_is_sent_first_at_the_next_start(outbox: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Receiver(errors=1) as receiver:
        send(receiver, outbox, [hold(1), hold(2)], drain=0.1)
    assert caplog.messages[-1] == f"2 events wait in {outbox}; the next start sends them first"
    with Receiver() as receiver:
        send(receiver, outbox, [hold(3)])
    assert [json.loads(body)["sequence"] for _, body in receiver.events] == [1, 2, 3]


def test_a_receiver_that_is_gone_is_said_once_and_not_pestered(
    outbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    down = threading.Event()

    async def answer(_request: web.Request, _number: int) -> web.Response | None:
        return None if down.is_set() else web.Response(status=503)

    with Receiver(answer=answer) as receiver:
        sink = sinks.http(receiver.url, outbox=outbox, concurrency=2, first_wait=0.01, most_wait=0.05)
        for call in range(50):
            sink.on_next(hold(1, str(call)))
        receiver.wait_for_requests(5)
        down.set()
        receiver.wait_for_events(50)
        sink.on_completed()
    host = f"http://localhost:{receiver.port}"
    assert caplog.messages == [
        f"{host} takes no events: status 503; they wait in the outbox", f"{host} takes events again",
    ]  # fmt: skip


@pytest.mark.parametrize("there", ["http://127.0.0.1:{port}/stolen", "https://localhost:{port}/", "//evil.example/"])
def test_redirects_to_other_hosts_are_not_followed(outbox: Path, there: str) -> None:
    async def answer(request: web.Request, number: int) -> web.Response | None:
        where = there.format(port=request.url.port)
        return web.Response(status=307, headers={"location": where}) if number == 1 else None

    with Receiver(answer=answer) as receiver:
        send(receiver, outbox, [hold(1)], drain=30)
    assert receiver.requests == 2
    assert {headers["host"] for headers in receiver.headers} == {f"localhost:{receiver.port}"}


def test_redirects_on_the_same_host_are_followed(outbox: Path) -> None:
    paths: list[str] = []

    async def answer(request: web.Request, _number: int) -> web.Response | None:
        paths.append(request.path)
        return web.Response(status=308, headers={"location": "/new"}) if request.path == "/hook" else None

    with Receiver(answer=answer) as receiver:
        send(receiver, outbox, [hold(1)])
    assert paths == ["/hook", "/new"]
    assert [body for _, body in receiver.events] == [sinks.to_json(hold(1))[:-1]]


def test_an_answer_without_end_is_not_read_to_its_end(outbox: Path) -> None:
    async def answer(request: web.Request, number: int) -> web.StreamResponse | None:
        if number > 1:
            return None
        response = web.StreamResponse(status=400)
        await response.prepare(request)
        with pytest.raises(ConnectionError):
            while True:
                await response.write(b"x" * 65536)
        return response

    with Receiver(answer=answer) as receiver:
        send(receiver, outbox, [hold(1), hold(2)])
    assert [letter.reason for letter in dead(outbox)] == ["x" * 200]
    assert len(receiver.events) == 1


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", path, "-out", tmp_path / "public.pem", "-subj", "/CN=localhost", "-days", "2",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + (tmp_path / "public.pem").read_text())
    return path


def test_a_certificate_is_verified_and_an_authority_of_ones_own_can_be_trusted(
    outbox: Path, certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    with Receiver(tls=tls) as receiver:
        send(receiver, outbox, [hold(1)], drain=0.3, concurrency=1)
        assert receiver.requests == 0
        assert "its certificate is not trusted: self-signed certificate" in caplog.text
        send(receiver, outbox, [hold(2)], ca=certificate)
    assert [json.loads(body)["sequence"] for _, body in receiver.events] == [1, 2]


def test_two_sinks_cannot_fill_one_outbox(outbox: Path) -> None:
    with Receiver() as receiver, sinks.http(receiver.url, outbox=outbox):
        with pytest.raises(SinkError, match=r"crm\.outbox is in use by another sink: each needs one of its own"):
            sinks.http(receiver.url, outbox=outbox)
        gc.collect()
    with Receiver() as receiver:
        send(receiver, outbox, [])


def test_an_outbox_is_private(outbox: Path) -> None:
    with Receiver() as receiver, sinks.http(receiver.url, outbox=outbox) as sink:
        sink.on_next(hold(1))
        sink.flush()
        modes = {path.name: path.stat().st_mode & 0o777 for path in outbox.parent.iterdir()}
    assert modes == dict.fromkeys(
        ("crm.outbox", "crm.outbox-shm", "crm.outbox-wal", "crm.outbox.lock"), 0o600
    )


def test_an_event_is_on_disk_when_flush_returns(outbox: Path) -> None:
    for commit in ("group", "each"):
        with Receiver(errors=1) as receiver, sinks.http(receiver.url, outbox=outbox, commit=commit, drain=0) as sink:
            sink.on_next(hold(1))
            if commit == "group":
                sink.flush()
            assert waiting(outbox) == 1 + (commit == "each")


def test_hostile_names_come_through_as_they_are(outbox: Path) -> None:
    names = ["'); DROP TABLE letter;--", "a\r\nX-Evil: 1", "\udce9\x00\x1b", '"}', "x" * 10_000]
    with Receiver() as receiver:
        send(receiver, outbox, [hold(number, f"{number}\udcff", name) for number, name in enumerate(names, 1)])
    said = {json.loads(body)["by"]["name"] for _, body in receiver.events}
    assert said == {name.replace("\udce9", "\ufffd") for name in names}
    assert not any("x-evil" in headers for headers in receiver.headers)


async def test_it_can_be_awaited_and_never_blocks_the_loop(outbox: Path) -> None:
    with Receiver() as receiver:
        async with sinks.http(receiver.url, outbox=outbox) as sink:
            sink.on_next(hold(1))
        await sink.wait_closed()
    assert len(receiver.events) == 1


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"url": "ftp://x"}, "the URL of the webhook makes no sense: it is written like https://crm.example/hook"),
        ({"url": "https://me:hunter2@x/"}, "a password in a URL can be seen by everybody: better use the header Authorization"),
        ({"url": "https://[x"}, "the URL of the webhook makes no sense"),
        ({"secret": "hunter2?"}, "the secret is written like whsec_ and then at least 24 bytes in base64"),
        ({"secret": ""}, "the secret is written like whsec_ and then at least 24 bytes in base64"),
        ({"headers": {"X": "hunter2\r\nY: z"}}, "the value of the header X cannot be sent"),
        ({"headers": {"Webhook-Id": "1"}}, "'Webhook-Id' cannot be the name of a header of your own"),
        ({"envelope": "soap"}, "envelope is none or cloudevents, not 'soap'"),
        ({"commit": "never"}, "commit is group or each, not 'never'"),
        ({"batch": 0}, "batch must be above 0, not 0"),
        ({"ca": "/nope"}, "/nope cannot be used for TLS: no such file or directory"),
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


def test_options_in_the_fragment_and_the_secret_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n{OTHER}\n")
    spec = f"https://crm.example/hook?x=1#outbox={tmp_path}/a%26b&batch=5&timeout=2m&max_size=10M&secret_file={tmp_path}/secret"
    sink = sinks.sink_for(spec)
    assert isinstance(sink, sinks.HttpSink)
    options = sink.options
    assert (options.url, str(options.outbox)) == ("https://crm.example/hook?x=1", f"{tmp_path}/a&b")
    assert (options.batch, options.timeout, options.max_size) == (5, 120, 10 << 20)
    assert options.secrets == [SECRET, OTHER]
    monkeypatch.setenv(_http_spec.SECRET, OTHER)
    assert _http_spec.options_of("https://crm.example/").secrets == [OTHER]


def test_options_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "crm.toml"
    path.write_text(f'url = "https://crm.example/t0ken"\ntimeout = "5s"\nsecret = "{SECRET}"\n[headers]\nX-A = "b"\n')
    options = _http_spec.options_of(f"http:{path}")
    assert (options.url, options.timeout, options.secrets) == ("https://crm.example/t0ken", 5, [SECRET])
    assert options.headers == {"X-A": "b"}


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        ("https://x/#secret=hunter2", "secret on a command line can be seen by everybody: use secret_file, or http:FILE.toml"),
        ("https://x/#speed=1", "a webhook has no option 'speed' (it has {names})"),
        ("https://x/#batch=many", "batch: invalid literal for int() with base 10: 'many'"),
        ("https://x/#timeout=soon", "timeout: a duration is written like 30s or 7d, not 'soon'"),
        ("https://x/#secret_file=/nope", "/nope cannot be read: No such file or directory"),
        ("http:/nope", "/nope cannot be read: no such file or directory"),
        ("http:{file}", "{file}: batch has a value of the wrong kind"),
    ],
)  # fmt: skip
def test_a_wrong_text_for_a_webhook_is_one_clear_line(spec: str, what: str, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('url = "https://x/hunter2"\nbatch = [1]\n')
    with pytest.raises(SinkError) as caught:
        sinks.sink_for(spec.format(file=file))
    assert str(caught.value) == what.format(file=file, names=", ".join(_http_spec._READ))  # noqa: SLF001  # all of them


def test_the_outbox_has_a_place_of_its_own_unless_it_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    one, two = (_http_spec.options_of(f"https://crm.example/{path}").outbox_path for path in "ab")
    assert one.parent == two.parent == tmp_path / "cacofonisk"
    assert one != two
    assert one.name.startswith("crm.example-")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/calls")
    assert _http_spec.options_of("https://crm.example/").outbox_path.parent == Path("/var/lib/calls")


# A disk in trouble


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(http, "_IN_MEMORY", 50)
    monkeypatch.setattr(http, "_PATIENCE", 0.2)
    yield


@pytest.mark.usefixtures("_impatient")
def test_a_full_outbox_is_said_bounded_and_loses_nothing_of_what_it_took(
    outbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = sinks.list_()
    values = [hold(1, str(call), "x" * 1000) for call in range(1000)]
    with Receiver(errors=1) as receiver:
        sink = sinks.http(receiver.url, outbox=outbox, max_size=200_000, drain=0.1, on_failure=lambda _: None)
        delivery = sinks.Delivery(sink, other)
        delivery.start(from_iterable(values))
    assert str(sink.error) == f"the outbox {outbox} is full: it has reached its max_size; 50 events are not stored"
    assert len(other.events) == 1000
    assert outbox.stat().st_size < 300_000
    assert any("events wait in memory" in message for message in caplog.messages)
    check_kept(outbox, values)


def check_kept(outbox: Path, values: list[events.Hold]) -> None:
    """The database is whole, and what it held is delivered once there is a receiver."""
    with sqlite3.connect(outbox) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (count,) = connection.execute("SELECT count(*) FROM letter").fetchone()
    connection.close()
    assert 0 < count < len(values)
    with Receiver() as receiver:
        send(receiver, outbox, [])
    assert sorted(body for _, body in receiver.events) == sorted(sinks.to_json(each)[:-1] for each in values[:count])


@pytest.mark.usefixtures("_impatient")
def test_room_that_deliveries_make_is_used_again(outbox: Path) -> None:
    open_ = threading.Event()

    async def answer(_request: web.Request, _number: int) -> web.Response | None:
        return None if open_.is_set() else web.Response(status=503)

    def said(record: logging.LogRecord) -> bool:
        if "is full" in record.getMessage():
            open_.set()
        return True

    log = logging.getLogger("cacofonisk.sinks")
    log.addFilter(said)
    try:
        with Receiver(answer=answer) as receiver:
            values = [hold(1, str(call), "x" * 1000) for call in range(400)]
            monkey = sinks.http(receiver.url, outbox=outbox, max_size=200_000, first_wait=0.01, most_wait=0.02)
            monkey._writer._patience = 20  # type: ignore[union-attr]  # noqa: SLF001  # here it shall wait for room
            from_iterable(values).subscribe(monkey)
    finally:
        log.removeFilter(said)
    assert monkey.error is None
    assert len({id_ for id_, _ in receiver.events}) == 400


def test_a_file_that_is_no_outbox_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(SinkError, match="is no outbox but another program's database"):
        sinks.http("https://crm.example/", outbox=path)
    assert path.read_bytes() == before
    path.write_bytes(b"GIF89a" * 500)
    with pytest.raises(SinkError, match="cannot be used: file is not a database"):
        sinks.http("https://crm.example/", outbox=path)
    assert path.read_bytes() == b"GIF89a" * 500


def test_the_time_of_a_request_is_its_own(outbox: Path) -> None:
    with Receiver() as receiver:
        before = int(datetime.now(UTC).timestamp())
        send(receiver, outbox, [hold(1)])
    assert before <= int(receiver.headers[0]["webhook-timestamp"]) <= datetime.now(UTC).timestamp()
