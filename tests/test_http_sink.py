"""Webhooks: what a receiver gets, and what happens when it does not want it."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from cacofonisk import sinks
from cacofonisk.ami_event import AmiEvent
from cacofonisk.sinks.http.letter import Letter
from cacofonisk.sinks.http.outbox import Outbox
from tests.webhook_receiver import Receiver
from tests.webhooks import OTHER, SECRET, dead, hold, logged, own_tls, send, waiting

if TYPE_CHECKING:
    from pathlib import Path

    from cacofonisk.events import Event


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "crm.outbox"


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


@pytest.mark.parametrize("status", [302, 408, 425, 429, 500, 503])
def test_a_refusal_that_may_pass_is_tried_again_with_the_same_id(outbox: Path, status: int) -> None:
    async def answer(_request: web.Request, number: int) -> web.Response | None:
        return web.Response(status=status) if number <= 3 else None

    with Receiver(answer=answer) as receiver:
        send(receiver, outbox, [hold(1), hold(2)], drain=30)
    assert [json.loads(body)["sequence"] for body in receiver.bodies] == [1, 1, 1, 1, 2]
    assert len({headers["webhook-id"] for headers in receiver.headers[:4]}) == 1


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (503, {"retry-after": "Mon, 01 Jan 99999999999 00:00:00 GMT"}),
        (503, {"retry-after": "soon"}),
        (307, {"location": "http://["}),
        (307, {"location": "http://localhost:port/"}),
    ],
)
def test_headers_that_make_no_sense_are_as_if_absent(
    outbox: Path, caplog: pytest.LogCaptureFixture, status: int, headers: dict[str, str]
) -> None:
    async def answer(_request: web.Request, number: int) -> web.Response | None:
        return web.Response(status=status, headers=headers) if number == 1 else None

    with Receiver(answer=answer) as receiver:
        send(receiver, outbox, [hold(1)], drain=30)
    assert (receiver.requests, len(receiver.events)) == (2, 1)
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("how", ["short", "chunked", "trickling"])
@pytest.mark.parametrize("status", [200, 422])
def test_the_status_of_an_answer_decides_even_if_the_rest_never_comes(outbox: Path, how: str, status: int) -> None:
    over = threading.Event()

    async def answer(request: web.Request, _number: int) -> web.StreamResponse:
        response = web.StreamResponse(status=status)
        if how == "chunked":
            response.enable_chunked_encoding()
        else:
            response.content_length = 10
        await response.prepare(request)
        await response.write(b"ok")
        if how == "trickling":
            await asyncio.to_thread(over.wait)
        assert request.transport is not None
        request.transport.abort() if how == "trickling" else request.transport.close()
        return response

    with Receiver(answer=answer) as receiver:
        send(receiver, outbox, [hold(1)], drain=30, timeout=0.5 if how == "trickling" else 15)
        over.set()
    assert (receiver.requests, waiting(outbox)) == (1, 0)
    assert [(letter.status, letter.reason) for letter in dead(outbox)] == ([] if status == 200 else [(422, "ok")])


def test_a_receiver_cannot_play_back_the_token_in_its_url(outbox: Path) -> None:
    async def answer(request: web.Request, _number: int) -> web.Response:
        (token,) = request.query.values()
        return web.Response(status=404, text=f"Cannot POST {request.raw_path} ({token}): {request.path.split('/')[-1]}")

    with Receiver(answer=answer) as receiver:
        receiver.url = f"http://localhost:{receiver.port}/hooks/s3cr%65t-1?token=s3cret+2"
        send(receiver, outbox, [hold(1)])
    assert [letter.reason for letter in dead(outbox)] == ["Cannot POST …?… (…): …"]


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


def test_an_event_of_before_the_clock_was_set_is_not_given_up(outbox: Path) -> None:
    async def answer(_request: web.Request, number: int) -> web.Response | None:
        return web.Response(status=503) if number == 1 else None

    opened = Outbox(outbox)
    opened.put(Letter.of(hold(1), 0.0))
    opened.close()
    with Receiver(answer=answer) as receiver:
        send(receiver, outbox, [], drain=30)
    assert (len(receiver.events), dead(outbox)) == (1, [])


def test_an_event_of_the_future_is_given_up_as_well(outbox: Path) -> None:
    opened = Outbox(outbox)
    opened.put(Letter.of(hold(1), 1e12))
    opened.close()
    with Receiver(errors=1) as receiver:
        send(receiver, outbox, [], give_up=1e-6, drain=30)
    assert [letter.status for letter in dead(outbox)] == [503]


def test_what_is_left_over_is_sent_first_at_the_next_start(outbox: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Receiver(errors=1) as receiver:
        sink = sinks.http(receiver.url, outbox=outbox, first_wait=0.01, most_wait=0.01, drain=0.1)
        for number in (1, 2):
            sink.on_next(hold(number))
        logged(caplog, "takes no events")
        sink.on_completed()
    why = f"as http://localhost:{receiver.port} takes none: status 503"
    assert caplog.messages[-1] == f"2 events wait in {outbox}, {why}; the next start sends them first"
    with Receiver() as receiver:
        send(receiver, outbox, [hold(3)])
    assert [json.loads(body)["sequence"] for _, body in receiver.events] == [1, 2, 3]


def test_a_receiver_that_is_gone_is_said_once_and_not_pestered(outbox: Path, caplog: pytest.LogCaptureFixture) -> None:
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


def test_that_a_receiver_takes_nothing_is_said_with_the_first_event_that_it_does_not_take(
    outbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def answer(_request: web.Request, number: int) -> web.Response | None:
        return web.Response(status=301) if number > 1 else None

    with Receiver(answer=answer) as receiver:
        sink = sinks.http(receiver.url, outbox=outbox, first_wait=600, most_wait=600, drain=0.01)
        sink.on_next(hold(1))
        receiver.wait_for_events(1)
        sink.on_next(hold(2))
        logged(caplog, "takes no events")
        sink.on_completed()
    host, why = f"http://localhost:{receiver.port}", "status 301, which sends us elsewhere"
    assert caplog.messages == [
        f"{host} takes no events: {why}; they wait in the outbox",
        f"1 event waits in {outbox}, as {host} takes none: {why}; the next start sends them first",
    ]
    assert sink.undelivered == 1


def test_a_failure_while_others_are_taken_is_not_said(outbox: Path, caplog: pytest.LogCaptureFixture) -> None:
    others = threading.Event()

    async def answer(request: web.Request, number: int) -> web.Response | None:
        if number > 2 or b'"call_id":"2.1"' in await request.read():
            return None
        await asyncio.to_thread(others.wait)
        return web.Response(status=503)

    with Receiver(answer=answer) as receiver:
        sink = sinks.http(receiver.url, outbox=outbox, first_wait=0.01)
        sink.on_next(hold(1))
        sink.on_next(hold(1, "2.1"))
        receiver.wait_for_events(1)
        while waiting(outbox) > 1:  # until it has been struck out
            pass
        others.set()
        receiver.wait_for_events(2)
        sink.on_completed()
    assert caplog.messages == []


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
        try:
            while True:
                await response.write(b"x" * 65536)
        except ConnectionError:
            return response

    with Receiver(answer=answer) as receiver:
        send(receiver, outbox, [hold(1), hold(2)])
    assert [letter.reason for letter in dead(outbox)] == ["x" * 200]
    assert len(receiver.events) == 1


@pytest.mark.usefixtures("strict_tls")
def test_a_certificate_is_verified_and_an_authority_of_ones_own_can_be_trusted(
    outbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tls = own_tls(outbox.parent)
    with Receiver(tls=tls.server) as receiver:
        with sinks.http(receiver.url, outbox=outbox, drain=0) as sink:
            sink.on_next(hold(1))
            logged(caplog, "its certificate is not trusted: unable to get local issuer certificate")
        receiver.url = receiver.url.replace("localhost", "127.0.0.1")
        with sinks.http(receiver.url, outbox=outbox.with_name("other"), ca=tls.authority, drain=0) as sink:
            sink.on_next(hold(1))
            logged(caplog, "its certificate is not trusted: IP address mismatch")
        assert receiver.requests == 0
        receiver.url = receiver.url.replace("127.0.0.1", "localhost")
        send(receiver, outbox, [hold(2)], ca=tls.authority)
        send(receiver, outbox, [hold(3)], ca=tls.authority.with_name("server.pem"))
    assert [json.loads(body)["sequence"] for _, body in receiver.events] == [1, 2, 3]


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


def test_the_time_of_a_request_is_its_own(outbox: Path) -> None:
    with Receiver() as receiver:
        before = int(datetime.now(UTC).timestamp())
        send(receiver, outbox, [hold(1)])
    assert before <= int(receiver.headers[0]["webhook-timestamp"]) <= datetime.now(UTC).timestamp()
