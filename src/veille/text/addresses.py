"""URLs as people read them, and their words: `url:` and the archives' links are compared by these."""

from __future__ import annotations

import re
from urllib.parse import unquote

from veille.text.tokens import word_texts

_LABEL = re.compile(r"xn--([a-z0-9\-]+)", re.IGNORECASE)


def address_words(url: str) -> list[str]:
    """The tokens of a URL in order: scheme, host, path and query, nothing of it opaque."""
    return word_texts(readable(url))


def readable(url: str) -> str:
    """Percent-escapes as UTF-8, `xn--` labels (punycode, RFC 3492) as their letters; what cannot be decoded stays."""
    url = unquote(url)
    return _LABEL.sub(_letters, url) if "--" in url else url


def _letters(label: re.Match[str]) -> str:
    try:
        return label[1].lower().encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError):
        return label[0]
