"""One entry of a feed --> a post of ours: title, summary and link, never the article.

Who an entry is: the hash of the configured address and its guid, else its link, else its title and date. Which of two
is newer: the later of its dates, and for a change that its dates do not tell of, the time at which it was read.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from hashlib import blake2b
from urllib.parse import urlsplit

import msgspec

from veille.errors import Invalid
from veille.identity import feed_doc_id, plausible, version
from veille.post import Author, Entities, Link, Place, Post
from veille.producers.feeds.document import Document, Entry
from veille.producers.feeds.plain import plain
from veille.producers.feeds.state import HALF
from veille.producers.forms import UNSTORABLE
from veille.text.entities import hashtags

LONGEST_SUMMARY = 1_000
"""Characters of a summary that are kept: many feeds put the whole article there, which is its publisher's."""

LONGEST_TITLE = 500
LONGEST_NAME = 200
LONGEST_ID = 2_000
MOST_TAGS = 30
INVENTED = ".example"
"""The top-level domain of what does not exist (RFC 2606): articles of the stand-in, never of a publisher."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_KINDS = {"image": "image", "video": "video", "audio": "audio"}


class Read(msgspec.Struct, frozen=True):
    """An entry, ready to be compared and published. `content`: a hash of all that it says, but not of its dates."""

    key: str
    """What it is called within its feed."""
    entry: Entry
    title: str
    summary: str
    content: bytes
    moment: datetime | None
    """The later one of its dates that can be."""


def read_entry(entry: Entry, received: datetime) -> Read:
    """Raises Invalid (`missing_field`) for an entry that says neither who nor what it is."""
    title = _cut(_clean(plain(entry.title)), LONGEST_TITLE)
    summary = _cut(_clean(plain(entry.summary)), LONGEST_SUMMARY)
    said = entry.guid or entry.link or (f"{title}\n{entry.dates}" if title or summary else "")
    if not said:
        raise Invalid("missing_field", "an entry without guid, link, title and summary")
    whole = [title, summary, entry.link, entry.author, entry.categories, entry.media, entry.point]
    content = blake2b(json.dumps(whole).encode(), digest_size=HALF).digest()  # in ASCII, half characters too
    return Read(_clean(said), entry, title, summary, content, moment_of(entry, received))


def moment_of(entry: Entry, received: datetime) -> datetime | None:
    """The later one of its dates that can be."""
    dates = (entry.published, entry.updated)
    return max((each for each in dates if each and plausible(each, received)), default=None)


def post_of(read: Read, document: Document, feed: str, received: datetime, *, known_at: datetime | None) -> Post:
    """The post. `known_at`: when an earlier form of it was read last, None for one that is new here."""
    entry = read.entry
    host = urlsplit(feed).hostname or ""
    moment = read.moment if known_at is None or (read.moment is not None and read.moment > known_at) else None
    created = next((each for each in (entry.published, entry.updated) if plausible(each, received)), None)
    claimed = None if created is not None or not entry.dates else _clean(entry.dates[:100])
    link = _clean(entry.link)[:LONGEST_ID]
    return Post(
        doc_id=feed_doc_id(feed, read.key),
        version=str(version(moment, received)),
        source="feed",
        native_id=read.key[:LONGEST_ID],
        url=link or None,
        instance=host,
        origin="simulated" if (urlsplit(link).hostname or "").endswith(INVENTED) else "live",
        op="create" if known_at is None else "update",
        kind="article",
        created_at=received if created is None else min(created, received),
        created_at_claimed=claimed,
        received_at=received,
        text=_text(read.title, read.summary),
        langs=_languages(entry.language, document.language),
        author=Author(id=host, name=_name(document.title, entry.author)),
        place=_place(entry.point),
        entities=Entities(
            hashtags=_tags(entry.categories, f"{read.title}\n{read.summary}"),
            links=[Link(url=link)] if link else None,
        ),
        media=[kind for each in entry.media if (kind := _KINDS.get(each.partition("/")[0].lower()))],
        flags=["time_clamped"] if claimed else [],
    )


def _name(publisher: str, author: str) -> str | None:
    """Who published it, then who wrote it where that is another name."""
    named = [_clean(plain(each)).strip() for each in (publisher, author)]
    told = {name.casefold(): name for name in reversed(named) if name}
    return " · ".join(reversed(told.values()))[:LONGEST_NAME] or None


def _text(title: str, summary: str) -> str:
    """Many summaries begin with the title, or are nothing else."""
    if not title or summary.startswith(title.rstrip("…")):
        return summary
    return f"{title}\n{summary}" if summary else title


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return text[: longest - 1].rpartition(" ")[0].rstrip() + "…" if " " in text[: longest - 1] else text[:longest]


def _clean(text: str) -> str:
    """Without what no text can hold."""
    return text.translate(UNSTORABLE)


def _languages(*declared: str) -> list[str]:
    """The first that is one: of the entry, else of the feed."""
    codes = (each.strip().lower().replace("_", "-") for each in declared)
    return next(([code] for code in codes if _LANGUAGE.fullmatch(code) and code != "und"), [])


def _tags(categories: list[str], text: str) -> list[str] | None:
    """Categories as one word each, as hashtags are written, beside those of the text; None where there are none."""
    words = ["".join(_clean(plain(each)).lstrip("#").split())[:100] for each in categories[:MOST_TAGS]]
    if not any(words):
        return None
    return list(dict.fromkeys([word for word in words if word] + [tag.value for tag in hashtags(text)]))


def _place(point: tuple[float, float] | None) -> Place | None:
    if point is None or not (-180 <= point[0] <= 180 and -90 <= point[1] <= 90):
        return None
    return Place(point=point)
