"""The body of a request."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cacofonisk.sinks.http.letter import Letter

Envelope = Literal["none", "cloudevents"]


def make_body(letters: Sequence[Letter], envelope: Envelope, *, batch: bool) -> tuple[str, str, bytes]:
    """The id of a request, its content type, and its body: a JSON object, or in a `batch` an array of such.

    Without an envelope an event in a batch has its id as its first field.
    """
    kind = "application/cloudevents" if envelope == "cloudevents" else "application/json"
    if not batch:
        (letter,) = letters
        said = cloud_event(letter) if envelope == "cloudevents" else letter.body
        return letter.id, f"{kind}+json" if envelope == "cloudevents" else kind, said
    dress: Callable[[Letter], bytes] = cloud_event if envelope == "cloudevents" else _with_id
    said = b"[" + b",".join(map(dress, letters)) + b"]"
    ids = hashlib.sha256(" ".join(letter.id for letter in letters).encode()).hexdigest()[:32]
    return f"batch_{ids}", f"{kind}-batch+json" if envelope == "cloudevents" else kind, said


def cloud_event(letter: Letter) -> bytes:
    """The event in the JSON format of CloudEvents 1.0."""
    event = orjson.loads(letter.body)
    attributes = {
        "specversion": "1.0",
        "id": letter.id,
        "source": f"/cacofonisk/{quote(event['server'], safe='')}",  # it must be a reference by RFC 3986
        "type": f"cacofonisk.{event['event']}",
        "time": event["time"],
        "datacontenttype": "application/json",
    }
    if event["call_id"]:
        attributes["subject"] = event["call_id"]
    return orjson.dumps({**attributes, "data": event})


def _with_id(letter: Letter) -> bytes:
    return b'{"id":"%s",%s' % (letter.id.encode(), letter.body[1:])
