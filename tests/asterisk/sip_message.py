"""SIP messages: read them, write them, answer a digest challenge."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Self

COMPACT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
    "r": "refer-to",
    "b": "referred-by",
}


@dataclass
class Message:
    """A request or a response: the first line, the headers in order, the body."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        head, _, body = raw.decode("utf-8", "replace").partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        return cls(start, headers, body)

    def to_bytes(self) -> bytes:
        body = self.body.encode()
        lines = [
            self.start,
            *(f"{name}: {value}" for name, value in self.headers),
            f"Content-Length: {len(body)}",
            "",
            "",
        ]
        return "\r\n".join(lines).encode() + body

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if COMPACT.get(key.lower(), key.lower()) == name.lower()]

    def get(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    @property
    def is_request(self) -> bool:
        return not self.start.startswith("SIP/2.0")

    @property
    def method(self) -> str:
        """Of a request; of a response, the method it answers."""
        return self.start.split()[0] if self.is_request else self.get("CSeq").split()[-1]

    @property
    def uri(self) -> str:
        return self.start.split()[1]

    @property
    def code(self) -> int:
        return int(self.start.split()[1])

    @property
    def branch(self) -> str:
        return parameter(self.get("Via"), "branch")

    def reply(
        self,
        code: int,
        reason: str,
        to_tag: str = "",
        headers: list[tuple[str, str]] | None = None,
        body: str = "",
    ) -> "Message":
        """The response to this request."""
        to = self.get("To")
        if to_tag and not parameter(to, "tag"):
            to += f";tag={to_tag}"
        kept = [("Via", via) for via in self.all("Via")]
        kept += [
            ("From", self.get("From")),
            ("To", to),
            ("Call-ID", self.get("Call-ID")),
            ("CSeq", self.get("CSeq")),
        ]
        return Message(f"SIP/2.0 {code} {reason}", kept + (headers or []), body)


def parameter(header: str, name: str) -> str:
    found = re.search(rf";\s*{name}=([^;,>\s]+)", header)
    return found[1] if found else ""


def address(header: str) -> str:
    """The URI in a From, To or Contact header."""
    found = re.search(r"<([^>]*)>", header)
    return found[1] if found else header.partition(";")[0].strip()


def user(uri: str) -> str:
    found = re.match(r"sips?:([^@;>]*)@", uri)
    return found[1] if found else ""


def display_name(header: str) -> str:
    return header.partition("<")[0].strip().strip('"').replace("\\", "")


def digest(challenge: str, name: str, password: str, method: str, uri: str) -> str:
    """The Authorization header that answers a WWW-Authenticate or Proxy-Authenticate header."""
    asked = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge.partition(" ")[2]))
    ha1 = _md5(f"{name}:{asked['realm']}:{password}")
    ha2 = _md5(f"{method}:{uri}")
    answer = {"username": name, "realm": asked["realm"], "nonce": asked["nonce"], "uri": uri}
    if "auth" in asked.get("qop", "").split(","):
        answer["response"] = _md5(f"{ha1}:{asked['nonce']}:00000001:lab:auth:{ha2}")
        extra = ', algorithm=MD5, qop=auth, nc=00000001, cnonce="lab"'
    else:
        answer["response"] = _md5(f"{ha1}:{asked['nonce']}:{ha2}")
        extra = ", algorithm=MD5"
    if "opaque" in asked:
        answer["opaque"] = asked["opaque"]
    return "Digest " + ", ".join(f'{key}="{value}"' for key, value in answer.items()) + extra


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
