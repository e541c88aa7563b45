"""Articles as a feed's document: RSS 2.0, RSS 1.0, Atom or JSON Feed.

articles --> one of four forms --> bytes          `unknown`: with elements that nobody knows
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from veille.producers.simulate.feeds_stand import Article, Newspaper

TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "rdf": "application/rdf+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
}
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
STRANGE = '<x:wave xmlns:x="urn:example:wave" mood="calm"><x:deeper>?</x:deeper></x:wave>'


def write(paper: Newspaper, articles: Sequence[Article], *, unknown: bool = False) -> bytes:
    """The document."""
    return FORMS[paper.form](paper, articles, unknown).encode()


def _rss(paper: Newspaper, articles: Sequence[Article], unknown: bool) -> str:
    items = "".join(
        f"<item><title>{escape(each.title)}</title><link>{escape(each.link)}</link>"
        f'<guid isPermaLink="false">{escape(each.guid)}</guid>'
        f"<description>{escape(_html(each))}</description>"
        f"<pubDate>{format_datetime(each.published)}</pubDate>"
        f'<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">{escape(each.author)}</dc:creator>'
        f"{''.join(f'<category>{escape(tag)}</category>' for tag in each.tags)}{_strange(unknown)}</item>\n"
        for each in articles
    )
    return (
        f'{HEAD}<rss version="2.0"><channel><title>{escape(paper.title)}</title>'
        f"<link>https://{paper.host}/</link><description>{escape(paper.title)}</description>"
        f"<language>{paper.language}</language>{_strange(unknown)}\n{items}</channel></rss>\n"
    )


def _rdf(paper: Newspaper, articles: Sequence[Article], unknown: bool) -> str:
    items = "".join(
        f"<item rdf:about={quoteattr(each.link)}><title>{escape(each.title)}</title><link>{escape(each.link)}</link>"
        f"<description>{escape(_html(each))}</description><dc:date>{_time(each.updated)}</dc:date>"
        f"<dc:creator>{escape(each.author)}</dc:creator>{_strange(unknown)}</item>\n"
        for each in articles
    )
    return (
        f'{HEAD}<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://{paper.host}/">'
        f"<title>{escape(paper.title)}</title><link>https://{paper.host}/</link><dc:language>{paper.language}"
        f"</dc:language>{_strange(unknown)}</channel>\n{items}</rdf:RDF>\n"
    )


def _atom(paper: Newspaper, articles: Sequence[Article], unknown: bool) -> str:
    entries = "".join(
        f"<entry><title>{escape(each.title)}</title><id>{escape(each.guid)}</id><link href={quoteattr(each.link)}/>"
        f"<published>{_time(each.published)}</published><updated>{_time(each.updated)}</updated>"
        f'<author><name>{escape(each.author)}</name></author><summary type="html">{escape(_html(each))}</summary>'
        f"{''.join(f'<category term={quoteattr(tag)}/>' for tag in each.tags)}{_strange(unknown)}</entry>\n"
        for each in articles
    )
    return (
        f'{HEAD}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{paper.language}"><title>{escape(paper.title)}'
        f"</title><id>https://{paper.host}/</id>{_strange(unknown)}\n{entries}</feed>\n"
    )


def _json(paper: Newspaper, articles: Sequence[Article], unknown: bool) -> str:
    strange = {"_wave": {"mood": "calm"}} if unknown else {}
    items = [
        {
            "id": each.guid,
            "url": each.link,
            "title": each.title,
            "content_html": _html(each),
            "date_published": _time(each.published),
            "date_modified": _time(each.updated),
            "authors": [{"name": each.author}],
            "tags": list(each.tags),
            **strange,
        }
        for each in articles
    ]
    head = {"version": "https://jsonfeed.org/version/1.1", "title": paper.title, "language": paper.language, **strange}
    return json.dumps({**head, "items": items}, ensure_ascii=False)


def _html(article: Article) -> str:
    return f"<p>{escape(article.summary)}</p>"


def _strange(unknown: bool) -> str:
    return STRANGE if unknown else ""


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


FORMS: dict[str, Callable[[Newspaper, Sequence[Article], bool], str]] = {
    "rss": _rss,
    "rdf": _rdf,
    "atom": _atom,
    "json": _json,
}
