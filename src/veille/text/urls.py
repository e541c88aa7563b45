"""URLs of a text, with or without a scheme, with their places, as twitter-text reads them.

text --a dot before a letter?--> candidates --host up to a known top-level domain--> path, query --> Entity

A host ends at the last label that begins with a top-level domain (`tlds.txt`), so that a Japanese sentence may follow
it without a space. Without a scheme a host is Latin, and nothing stands before it that would make it a part of
something else. Rules and limits are those of twitter-text 3 (github.com/twitter/twitter-text, Apache-2.0). Each
character is looked at a fixed number of times, whatever the text.
"""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import regex


class Entity(NamedTuple):
    """What stands in `text[start:end]`; `value` is without its sign."""

    value: str
    start: int
    end: int


LATIN = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272"
    "\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
"""Accented Latin letters and the accents that combine, as the inside of a character class."""

TLDS = frozenset(
    line for line in files(__package__).joinpath("tlds.txt").read_text("utf-8").splitlines() if line[0] != "#"
)
"""Top-level domains, in lower case."""

RESERVED = frozenset({"example", "test", "invalid"})
"""Domains that nobody owns (RFC 2606): invented posts and documentation link to them, always with a scheme."""

LONGEST_LABEL = 63
LONGEST_HOST = 253
"""Characters of a label and of a host as DNS counts them (RFC 1035), that is in punycode."""

LONGEST_SHORT_LINK = 40
"""Characters after `t.co/`: more cannot be one of X's short links."""

_FIRST = re.compile(r"\.(?=[^\W\d_])")
"""What a text with a URL cannot do without."""

_CANDIDATE = re.compile(
    rf"(?P<scheme>(?<![A-Za-z0-9@＠$#＃\ufeff\ufffe\uffff])[hH][tT][tT][pP][sS]?://)"
    rf"|(?<![A-Za-z0-9{LATIN}@＠$#＃_./\-\ufeff\ufffe\uffff])"
    rf"(?P<chain>[A-Za-z0-9{LATIN}][A-Za-z0-9{LATIN}\-]*+\.(?=[^\W\d_])[A-Za-z0-9{LATIN}.\-]*+)"
)
"""A scheme, or labels of Latin letters: those of a host that needs no scheme."""

_HOST = regex.compile(
    r"(?:[^\p{P}\p{Z}\p{Cc}$+<=>^`|~\ufeff\ufffe\uffff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|[\-._])++"
)
"""What may be a host after a scheme: any letters, digits and emoji."""

_ALNUM = re.compile(r"[A-Za-z0-9]*+")
_PUNYCODE = re.compile(r"[xX][nN]--[A-Za-z0-9\-]++")
_LENGTHS = {
    first: sorted({len(name) for name in names}, reverse=True)
    for first, names in groupby(sorted(TLDS), key=itemgetter(0))
}
"""Lengths of the top-level domains that begin with a letter, the longest first."""

_PORT = re.compile(r":[0-9]++")

_IN_PATH = rf"[A-Za-z\u0400-\u04ff0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{LATIN}]"
_PATH = re.compile(rf"/(?:{_IN_PATH}++|\((?:{_IN_PATH}++\)|{_IN_PATH}*+\({_IN_PATH}++\){_IN_PATH}*+\)))*+")
_NOT_LAST_IN_PATH = "!*';:,.$%[]\u2013~@|&"
"""Punctuation that belongs to the sentence where a path ends with it."""

_QUERY = re.compile(r"\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*+")
_NOT_LAST_IN_QUERY = "!?*'@();:+$%[].,~|"

_SHORT_LINK = re.compile(r"https?://t\.co/(?P<name>[a-z0-9]+)(?:\?\S+)?", re.IGNORECASE)


def urls(text: str) -> list[Entity]:
    """Every URL of the text, as written, in order."""
    if not _FIRST.search(text):
        return []
    found: list[Entity] = []
    done = 0
    for candidate in _CANDIDATE.finditer(text):
        if candidate.start() < done:
            continue
        url = _with_scheme(text, candidate) if candidate["scheme"] else _without_scheme(text, candidate)
        if url is not None:
            done = url.consumed
            found.append(url.entity)
    return found


class _Found(NamedTuple):
    entity: Entity
    consumed: int
    """Where the search goes on; past the end of a short link that was cut."""


def _with_scheme(text: str, candidate: re.Match[str]) -> _Found | None:
    start, at = candidate.span()
    run = _HOST.match(text, at)
    host = _host_end(text, at, run.end()) if run else None
    if host is None or not _resolvable(text[at:host]):
        return None
    end = _rest_end(text, host)
    short = _SHORT_LINK.match(text, start, end)
    if short is None:
        return _Found(Entity(text[start:end], start, end), end)
    if len(short["name"]) > LONGEST_SHORT_LINK:
        return None
    return _Found(Entity(short[0], start, short.end()), end)


def _without_scheme(text: str, candidate: re.Match[str]) -> _Found | None:
    start, end = candidate.span()
    host = _host_end(text, start, end, plain=True)
    if host is None or text[end : end + 1] in {"@", "＠"} or not _resolvable(text[start:host]):
        return None
    port = _PORT.match(text, host)
    after = port.end() if port else host
    if text[after : after + 1] == "/":
        host = _rest_end(text, host)
    return _Found(Entity(text[start:host], start, host), host)


def _host_end(text: str, start: int, end: int, *, plain: bool = False) -> int | None:
    """End of the longest host that begins at `start` and ends with a top-level domain; `plain`: no reserved one."""
    found = None
    at = start
    for label in text[start:end].split(".")[:-1]:
        if not label or label[0] in "-_" or label[-1] in "-_":
            break
        at += len(label) + 1
        if "_" not in label:
            found = _tld_end(text, at, plain=plain) or found
    return found


def _tld_end(text: str, at: int, *, plain: bool) -> int | None:
    """End of the top-level domain that stands at `at`, not followed by what would continue it."""
    word = _ALNUM.match(text, at)
    assert word is not None  # it matches the empty string
    end = word.end()
    if _ends(text, at, end, TLDS) or (not plain and _ends(text, at, end, RESERVED)):
        return end
    if punycode := _PUNYCODE.match(text, at):
        return punycode.end()
    if text[end : end + 1].isascii():
        return None
    lengths = _LENGTHS.get(text[at : at + 1].lower(), ())
    return next((at + size for size in lengths if _ends(text, at, at + size, TLDS)), None)


_CONTINUED = frozenset("@+-")


def _ends(text: str, at: int, end: int, domains: frozenset[str]) -> bool:
    following = text[end : end + 1]
    continued = following in _CONTINUED or (following.isascii() and following.isalnum())
    return not continued and text[at:end].lower() in domains


def _rest_end(text: str, host: int) -> int:
    """End of port, path and query after a host."""
    port = _PORT.match(text, host)
    end = port.end() if port else host
    if path := _PATH.match(text, end):
        end += max(1, len(path[0].rstrip(_NOT_LAST_IN_PATH)))
    if query := _QUERY.match(text, end):
        kept = query[0].rstrip(_NOT_LAST_IN_QUERY)
        end += len(kept)
    return end


def _resolvable(host: str) -> bool:
    """Whether every label and the whole fit DNS, in punycode."""
    if host.isascii():
        return len(host) <= LONGEST_HOST and all(len(label) <= LONGEST_LABEL for label in host.split("."))
    labels = [_encoded(label) for label in host.split(".")]
    return all(0 < length <= LONGEST_LABEL for length in labels) and sum(labels) + len(labels) - 1 <= LONGEST_HOST


def _encoded(label: str) -> int:
    """Length of a label in punycode (RFC 3492); 0 for what has none."""
    if label.isascii():
        return len(label)
    if len(label) > LONGEST_LABEL or label[:4].lower() == "xn--":
        return 0
    return 4 + len(label.lower().encode("punycode", "replace"))
