"""What the searches of every archive have in common beyond finding: orders, pages that hold still, facets."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import cache
from typing import get_args

import pytest

from contracts.corpus import NOW, answers, corpus, position, questions
from contracts.records import NOON, System, at, record, tombstone
from contracts.rules import OWN_RULES
from veille.archive import Archive, Facet, Order, Value
from veille.document import facets as facets_of
from veille.errors import Misused
from veille.facets import FIELDS, SOUGHT, Mapped, asking
from veille.mention import Mention
from veille.query import Use, parse
from veille.query.match import Matcher
from veille.query.tree import Node
from veille.story import Membership

DAY = timedelta(days=1)
LABELS = ("negative", "neutral", "positive", "unsure")
SHARED = ("acme OR tea", "-acme", "(acme OR kettle OR 🔥) -is:reply", '"acme kettle" OR #thé OR @ana', "lang:fr")


def tree(rule: str) -> Node:
    return parse(rule, Use.SEARCH, now=NOW).tree


def found_by(rule: str) -> list[Mention]:
    return [corpus()[doc_id] for doc_id in answers()[rule]]


def best(rule: str, terms: tuple[str, ...]) -> list[str]:
    """Doc ids of what a rule finds by how many of its terms each holds, originals before reposts, then the newest."""
    holding = [Matcher({"term": parse(f"({term}) OR {term}")}) for term in terms]

    def score(mention: Mention) -> tuple[int, bool, object]:
        return sum(bool(each.match(mention)) for each in holding), mention.kind != "repost", position(mention)

    return [mention.doc_id for mention in sorted(found_by(rule), key=score, reverse=True)]


def folded(mentions: list[Mention], order: Order) -> list[tuple[str, int]]:
    """Doc ids of those that come first in their story, in an order that they have already, with how many there are."""
    stories = [mention.story or mention.doc_id for mention in mentions]
    sizes, firsts = Counter(stories), dict(zip(stories[::-1], mentions[::-1], strict=True))
    found = [(sizes[story], first) for story, first in firsts.items()]
    if order == "copied":
        found.sort(key=lambda one: (one[0], position(one[1])), reverse=True)
    else:
        found.sort(key=lambda one: mentions.index(one[1]))
    return [(mention.doc_id, size) for size, mention in found]


def in_order(rule: str, order: Order) -> list[Mention]:
    """What a rule finds, before it is folded."""
    if order == "best":
        return [corpus()[doc_id] for doc_id in best(rule, tuple(rule.split(" OR ")))]
    return sorted(found_by(rule), key=position, reverse=order != "oldest")


@cache
def facets_by_doc_id() -> dict[str, dict[str, list[str]]]:
    return {doc_id: facets_of(mention) for doc_id, mention in corpus().items()}


def counted(field: str, mentions: list[Mention], limit: int) -> Facet:
    """A facet as the mentions themselves say it."""
    held = [facets_by_doc_id()[mention.doc_id].get(field, []) for mention in mentions]
    counts = Counter(value for values in held for value in values)
    ordered = [Value(value, count) for value, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))]
    rest = sum(each.count for each in ordered[limit:])
    without = sum(not values for values in held)
    return Facet(field=field, values=ordered[:limit], others=len(ordered[limit:]), rest=rest, without=without)


class SearchContract:
    """Subclasses give the fixtures of `ArchiveContract`."""

    @pytest.mark.parametrize(
        ("rule", "terms"),
        [
            ("acme OR tea", ("acme", "tea")),
            ("(acme OR kettle) (tea OR 🔥) -#thé", ("acme", "kettle", "tea", "🔥")),
            ("#acme OR @ana OR $acme", ("#acme", "@ana", "$acme")),
            ("-acme", ()),
            ("lang:fr", ()),
        ],
    )
    @pytest.mark.parametrize("page", [7, 500])
    def test_best_match_puts_first_what_holds_most_of_the_query(
        self, filled: Archive, rule: str, terms: tuple[str, ...], page: int
    ) -> None:
        found: list[str] = []
        after = None
        while not found or after is not None:
            got = filled.search(tree(rule), limit=page, after=after, order="best", hold=True)
            found += [hit.doc_id for hit in got.hits]
            after = got.after
        assert found == best(rule, terms)

    @pytest.mark.parametrize("order", ["newest", "oldest", "best"])
    @pytest.mark.parametrize("hold", [True, False])
    def test_one_can_go_back_page_by_page(self, filled: Archive, order: Order, hold: bool) -> None:
        query, after = tree("acme OR tea"), None
        there: list[list[str]] = []
        back: list[list[str]] = []
        while not there or after is not None:
            page = filled.search(query, limit=20, after=after, order=order, hold=hold)
            there.append([hit.doc_id for hit in page.hits])
            after = page.after
        assert filled.search(query, limit=20, order=order).before is None
        assert len(there) == -(-len(answers()["acme OR tea"]) // 20)
        while page.before is not None:
            page = filled.search(query, limit=20, after=page.before, order=order)
            assert page.after is not None
            back.append([hit.doc_id for hit in page.hits])
        assert back[::-1] == there[:-1]

    @pytest.mark.parametrize("order", get_args(Order))
    @pytest.mark.parametrize(("rule", "size"), [("acme OR tea", 20), ("#acme OR @ana OR $acme", 500)])
    def test_of_each_story_the_first_alone_stands_on_pages_that_go_both_ways(
        self, filled: Archive, order: Order, rule: str, size: int
    ) -> None:
        expected = folded(in_order(rule, order), order)
        there: list[list[tuple[str, int]]] = []
        back: list[list[tuple[str, int]]] = []
        after = None
        while not there or after is not None:
            page = filled.search(tree(rule), limit=size, after=after, order=order, hold=True, fold=True)
            assert (page.total, page.stories) == (len(found_by(rule)), len(expected))
            there.append([(hit.doc_id, many) for hit, many in zip(page.hits, page.sizes, strict=True)])
            after = page.after
        assert [each for some in there for each in some] == expected
        while page.before is not None:
            page = filled.search(tree(rule), limit=size, after=page.before, order=order, fold=True)
            back.append([(hit.doc_id, many) for hit, many in zip(page.hits, page.sizes, strict=True)])
        assert back[::-1] == there[:-1]

    def test_a_campaign_of_any_size_is_one_hit(self, system: System) -> None:
        copies = [record(f"x:{n:03}", created_at=NOON + timedelta(minutes=n)) for n in range(700)]
        others = [record(f"x:other{n}", created_at=NOON + timedelta(minutes=100 * n + 1)) for n in range(5)]
        system.sink.write(copies + others)
        system.settle()
        system.sink.join([Membership(doc_id=each.doc_id, story="s", version=str(at(1))) for each in copies])
        system.settle()
        names = ["x:699", *(f"x:other{n}" for n in (4, 3, 2, 1, 0))]
        first = system.archive.search(tree("acme"), limit=2, hold=True, fold=True)
        found, after, page = list(first.hits), first.after, first
        late = record("x:late", created_at=NOON + timedelta(minutes=250))
        system.sink.write([late, tombstone("x:other2")])
        system.settle()
        while after is not None:
            page = system.archive.search(tree("acme"), limit=2, after=after, fold=True)
            found += page.hits
            after = page.after
        assert [hit.doc_id for hit in found] == [name for name in names if name != "x:other2"]
        assert page.before is not None
        before = system.archive.search(tree("acme"), limit=9, after=page.before, fold=True).hits
        assert [hit.doc_id for hit in before][:2] == ["x:699", "x:other4"]
        copied = system.archive.search(tree("acme"), limit=2, order="copied", since=NOON + timedelta(minutes=1))
        assert [hit.doc_id for hit in copied.hits] == ["x:699", "x:other4"]
        assert copied.sizes == [699, 1]

    def test_a_story_whose_first_is_deleted_meanwhile_is_shown_by_its_next(self, system: System) -> None:
        copies = [record(f"x:{n}", created_at=NOON + timedelta(minutes=n)) for n in range(5)]
        alone = [record(f"x:alone{n}", created_at=NOON + timedelta(minutes=10 + n)) for n in range(3)]
        system.sink.write(copies + alone)
        system.settle()
        system.sink.join([Membership(doc_id=each.doc_id, story="s", version=str(at(1))) for each in copies])
        system.settle()
        first = system.archive.search(tree("acme"), limit=3, hold=True, fold=True)
        gone = record("x:3", at(3), created_at=NOON + timedelta(minutes=3), visibility="hidden")
        system.sink.write([tombstone("x:4"), gone])
        system.settle()
        page = system.archive.search(tree("acme"), limit=3, after=first.after, fold=True)
        assert [hit.doc_id for hit in first.hits] == ["x:alone2", "x:alone1", "x:alone0"]
        assert [hit.doc_id for hit in page.hits] == ["x:2"]
        system.sink.write([tombstone(each.doc_id) for each in copies])
        system.settle()
        assert system.archive.search(tree("acme"), limit=3, after=first.after, fold=True).hits == []

    @pytest.mark.parametrize("fold", [False, True])
    def test_one_can_begin_at_a_time_and_go_both_ways_from_there(self, filled: Archive, fold: bool) -> None:
        moment = NOON - timedelta(hours=9)
        for order in ("newest", "oldest"):
            page = filled.search(None, limit=500, order=order, fold=fold)
            everything = page.hits
            while page.after is not None:
                page = filled.search(None, limit=500, order=order, fold=fold, after=page.after)
                everything += page.hits
            later = [hit for hit in everything if (hit.created_at < moment) is (order == "newest")]
            page = filled.search(None, limit=20, order=order, fold=fold, begin=moment, hold=True)
            assert page.hits == later[:20]
            assert page.before is not None
            before = filled.search(None, limit=20, order=order, fold=fold, after=page.before)
            place = everything.index(later[0])
            assert before.hits == everything[max(place - 20, 0) : place]

    def test_a_position_belongs_to_its_order(self, filled: Archive) -> None:
        after = filled.search(None, limit=1).after
        with pytest.raises(Misused, match="newest first"):
            filled.search(None, limit=1, after=after, order="best")

    @pytest.mark.parametrize("order", ["newest", "oldest", "best"])
    def test_pages_are_those_of_the_moment_of_the_first(self, system: System, order: Order) -> None:
        written = {f"x:{n}": record(f"x:{n}", created_at=NOON + timedelta(minutes=n)) for n in range(9)}
        system.sink.write(list(written.values()))
        system.settle()
        first = system.archive.search(tree("acme"), limit=3, order=order, hold=True)
        late = [record(f"x:late{n}", created_at=NOON + timedelta(minutes=n, seconds=30)) for n in range(-1, 9)]
        left, hidden, edited = [name for name in written if name not in {hit.doc_id for hit in first.hits}][:3]
        system.sink.write(
            [
                *late,
                tombstone(left),
                record(hidden, at(3), created_at=NOON + timedelta(minutes=int(hidden[2:])), visibility="hidden"),
                record(edited, at(3), "acme teapot", created_at=NOON + timedelta(minutes=int(edited[2:]))),
            ]
        )
        system.settle()
        found, after = list(first.hits), first.after
        while after is not None:
            page = system.archive.search(tree("acme"), limit=3, after=after, order=order)
            found += page.hits
            after = page.after
        names = [name for name in written if name not in {left, hidden}]
        assert [hit.doc_id for hit in found] == (names if order == "oldest" else names[::-1])
        assert {hit.doc_id for hit in found if hit.text == "acme teapot"} == {edited}

    @pytest.mark.parametrize("limit", [1, 3, 50])
    @pytest.mark.parametrize("rule", SHARED)
    def test_facets_count_all_that_match(self, filled: Archive, rule: str, limit: int) -> None:
        mentions = list(corpus().values()) if rule not in OWN_RULES else found_by(rule)
        if rule not in OWN_RULES:
            mentions = [mention for mention in mentions if Matcher({"w": parse(rule, Use.SEARCH)}).match(mention)]
        fields = (*FIELDS, *get_args(Mapped))
        assert filled.facets(tree(rule), fields, limit=limit) == [counted(each, mentions, limit) for each in fields]

    def test_two_hundred_questions_are_counted_by_value_and_over_time(self, filled: Archive) -> None:
        asked = list(questions().items())[:220]
        assert len({rule for rule, _ in asked}) >= 200
        since, until = NOON - 4 * DAY, NOON + DAY
        for rule, query in asked:
            mentions = [mention for mention in found_by(rule) if since <= mention.created_at < until]
            facets = filled.facets(query.tree, FIELDS, since=since, until=until, limit=4)
            assert facets == [counted(each, mentions, 4) for each in FIELDS], rule
            buckets = filled.histogram(query.tree, since=since, until=until, interval=3600)
            found = {(bucket.start, name): getattr(bucket, name) for bucket in buckets for name in LABELS}
            hours = Counter(
                (each.created_at.replace(minute=0, second=0, microsecond=0), each.sentiment.label) for each in mentions
            )
            assert {key: count for key, count in found.items() if count} == hours, rule

    def test_an_application_that_is_called_as_a_network_is_not_found_for_it(self, system: System) -> None:
        system.sink.write([record("x:1", source="x"), record("b:2", app="X"), record("b:3", app="Tea"), record("b:4")])
        system.settle()
        (sources,) = system.archive.facets(None, ["source"])
        for value in sources.values:
            query = tree(asking("source", value.value))
            assert system.archive.count(query) == value.count, value
            matcher = Matcher({"w": parse(asking("source", value.value), Use.SEARCH)})
            assert sum(bool(matcher.match(each)) for each in system.archive.scan(None)) == value.count, value
        assert [hit.doc_id for hit in system.archive.search(tree("source:tea")).hits] == ["b:3"]

    @pytest.mark.parametrize("text", ["e", "ACME", "h", "s1", ".*", "[", "é"])
    def test_values_of_a_facet_are_found_by_a_part_of_them(self, filled: Archive, text: str) -> None:
        for field in SOUGHT:
            every = counted(field, found_by("acme OR tea"), 1000).values
            held = [each for each in every if text.casefold() in each.value.casefold()]
            assert filled.facets(tree("acme OR tea"), [field], limit=3, holding=text) == [
                Facet(field=field, values=held[:3])
            ]

    @pytest.mark.parametrize("field", ["author", "story", "place"])
    def test_values_that_say_nothing_themselves_are_not_looked_through(self, filled: Archive, field: str) -> None:
        with pytest.raises(Misused, match=f"{field} are not looked through: expected assigned, domain"):
            filled.facets(None, ["watch", field], holding="a")

    def test_facets_of_a_stretch_of_time(self, filled: Archive) -> None:
        since, until = NOON - DAY, NOON
        mentions = [mention for mention in corpus().values() if since <= mention.created_at < until]
        assert filled.facets(None, ["sentiment"], since=since, until=until) == [counted("sentiment", mentions, 10)]
        assert filled.facets(None, []) == []

    def test_each_count_leads_to_the_mentions_that_it_counts(self, filled: Archive) -> None:
        for facet in filled.facets(tree("acme OR tea"), FIELDS):
            for each in facet.values[:6]:
                query = f"(acme OR tea) {asking(facet.field, each.value)}"
                assert filled.count(tree(query)) == each.count, query

    def test_what_is_deleted_hidden_or_edited_no_longer_counts_as_it_was(self, system: System) -> None:
        system.sink.write([record(f"x:{number}", source="x") for number in range(4)])
        system.sink.write(
            [tombstone("x:0"), record("x:1", at(2), source="file"), record("x:2", at(2), visibility="hidden")]
        )
        system.settle()
        (facet,) = system.archive.facets(None, ["source"])
        assert facet == Facet(field="source", values=[Value("file", 1), Value("x", 1)])
