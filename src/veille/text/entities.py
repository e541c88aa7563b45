"""Hashtags, handles and cashtags of a text, with their places, as twitter-text reads them; URLs are in `urls`.

text --a sign in it?--> pattern --not inside a URL--> Entity(value without sign, start, end)

Patterns and limits are those of twitter-text 3 (github.com/twitter/twitter-text, Apache-2.0), whose conformance cases
are tests here. Two things are ours: `@name.example.com` is one handle, as on Bluesky, and a name that is too long is
none, where twitter-text takes its beginning. Every pattern is possessive, so time grows with the text alone, and
begins with the sign, which is found fast; what may stand before it is looked at then.
"""

from __future__ import annotations

import re

import regex

from veille.text.urls import LATIN, RESERVED, TLDS, Entity, urls

__all__ = ["Entity", "cashtags", "handles", "hashtags", "lists", "urls"]

_IN_TAG = (
    r"\p{L}\p{M}\p{Nd}_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
)
_TAG = regex.compile(
    rf"[#＃](?:(?<=[\ufe0e\ufe0f].)|(?<![{_IN_TAG}&].))(?![\ufe0f\u20e3])(?P<value>[{_IN_TAG}]++)(?![#＃]|://)"
)
_LETTER = regex.compile(r"[\p{L}\p{M}]")

_NAME = re.compile(
    r"[@＠](?:(?<![A-Za-z0-9_!#$%&*@＠].)|(?<![A-Za-z0-9_+~.\-]...)(?<=[rR][tT].))(?P<value>[A-Za-z0-9_]++)"
)
"""`RT@name` is a name too."""

LONGEST_NAME = 20
"""Characters of a handle that is no domain."""

_REST_OF_DOMAIN = re.compile(r"[A-Za-z0-9\-]*+(?:\.[A-Za-z0-9\-]++)++")
_LIST = re.compile(r"/[A-Za-z][A-Za-z0-9_\-]{0,24}+")
_ENDS_NAME = frozenset(["", *" \n\t,;!?)"])
"""What most often follows a name, and goes on neither with a domain nor with a list."""

_NOT_AFTER_NAME = re.compile(rf"[@＠{LATIN}]|://")

_CASHTAG = re.compile(
    r"\$(?<![^\s\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]\$)"
    r"(?P<value>[A-Za-z]{1,6}+(?:[._][A-Za-z]{1,2}+(?![^\W_]))?+)(?![^\W_])"
)


def hashtags(text: str) -> list[Entity]:
    """Hashtags: letters, digits and `_` after `#`, at least one of them a letter."""
    if "#" not in text and "＃" not in text:
        return []
    found = [
        Entity(tag["value"], tag.start(), tag.end()) for tag in _TAG.finditer(text) if _LETTER.search(tag["value"])
    ]
    return _outside_urls(text, found)


def handles(text: str) -> list[Entity]:
    """Names of accounts after `@`; `@account/list` names a list, not an account."""
    return [entity for entity in _names(text) if "/" not in entity.value]


def lists(text: str) -> list[Entity]:
    """Lists of accounts, `account/list` after `@`."""
    return [entity for entity in _names(text) if "/" in entity.value]


def cashtags(text: str) -> list[Entity]:
    """Ticker symbols after `$`: up to six letters, then perhaps a class of shares."""
    if "$" not in text:
        return []
    return [Entity(tag["value"], tag.start(), tag.end()) for tag in _CASHTAG.finditer(text)]


def _names(text: str) -> list[Entity]:
    if "@" not in text and "＠" not in text:
        return []
    found = []
    for name in _NAME.finditer(text):
        start, end = name.start(), _name_end(text, name)
        if end is not None:
            found.append(Entity(text[start + 1 : end], start, end))
    return _outside_urls(text, found)


def _name_end(text: str, name: re.Match[str]) -> int | None:
    """End of the name, with its domain or the list after it; None when it is none."""
    start, end = name.span()
    short = end - start <= 1 + LONGEST_NAME
    if text[end : end + 1] in _ENDS_NAME:
        return end if short else None
    if domain := _domain_end(text, end):
        end = domain
    elif not short:
        return None
    if account_list := _LIST.match(text, end):
        end = account_list.end()
    return None if _NOT_AFTER_NAME.match(text, end) else end


def _domain_end(text: str, end: int) -> int | None:
    """End of the domain whose first label ends at `end` or goes on there; a capital begins the next sentence."""
    rest = _REST_OF_DOMAIN.match(text, end)
    if rest is None:
        return None
    last = rest[0].rpartition(".")[2]
    return rest.end() if last in TLDS or last in RESERVED else None


def _outside_urls(text: str, found: list[Entity]) -> list[Entity]:
    """Without those that are part of a URL; what follows a space or begins the text cannot be."""
    if all(entity.start == 0 or text[entity.start - 1].isspace() for entity in found):
        return found
    taken = iter(urls(text))
    url = next(taken, None)
    kept = []
    for entity in found:
        while url is not None and url.end <= entity.start:
            url = next(taken, None)
        if url is None or entity.start < url.start:
            kept.append(entity)
    return kept
