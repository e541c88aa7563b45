"""What a match says of itself, and what an index of many rules must not change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from query.cases import post_of
from veille.post import Entities, WatchMatch
from veille.query import Use, parse
from veille.query.match import Matcher
from veille.query.proximity import tightest, within


def test_no_watch_matches_nothing() -> None:
    assert Matcher({}).match(post_of({"text": "acme"})) == []


def test_everything_matches_without_terms() -> None:
    assert [WatchMatch("all")] == Matcher.everything().match(post_of({"text": "acme"}))


def test_matches_come_in_the_order_of_the_watches_with_terms_as_written() -> None:
    watches = {
        name: parse(rule) for name, rule in (("b", '#Été OR "acme corp" OR kettle'), ("a", "ACME"), ("c", "tea"))
    }
    found = Matcher(watches).match(post_of({"text": "Acme Corp, l'#ete"}))
    assert found == [
        WatchMatch("b", ["#Été", "acme corp"], [(0, 9), (13, 17)]),
        WatchMatch("a", ["ACME"], [(0, 4)]),
    ]


def test_overlapping_phrases_are_all_found() -> None:
    watches = {rule: parse(rule) for rule in ('"a b c"', '"b c"', '"c d"', '"a c"')}
    assert [match.id for match in Matcher(watches).match(post_of({"text": "a b c d"}))] == ['"a b c"', '"b c"', '"c d"']


def test_a_phrase_does_not_reach_into_the_quoted_post() -> None:
    post = post_of({"text": "buy acme", "quoted": {"text": "kettle now"}})
    assert Matcher({"w": parse('"acme kettle"')}).match(post) == []


def test_a_rule_without_any_required_word_is_still_evaluated() -> None:
    watch = parse("place_country:FR -kettle")
    posts = [post_of({"text": text, "place_country": "FR"}) for text in ("acme", "kettle")]
    assert [bool(Matcher({"w": watch}).match(post)) for post in posts] == [True, False]


WORDS = st.lists(st.sampled_from("abc"), max_size=9)
LEAVES = (
    *("a", "b", "c", '"a b"', '"b a c"', '"a c"~2', "#a", "from:a", "to:a", "lang:fr", "has:links"),
    *(
        "url:a",
        'url:"a b"',
        "url_contains:B",
        'url_title:"b a"',
        "bio:a",
        'bio_name:"a b"',
        "place:a",
        "place_country:FR",
    ),
)
RULE = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda items: f"({' '.join(items)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda items: f"({' OR '.join(items)})"),
        inner.map(lambda item: f"-({item})"),
    ),
    max_leaves=6,
)


@given(st.lists(RULE, min_size=1, max_size=5), WORDS, WORDS, st.booleans())
def test_the_index_loses_no_match(rules: list[str], words: list[str], more: list[str], tagged: bool) -> None:
    said = " ".join(more)
    card = {"title": said, "description": ""}
    linked = {"urls": [f"https://x.example/{'/'.join(more)}"] * len(more), "cards": [card]}
    placed = {"place": said, "place_country": "FR"} if "c" in more else {}
    author = {"author": "a" if tagged else "b", "to": "a" if tagged else "b", "bio": said, "name": said}
    tags = {"hashtags": ["a"] if tagged else []}
    post = post_of({"text": " ".join(words)} | linked | placed | author | tags)
    watches = {str(number): parse(rule, Use.SEARCH) for number, rule in enumerate(rules)}
    unindexed = {name: parse(f"({query.text}) OR (lang:de -lang:de)", Use.SEARCH) for name, query in watches.items()}
    expected = [match.id for match in Matcher(unindexed).match(post)]
    assert expected == [match.id for match in Matcher(watches).match(post)]


WRITTEN = st.lists(
    st.sampled_from(
        [*"abc#@$.,é\u00a0\u0301 \n", "#a", "@a", "$a", "@a.b.example", "https://a.example/b-c?d=a", "a.fr/b"]
    ),
    max_size=8,
).map("".join)
ENTITIES = (*("a", '"b c"', '"c é"', "#a", "@a", "$a", "@a.b.example"), *("url:a", 'url:"b c"', "url_contains:/b"))


@given(WRITTEN, WRITTEN | st.none())
def test_what_stands_in_a_text_is_found_without_the_network_listing_it(text: str, quoted: str | None) -> None:
    post = post_of({"text": text} | ({} if quoted is None else {"quoted": {"text": quoted}}))
    post.entities = Entities()
    if post.quoted:
        post.quoted.entities = Entities()
    watches = {rule: parse(rule, Use.SEARCH) for rule in ENTITIES}
    unindexed = {rule: parse(f"({rule}) OR (lang:de -lang:de)", Use.SEARCH) for rule in ENTITIES}
    expected = [match.id for match in Matcher(unindexed).match(post)]
    assert expected == [match.id for match in Matcher(watches).match(post)]


@given(WORDS, st.lists(st.sampled_from("abc"), min_size=2, max_size=4), st.integers(1, 6))
def test_proximity_equals_its_definition(words: list[str], tokens: list[str], slop: int) -> None:
    stretches = _stretches(words, tokens, slop)
    assert bool(stretches) == within(words, tokens, slop)
    best = min(stretches, key=lambda pair: (pair[1] - pair[0], pair[0]), default=None)
    assert best == tightest(words, tokens, slop)


def _stretches(words: list[str], tokens: list[str], slop: int) -> list[tuple[int, int]]:
    """Every way to place the tokens, by trying them all."""
    ways: list[list[int]] = [[]]
    for token in tokens:
        ways = [[*way, at] for way in ways for at, word in enumerate(words) if word == token and at not in way]
    shifts = [[at - i for i, at in enumerate(way)] for way in ways]
    return [(min(way), max(way)) for way, shift in zip(ways, shifts, strict=True) if max(shift) - min(shift) <= slop]
