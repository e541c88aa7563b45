"""What a rule matches on the stream is what it finds in an archive, whatever the posts and the rules are."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from contracts.records import System, at, mention_of, record
from veille.post import Author, Entities, Link, Metrics, Place, Quoted, Reference
from veille.query import Query, QueryError, Use, parse
from veille.query.match import Matcher
from veille.sinks.sink import Record

PIECES = (
    *(
        "acme",
        "ACME",
        "tea",
        "Été",
        "l’acme",
        "don't",
        "coca-cola",
        "3.5",
        "C++",
        "_",
        "&",
        "東京",
        "ソニー",
        "ｆｕｌｌ",
    ),
    *(
        "🔥",
        "👍🏽",
        "👩‍💻",
        "❤️",
        "🇫🇷",
        "İx",
        "ß",
        "a\u200bb",
        "محـمد",
        "мой",
        "ก่า",
        "क्षि",
        "ﬁ",
        "x" * 120,
        "\0",
        '"',
        "\\",
        "*",
    ),
    *("#thé", "#acme_1", "＃東京", "@ana", "@Ana.example", "@a@b.example", "$ACME", "$BRK.B", "RT @ana:", "12:30"),
    *("https://acme.example/É?x=1", "http://xn--bcher-kva.example", "acme.com/tea", "a@acme.com"),
)
NAMES = ("ana", "Ana.example", "did:plc:Ana", "İnan", "a b", 'q"uote', "nul\0l", "y" * 300, "汉")
GLUE = (" ", " ", " ", "", "\n", "\u00a0", "-", ".")

_numbers = itertools.count()

texts = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(GLUE)), max_size=8).map(
    lambda pairs: "".join(piece + glue for piece, glue in pairs)
)
names = st.sampled_from(NAMES)
some_text, some_name = st.none() | texts, st.none() | names
counts = st.none() | st.sampled_from((0, 5, 10, 1 << 40))


def lists(values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str] | None]:
    return st.none() | st.lists(values, max_size=3)


entities = st.builds(
    Entities,
    hashtags=lists(st.sampled_from(("Thé", "acme", "東京", "#"))),
    handles=lists(names),
    cashtags=lists(st.sampled_from(("ACME", "brk.b"))),
    links=st.none() | st.lists(st.builds(Link, url=texts, expanded=some_text, title=some_text, description=some_text)),
)
authors = st.builds(
    Author, id=names, handle=some_name, name=some_text, bio=some_text, location=some_text,
    followers=counts, following=counts, posts=counts, listed=counts, verified=st.none() | st.booleans(),
)  # fmt: skip
media = st.lists(st.sampled_from(("image", "video", "gif")), max_size=2)
kinds = st.sampled_from(("post", "reply", "repost", "quote"))
countries = st.sampled_from((None, "FR", "gb"))
points = st.sampled_from((None, (2.35, 48.85), (2.36, 48.85), (-179.95, 0.05), (2.35, 90.0)))
posts = st.fixed_dictionaries(
    {
        "text": texts,
        "kind": kinds,
        "author": authors,
        "entities": entities,
        "media": media,
        "langs": st.lists(st.sampled_from(("fr", "pt-BR", "iw", "EN", "zxx")), max_size=2),
        "app": st.none() | st.sampled_from(("Acme for iPhone", "acme")),
        "metrics": st.builds(Metrics, likes=counts),
        "place": st.none() | st.builds(Place, point=points, name=some_text, id=some_name, country=countries),
        "quoted": st.none() | st.builds(Quoted, text=texts, entities=entities, media=media, kind=kinds, author=authors),
        "ref": st.builds(
            Reference, reply_to=some_name, reply_author=some_name, repost_of=some_name, repost_author=some_name,
            repost_author_id=some_name, quote_of=some_name, conversation=some_name,
        ),
    }
)  # fmt: skip


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def terms(draw: st.DrawFn) -> str:
    """One term that reads, most often about what posts hold."""
    word = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map(" ".join))
    form = draw(
        st.sampled_from(
            (
                *("{word}", "{word}", "{word}", "{word}~2", "{word}~6", "{piece}", "#{name}", "@{name}", "$acme"),
                *("from:{name}", "to:{name}", "retweets_of:{name}", "url:{word}", "url_contains:{word}"),
                *("url_title:{word}", "url_description:{word}", "bio:{word}", "bio_name:{word}", "bio_location:{word}"),
                *("place:{word}", "place:{name}", "place_country:FR", "point_radius:[2.35 48.85 1km]"),
                *("bounding_box:[2.3 48.8 2.4 48.9]", "bounding_box:[179.9 -0.1 -179.9 0.1]", "conversation_id:{name}"),
                *("in_reply_to_tweet_id:{name}", "retweets_of_tweet_id:{name}", "lang:pt", "lang:he", "lang:und"),
                *("is:reply", "is:quote", "is:retweet", "is:verified", "has:links", "has:media", "has:images"),
                *("has:geo", "has:mentions", "has:hashtags", "has:cashtags", "has:video_link", "followers_count:5..10"),
                *("listed_count:..5", "tweets_count:1", "following_count:10..", "sample:50", "source:acme"),
            )
        )
    )
    piece, name = draw(st.sampled_from(PIECES)), draw(names)
    bare = form.startswith(("#", "@"))
    term = form.format(word=quoted(word), piece=piece, name=name if bare else quoted(name))
    try:
        parse(term, Use.SEARCH)
    except QueryError:
        assume(False)
    return term


@st.composite
def rules(draw: st.DrawFn) -> str:
    parts = draw(st.lists(terms(), min_size=1, max_size=3))
    signed = [f"-{part}" if draw(st.booleans()) and "sample" not in part else part for part in parts]
    joined = " OR " if draw(st.booleans()) and not any("sample" in part for part in parts) else " "
    return joined.join(signed)


class MatchContract:
    """Subclasses give the fixture `system`."""

    @settings(
        max_examples=40,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,  # one archive for all examples, which fills
            HealthCheck.differing_executors,  # by design
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
        ],
    )
    @given(st.lists(posts, min_size=1, max_size=5), st.lists(rules(), min_size=1, max_size=8))
    def test_what_a_rule_matches_it_finds(self, system: System, drawn: list[dict[str, Any]], asked: list[str]) -> None:
        written = [record(f"file:{next(_numbers)}", at(1), **fields) for fields in drawn]
        system.sink.write(written)
        system.settle()
        for rule in asked:
            query = parse(rule, Use.SEARCH)
            assert found(system, query, written) == matched(query, written), rule


def found(system: System, query: Query, written: Sequence[Record]) -> set[str]:
    """Of what was written, what an archive finds."""
    doc_ids = {each.doc_id for each in written}
    page = system.archive.search(query.tree, limit=500)
    hits = page.hits
    while page.after is not None:
        page = system.archive.search(query.tree, limit=500, after=page.after)
        hits += page.hits
    return doc_ids.intersection(hit.doc_id for hit in hits)


def matched(query: Query, written: Sequence[Record]) -> set[str]:
    """Of what was written, what matches on the stream."""
    matcher = Matcher({"rule": query})
    return {each.doc_id for each in written if matcher.match(mention_of(each))}
