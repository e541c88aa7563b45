"""JSON Feed 1 and 1.1 (jsonfeed.org/version/1.1).

bytes --> Document

What is of another type than the specification says is left out where it may be, as its authors ask of readers.
"""

from __future__ import annotations

import json
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urljoin

from veille.post import utc
from veille.producers.feeds.document import Document, Entry, NotAFeed

VERSIONS = "https://jsonfeed.org/version/1"
MOST = 10_000
"""Entries that are looked at: the newest ones come first, as in every format."""

BOM = b"\xef\xbb\xbf"


def looks_like_json(body: bytes) -> bool:
    """Whether a document is JSON rather than XML."""
    return body.removeprefix(BOM).lstrip()[:1] in {b"{", b"["}


def read_json(body: bytes, url: str) -> Document:
    """Read a feed; `url` is what its links are relative to. Raises NotAFeed."""
    try:
        feed = json.loads(body.removeprefix(BOM))
    except (ValueError, RecursionError) as error:
        raise NotAFeed("not_a_feed", f"JSON that cannot be read ({error})") from error
    if not isinstance(feed, dict) or not _text(feed, "version").startswith(VERSIONS):
        raise NotAFeed("not_a_feed", "JSON that is no JSON Feed")
    items = feed.get("items")
    return Document(
        entries=[_entry(item, feed, url) for item in items if isinstance(item, dict)]
        if isinstance(items, list)
        else [],
        title=_text(feed, "title"),
        language=_text(feed, "language"),
    )


def _entry(item: dict[str, Any], feed: dict[str, Any], url: str) -> Entry:
    link = _text(item, "url") or _text(item, "external_url")
    published = _text(item, "date_published")
    return Entry(
        guid=_id(item.get("id")),
        link=urljoin(url, link) if link else "",
        title=escape(_text(item, "title"), quote=False),
        summary=_summary(item),
        author=_author(item) or _author(feed),
        published=_moment(published),
        updated=_moment(_text(item, "date_modified")),
        dates=published or _text(item, "date_modified"),
        language=_text(item, "language"),
        categories=[tag for tag in _list(item, "tags") if isinstance(tag, str)],
        media=[_text(each, "mime_type") for each in _list(item, "attachments") if isinstance(each, dict)],
    )


def _summary(item: dict[str, Any]) -> str:
    """As HTML; plain text is made into it, so that it is read in one way only."""
    if text := _text(item, "summary"):
        return escape(text, quote=False)
    return _text(item, "content_html") or escape(_text(item, "content_text"), quote=False)


def _author(of: dict[str, Any]) -> str:
    """The first of them; version 1 had one alone."""
    named = [*_list(of, "authors"), of.get("author")]
    return next((name for each in named if isinstance(each, dict) and (name := _text(each, "name"))), "")


def _id(value: Any) -> str:
    """A number is to be read as text."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _moment(written: str) -> datetime | None:
    try:
        return utc(datetime.fromisoformat(written))
    except (ValueError, OverflowError):
        return None


def _text(of: dict[str, Any], name: str) -> str:
    value = of.get(name)
    return value if isinstance(value, str) else ""


def _list(of: dict[str, Any], name: str) -> list[Any]:
    value = of.get(name)
    return value if isinstance(value, list) else []
