"""URLs as people read them, their words, the key that all forms of a link share, and the campaign it names.

`url:` and the archives' links are compared by words, visits of a site are joined to mentions by the key.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from veille.text.tokens import word_texts
from veille.text.urls import LONGEST_HOST

_DEVICE = re.compile(r"^(?:(?:www|m|mobile)\.)+(?=[^.]+\.)(?!(?:ac|co|com|edu|gov|net|or|org)\.[a-z]{2}$)")
"""Labels that say for which device a host serves its pages, before what is a domain without them."""

_LABEL = re.compile(r"xn--([a-z0-9\-]+)", re.IGNORECASE)


_ESCAPES = re.compile(r"(?:%[0-9a-f]{2})+", re.IGNORECASE)


def address_words(url: str) -> list[str]:
    """The tokens of a URL in order: scheme, host, path and query, nothing of it opaque."""
    return word_texts(readable(url))


def readable(url: str) -> str:
    """Percent-escapes and `xn--` labels (punycode, RFC 3492) as their letters; a label that is none stays."""
    url = _unescaped(url)
    return _LABEL.sub(_letters, url) if "--" in url else url


def _unescaped(text: str) -> str:
    """Percent-escapes as their letters: UTF-8, or Windows-1252 where they are none, as of pages in old encodings."""
    return _ESCAPES.sub(_unescape, text) if "%" in text else text


def _unescape(escapes: re.Match[str]) -> str:
    octets = bytes.fromhex(escapes[0].replace("%", ""))
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("windows-1252", "replace")


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


CLICK_IDS = frozenset(
    {
        *("fbclid", "gclid", "gbraid", "wbraid", "dclid", "msclkid", "twclid", "ttclid", "igshid", "igsh", "yclid"),
        *("mc_cid", "mc_eid", "li_fat_id", "epik", "_ga", "_gl"),
    }
)
"""Parameters that networks and mailers add to a link for one click or one reader."""


_AMBIGUOUS = re.compile(r"[%?#]")
"""What has a meaning of its own in an address, and stays escaped in a path."""


def link_key(address: str) -> str:
    """What all forms of one link share: host, path and parameters in order; empty for what is no page's address.

    Scheme, `www.`, fragment, a slash at the end and what one click left in it do not count; campaign parameters do.
    """
    host, (scheme, there, _) = domain(address), address.partition("://")
    if host is None or "." not in host or " " in host:
        return ""
    parts = urlsplit(address if there else f"//{address}")
    if scheme.lower() not in {"http", "https"} if there else "@" in parts.netloc:  # ftp://, mailto:
        return ""
    kept = sorted(pair for pair in _parameters(parts.query) if pair[0].lower() not in CLICK_IDS)
    path = _AMBIGUOUS.sub(lambda found: quote(found[0]), _unescaped(parts.path)).rstrip("/")
    key = host + path + (f"?{urlencode(kept)}" if kept else "")
    return key if key.isprintable() else ""


class Named(NamedTuple):
    """What a link says of the campaign it belongs to (`utm_` parameters); each may be empty."""

    source: str
    medium: str
    name: str
    term: str
    content: str


def campaign(address: str) -> Named | None:
    """The campaign that a link names; None where it names none."""
    if "utm_" not in address.lower():
        return None
    said = {name.lower(): value for name, value in reversed(_parameters(_query(address)))}
    found = Named(*(said.get(f"utm_{part}", "") for part in ("source", "medium", "campaign", "term", "content")))
    return found if any(found) else None


def _query(address: str) -> str:
    try:
        return urlsplit(address).query
    except ValueError:  # a bracket without its other, and the like
        return ""


def _parameters(query: str) -> list[tuple[str, str]]:
    pairs = (pair.replace("+", " ").partition("=") for pair in query.split("&") if pair)
    return [(_unescaped(name), _unescaped(value)) for name, _, value in pairs]
