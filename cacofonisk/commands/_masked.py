"""Takes the secrets out of URLs in what is said, since a line on standard error ends in a journal."""

from __future__ import annotations

import re

_MASK = "***"
_HOST = r":/{1,2}(?:\[[^\]\s]*\]|[^\s:/?#@\[])*"  # one slash: a URL in the place of a path has lost the other
_PORT = r"\d{1,5}(?![^\s/?#\])'\",;.])"
_END = r"(?=[])'\",;.]*(?:\s|$))"  # of a word, but for what the sentence around it adds
_SECRETS = (
    # A password goes on to the last @ before the next URL: who wrote it may not have escaped anything in it.
    (re.compile(rf"({_HOST}):(?:(?!\s\S*://).)*@", re.DOTALL), rf"\1:{_MASK}@"),
    # The @ and the host are forgotten: what stands in the place of a port is none.
    (re.compile(rf"({_HOST}):(?!{_PORT}|\*)\S+?{_END}"), rf"\1:{_MASK}"),
    # Of a webhook all but scheme and host may be one: a token as its user, its path, its query.
    (re.compile(r"(\bhttps?:/{1,2})[^\s/?#@:]+@", re.IGNORECASE), rf"\1{_MASK}@"),
    (re.compile(rf"(\bhttps?:/{{1,2}}[^\s/?#]+[/?#])(?![\s'\")])\S*?{_END}", re.IGNORECASE), rf"\1{_MASK}"),
)


def masked(text: str) -> str:
    """The text, with *** for each password in a URL, and for all but scheme and host of an http(s) one."""
    if ":/" in text:
        for secret, instead in _SECRETS:
            text = secret.sub(instead, text)
    return text
