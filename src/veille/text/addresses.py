"""URLs as people read them, and their words: `url:` and the archives' links are compared by these."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from veille.text.tokens import word_texts
from veille.text.urls import LONGEST_HOST

_DEVICE = re.compile(r"^(?:(?:www|m|mobile)\.)+(?=[^.]+\.)(?!(?:ac|co|com|edu|gov|net|or|org)\.[a-z]{2}$)")
"""Labels that say for which device a host serves its pages, before what is a domain without them."""

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


def domain(address: str) -> str | None:
    """Host of an address in lower case and ASCII (IDNA), less `www.`, `m.` and `mobile.`; None when there is none."""
    try:
        host = urlsplit(address if "://" in address else f"//{address}").hostname
    except ValueError:  # a bracket without its other, and the like
        return None
    return _DEVICE.sub("", _ascii(host.strip("."))) or None if host else None


def _ascii(host: str) -> str:
    if host.isascii() or len(host) > LONGEST_HOST:
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:  # no such host can exist; it stays as written
        return host
