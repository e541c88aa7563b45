"""Questions by chance, and all that an archive says to them: two that hold the same must answer them alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple, get_args

import msgspec

from contracts.invented import AUTHORS, COUNTS, HANDLES, LINKS, STORIES, WORDS
from contracts.records import NOON
from veille.archive import Archive, Order, Page
from veille.errors import Misused
from veille.facets import FIELDS, Mapped
from veille.highlight import Highlighter
from veille.mention import Mention, SentimentLabel
from veille.query import QueryError, Use, parse
from veille.query.tree import Node
from veille.text.tokens import spelled

RULES = (
    "from:{author}", "from:{handle}", "to:{handle}", "author:{handle}", 'author:"{word}"', "retweets_of:{handle}",
    "lang:{lang}", "language:{lang}", "is:retweet", "is:reply", "is:quote", "is:verified", "-is:nullcast",
    "is:followed", "is:handled", "is:assigned", "has:note", "has:question", "question:yes", "question:no", "has:links",
    "has:media", "has:hashtags", "has:mentions", "has:cashtags", "has:images", "has:videos", "has:geo", "url:{word}",
    'url:"{link}"', "url_contains:{piece}", "url_title:{word}", 'url_description:"{word} {word}"', "bio:{word}",
    'bio_name:"{word}"', "bio_location:{word}", "conversation_id:{id}", "in_reply_to_tweet_id:{id}", "place:paris",
    "retweets_of_tweet_id:{id}", "place_country:{country}", "point_radius:[2.35 48.85 {near}km]", "country:{country}",
    "bounding_box:[2.3 48.8 2.4 48.9]", "bounding_box:[179.9 -0.1 -179.9 0.1]", "followers_count:{count}..",
    "following_count:..{count}", "tweets_count:{count}", "listed_count:{count}..{count}", "min_likes:{count}",
    "min_replies:..{count}", "min_reposts:{count}..{count}", "sample:{count}", "source:{source}", "region:FR-75",
    "sentiment:{label}", "sentiment:{score}..{score}", "sentiment:{score}..", "about:{country}", "about:FR/48.86/2.35",
    "watch:{watch}", "story:{story}", "domain:{host}", 'matched:"{watch}/{word}"', "assigned:ana", 'assigned:"Ana  É"',
    "corrected:sentiment", "corrected:question", "since:{hours}h", "until:{hours}h", "since:{day}",
    "until:{day}T07:30Z",
)  # fmt: skip

FIELDS_ASKED = (*FIELDS, *get_args(Mapped))


class Search(NamedTuple):
    """One question by chance, and how it is asked."""

    rule: str
    since: datetime | None
    until: datetime | None
    order: Order
    fold: bool
    hold: bool
    limit: int
    begin: datetime | None


def asked(draw: Random, mentions: Sequence[Mention]) -> Search:
    """A question that can be read."""
    while True:
        rule = "" if draw.random() < 0.05 else _rule(draw, mentions, draw.choice((0, 1, 1, 2, 3)))
        try:
            if rule:
                tree(rule)
            break
        except QueryError:
            continue
    since = draw.choice((None, None, NOON - timedelta(hours=draw.choice((0, 1, 9, 31)))))
    until = draw.choice((None, None, NOON - timedelta(hours=draw.choice((0, 1, 9)))))
    order = draw.choice(get_args(Order))
    begin = draw.choice((None, None, None, NOON - timedelta(hours=draw.choice((0, 5, 30)))))
    return Search(
        rule, since, until, order, draw.random() < 0.5, draw.random() < 0.5, draw.choice((1, 3, 17, 50, 500)), begin
    )


def tree(rule: str) -> Node | None:
    """What it asks for; nothing: everything."""
    return parse(rule, Use.SEARCH, now=NOON).tree if rule else None


def _rule(draw: Random, mentions: Sequence[Mention], levels: int) -> str:
    if not levels or draw.random() < 0.15:
        return _leaf(draw, mentions)
    inner = [_rule(draw, mentions, levels - 1) for _ in range(draw.choice((1, 2, 2, 3)))]
    if len(inner) == 1:
        return f"-({inner[0]})"
    return f"({draw.choice((' ', ' OR ', ' -')).join(inner)})"


def _leaf(draw: Random, mentions: Sequence[Mention]) -> str:
    words = draw.choice(mentions).text.split() or ["tea"]
    some = words[(start := draw.randrange(len(words))) : start + draw.randint(1, 4)]
    if draw.random() < 0.3:
        draw.shuffle(some)
    minus, kind = draw.choice(("", "", "", "-")), draw.random()
    if kind < 0.25:
        return minus + draw.choice(WORDS)
    if kind < 0.4:
        return f'{minus}"{" ".join(some)}"'
    if kind < 0.5:
        return f'{minus}"{" ".join(some)}"~{draw.randint(1, 6)}'
    if kind < 0.55:
        return minus + spelled(draw.choice(WORDS)).upper()
    return minus + _filled(draw, draw.choice(RULES))


def _filled(draw: Random, rule: str) -> str:
    values: dict[str, Callable[[], object]] = {
        "author": lambda: draw.choice(AUTHORS), "handle": lambda: draw.choice(HANDLES),
        "word": lambda: draw.choice(WORDS), "lang": lambda: draw.choice(("fr", "en", "pt", "pt-BR", "und", "he", "zh")),
        "link": lambda: draw.choice(LINKS), "piece": lambda: draw.choice(("SHOP.", "a*b", "%c3", "kettle?", "/é", ".")),
        "id": lambda: draw.choice(("7", "8", "9", "at://did:plc:Ana/7", "at://X/y")),
        "country": lambda: draw.choice(("FR", "gb", "US")), "near": lambda: draw.choice((1, 2, 16, 39)),
        "count": lambda: draw.choice(COUNTS[1:]), "source": lambda: draw.choice(("x", "file", '"téa 2"', "feed")),
        "label": lambda: draw.choice(get_args(SentimentLabel)), "score": lambda: draw.randint(-10, 10) / 10,
        "watch": lambda: draw.choice(("brand", "Market", "market")), "story": lambda: draw.choice((*STORIES, "s3")),
        "host": lambda: draw.choice(("acme.example", "www.shop.example", "bücher.example", "a.example")),
        "hours": lambda: draw.choice((1, 9, 30, 79, 80)), "day": lambda: draw.choice(("2026-11-01", "2026-10-31")),
    }  # fmt: skip
    while "{" in rule:
        name = rule[rule.index("{") + 1 : rule.index("}")]
        rule = rule.replace(f"{{{name}}}", str(values[name]()), 1)
    return rule


def answers(archive: Archive, search: Search) -> dict[str, object]:
    """All that an archive says to it. What it cannot be asked is an answer, too."""
    query, since, until = tree(search.rule), search.since, search.until
    first, end = since or NOON - timedelta(days=4), until or NOON + timedelta(hours=1)
    marks = Highlighter(query)

    def told(page: Page) -> object:
        sizes = page.sizes or [1] * len(page.hits)
        return page.total, page.stories, [
            (msgspec.json.encode(hit), size, marks.spans(hit)) for hit, size in zip(page.hits, sizes, strict=True)
        ]  # fmt: skip

    questions: dict[str, Callable[[], object]] = {
        "pages": lambda: [told(page) for page in pages(archive, search)],
        "count": lambda: archive.count(query, since=since, until=until),
        "facets": lambda: archive.facets(query, FIELDS_ASKED, since=since, until=until, limit=search.limit % 7),
        "over time": lambda: archive.histogram(query, since=first, until=end, interval=3600) if first < end else None,
        "scan": lambda: sorted(msgspec.json.encode(each) for each in archive.scan(query, since=since, until=until)),
        "matches": lambda: archive.matches("brand", WORDS[: search.limit], since=since, until=until),
    }
    found: dict[str, object] = {}
    for name, question in questions.items():
        try:
            found[name] = question()
        except Misused as error:
            found[name] = str(error)
    return found


def pages(archive: Archive, search: Search) -> list[Page]:
    """From the first to the third, and back."""

    def page(after: str | None) -> Page:
        return archive.search(
            tree(search.rule), since=search.since, until=search.until, limit=search.limit, after=after,
            order=search.order, hold=search.hold, fold=search.fold, begin=search.begin,
        )  # fmt: skip

    found = [page(None)]
    while found[-1].after is not None and len(found) < 3:
        found.append(page(found[-1].after))
    while found[-1].before is not None and len(found) < 6:
        found.append(page(found[-1].before))
    return found
