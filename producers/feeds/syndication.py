"""RSS 0.9x, 1.0, 2.0 and Atom, read by feedparser. The only module that imports it.

bytes --xml_guard--> feedparser --> Document

It is handed bytes that were fetched and judged before, never an address: it would go there by itself.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from html import escape
from time import struct_time
from typing import Any
from urllib.parse import urljoin

import feedparser

from veille.producers.feeds.document import Document, Entry, NotAFeed
from veille.producers.feeds.xml_guard import harmless

PERIODS_S = {"hourly": 3600.0, "daily": 86_400.0, "weekly": 604_800.0, "monthly": 2_592_000.0, "yearly": 31_536_000.0}
"""`sy:updatePeriod` (web.resource.org/rss/1.0/modules/syndication)."""

_MAIL = re.compile(r"\S+@\S+")


def read_xml(body: bytes, content_type: str, url: str) -> Document:
    """Read a feed. `url`: what its links, and guids that are links, are relative to; the same whatever it is moved to.

    Raises NotAFeed.
    """
    xml, well_formed, whole = harmless(body, content_type)
    said = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        found = feedparser.parse(
            io.BytesIO(xml), response_headers=said, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # what it trips over is the document's fault, never ours
        raise NotAFeed("not_a_feed", f"what the parser of feeds fails on ({type(error).__name__})") from error
    if not found.get("version"):
        raise NotAFeed("not_a_feed", _what(body))
    feed = found.feed
    return Document(
        entries=[_entry(each, url) for each in found.entries],
        title=_text(feed, "title"),
        language=_text(feed, "language"),
        fresh_s=_fresh(feed),
        whole=well_formed or whole,
    )


def _what(body: bytes) -> str:
    start = body[:1000].lstrip().lower()
    if not start:
        return "an empty document"
    return "a web page" if b"<html" in start or start.startswith(b"<!doctype html") else "no format of feeds"


def _entry(found: Any, url: str) -> Entry:
    published, updated = _moment(found, "published"), _moment(found, "updated")
    link = _text(found, "link")
    return Entry(
        guid=_text(found, "id"),
        link=urljoin(url, link) if link else "",
        title=_html(found, "title"),
        summary=_html(found, "summary"),
        author=_author(found),
        published=published,
        updated=updated,
        dates=_text(found, "published") or _text(found, "updated"),
        language=_language(found),
        categories=[term for tag in found.get("tags") or () if (term := tag.get("term") or "")],
        point=_point(found.get("where")),
        media=_media(found),
    )


def _text(found: Any, name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def _html(found: Any, name: str) -> str:
    """A text as HTML, whether it was written as that or not."""
    text = _text(found, name)
    return escape(text, quote=False) if _text(found.get(f"{name}_detail") or {}, "type") == "text/plain" else text


def _language(found: Any) -> str:
    """Of the entry itself: `xml:lang` of its texts, or Dublin Core's."""
    detail = found.get("summary_detail") or found.get("title_detail") or {}
    return _text(found, "language") or _text(found, "dc_language") or _text(detail, "language")


def _author(found: Any) -> str:
    """RSS wants `mail@host (Name)`; the address stays out."""
    written = _text(found, "author")
    if "@" not in written:
        return written
    named = _text(found.get("author_detail") or {}, "name")
    return named if named and "@" not in named and named in _MAIL.sub("", written) else _in_brackets(written)


def _in_brackets(written: str) -> str:
    return written.partition("(")[2].partition(")")[0].strip()


def _moment(found: Any, name: str) -> datetime | None:
    if name not in found.keys():  # noqa: SIM118  # `in found` and `get` answer for other names too
        return None
    parsed = found.get(f"{name}_parsed")
    if not isinstance(parsed, struct_time):
        return None
    try:
        return datetime(*parsed[:6], tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _point(where: Any) -> tuple[float, float] | None:
    if not isinstance(where, dict) or where.get("type") != "Point":
        return None
    try:
        longitude, latitude = (float(each) for each in where["coordinates"][:2])
    except (KeyError, TypeError, ValueError):
        return None
    return longitude, latitude


def _media(found: Any) -> list[str]:
    named = [*(found.get("enclosures") or ()), *(found.get("media_content") or ())]
    return [str(each.get("type") or each.get("medium") or "") for each in named]


def _fresh(feed: Any) -> float:
    ttl = _text(feed, "ttl").strip()
    if ttl.isascii() and ttl.isdigit():
        return float(ttl[:9]) * 60
    period = PERIODS_S.get(_text(feed, "sy_updateperiod").strip().lower(), 0.0)
    times = _text(feed, "sy_updatefrequency").strip()
    return period / max(int(times[:9]), 1) if times.isascii() and times.isdigit() else period
