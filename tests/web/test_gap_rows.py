"""What was not read, as a row in its place in time between the cards; in a list of another order there is none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from veille.gap import Gap
from veille.identity import public_id
from veille.post import Author
from veille.query import parse
from veille.reading import NOT_BEGUN
from veille.web.gap_rows import among, of_query
from web.site import NOW, Html, Site, mention

ANA = Author(id="did:plc:ana", handle="ana.example")
TIMES = [NOW - timedelta(minutes=minutes) for minutes in (5, 15, 25)]


def lost(name: str, minutes: float, lasts: float | None = 2, source: str = "bluesky", **fields: Any) -> Gap:
    since = NOW - timedelta(minutes=minutes)
    until = None if lasts is None else since + timedelta(minutes=lasts)
    return Gap(id=name, source=source, since=since, until=until, **{"cause": "disconnected"} | fields)


def order(page: Html) -> list[str]:
    """Cards and rows of the list as they follow each other."""
    names = {public_id(name): name for name in "abcd"}
    found = [(tag, each) for tag, each in page.elements if tag == "article" or each.get("class") == "gap-row"]
    return [names[each["data-id"]] if tag == "article" else each.get("data-gap", "more") for tag, each in found]


@pytest.fixture
def page(page: Site) -> Site:
    """Three posts by one author, ten minutes from one to the next, and gaps around and between."""
    page.write(*(mention(name, minutes=minutes, text="kettle") for name, minutes in (("a", 5), ("b", 15), ("c", 25))))
    page.gaps += [
        lost("before-all", 29), lost("between", 20), lost("of-x", 18, source="x"), lost("latest", 3),
        lost("mended", 12, repaired=True), lost("never", 60 * 24 * 400, 60, cause=NOT_BEGUN),
    ]  # fmt: skip
    return page


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("/", ["latest", "a", "b", "of-x", "between", "c"]),
        ("/search?last=24h", ["latest", "a", "b", "of-x", "between", "c", "before-all"]),
        ("/search?last=24h&order=oldest", ["before-all", "c", "between", "of-x", "b", "a", "latest"]),
        ("/search?last=24h&q=kettle+source:x", []),
        ("/search?last=24h&q=kettle+source:bluesky", ["latest", "a", "b", "between", "c", "before-all"]),
        ("/search?last=24h&q=kettle+-source:x", ["latest", "a", "b", "between", "c", "before-all"]),
        ("/search?last=24h&q=kettle+OR+source:x", ["latest", "a", "b", "of-x", "between", "c", "before-all"]),
        ("/search?last=24h&q=kettle&order=best", ["a", "b", "c"]),
        (f"/authors/{public_id('a')}", ["latest", "a", "b", "between", "c", "before-all"]),
    ],
)
def test_a_gap_stands_where_reading_stopped(page: Site, path: str, rows: list[str]) -> None:
    found = order(page.page(path))
    assert sorted(found) == sorted(rows) if "best" in path else found == rows


def test_a_row_says_what_the_gap_is_in_both_languages_outside_every_card_and_leads_to_health(page: Site) -> None:
    english, french = page.get("/?lang=en").text, page.get("/?lang=fr").text
    row = english[english.index('data-gap="between"', english.index('id="list"')) :].partition("</p>")[0]
    assert "Not read. 1 Nov 2026, 12:10 to 1 Nov 2026, 12:12, Bluesky: connection lost. Not repaired." in row
    assert 'href="/health#gaps"' in row
    said = "Non lu. Du 1er nov. 2026, 12:10 au 1er nov. 2026, 12:12, Bluesky : connexion perdue. Non réparé."
    assert said in " ".join(french.split())
    for card in english.split("<article")[1:]:
        assert "gap-row" not in card.partition("</article>")[0]


def test_only_the_longest_have_rows_and_the_others_are_counted(page: Site) -> None:
    page.gaps[:] = [lost(f"g{number}", 24 - number, 0.2 + number / 10) for number in range(9)]
    assert order(page.page("/")) == ["a", "b", "g8", "g7", "g6", "g5", "g4", "c", "more"]
    assert page.page("/").one("data-more-gaps", "4")
    assert "Not read either: 4 shorter stretches." in page.page("/").text


def test_of_a_page_within_a_list_gaps_stand_that_touch_it_alone() -> None:
    gaps = [lost("newer", 3), lost("within", 20), lost("older", 40), lost("long", 60, None)]
    rows = among(TIMES, gaps, NOW)
    assert {number: [gap.id for gap in some] for number, some in rows.before.items()} == {2: ["within"], 3: ["long"]}
    assert among([], gaps, NOW, since=NOW - timedelta(days=1)).before == {}


def test_what_a_world_was_not_read_of_every_network_may_lack() -> None:
    gaps = [lost("g", 5, source="world"), lost("f", 5, source="feeds"), lost("x", 5, source="x")]

    def found(query: str) -> list[str]:
        return [gap.id for gap in of_query(gaps, parse(query).tree)]

    assert found("tea source:feed") == ["g", "f"]
    assert found("tea -source:feed") == ["g", "x"]
    assert found("tea source:x") == ["g", "x"]


def test_an_open_page_is_told_of_gaps_in_words_of_now(page: Site) -> None:
    after = page.page("/").one("id", "list")["data-after"]
    page.gaps[1] = lost("between", 20, repaired=True)
    page.write(mention("d", minutes=0))
    told = page.page(f"/live?after={after}")
    rows = {each["data-gap"]: each for _, each in told.elements if each.get("class") == "gap-row"}
    assert [name for name, row in rows.items() if "data-mended" in row] == ["between", "mended"]
    assert "latest" in rows
    assert "Repaired." in told.text
