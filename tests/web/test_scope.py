"""The scope bar: a range, a watch and what a card is of, the same on every screen and always in the address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.questions import ANA
from veille.identity import public_id
from veille.query import Use, parse
from veille.query.tree import And, Node, Operator
from veille.settings import Watch
from veille.web.scope import under, watch_in
from web.site import NOW, Html, Site, mention, site
from web.test_now import alert, gap, of, window
from web.test_questions import ago

SCREENS = ("/", "/search", "/watches", "/alerts", "/questions", "/health")
DATES = "since=2026-11-01T09:00&until=2026-11-01T11:00"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    """Two watches."""
    with site(tmp_path, watches=(Watch("acme", "brand", "acme"), Watch("rival", "competitor", "rival"))) as made:
        yield made


def led(page: Site, path: str) -> Html:
    """The page that an address leads to."""
    answer = page.get(path)
    return led(page, answer.headers["Location"]) if answer.status_code == 303 else Html(answer.text)


def chosen(html: Html, what: str) -> str:
    """The one choice of the bar that is marked."""
    known = [each for _, each in html.elements if each.get("data-scope", "").startswith(f"{what}=")]
    (found,) = [each["data-scope"] for each in known if "aria-current" in each]
    return found.removeprefix(f"{what}=")


def to_screens(html: Html) -> list[str]:
    """Where the shell's links to the screens lead to."""
    return [html.one("data-screen", path)["href"] for path in SCREENS]


@pytest.mark.parametrize("path", SCREENS)
def test_a_range_that_is_chosen_holds_on_every_screen_and_in_every_link_to_another(page: Site, path: str) -> None:
    shown = page.page(f"{path}?last=7d")
    assert chosen(shown, "last") == "7d"
    assert to_screens(shown) == [f"{other}?last=7d" for other in SCREENS]
    assert {"type": "hidden", "name": "last", "value": "7d"} in [each for _, each in shown.elements]


@pytest.mark.parametrize("path", SCREENS)
def test_two_dates_are_taken_along_and_hold_wherever_a_screen_can_go_by_them(page: Site, path: str) -> None:
    """Now tells what is going on, and its brief has no end: it says what it is of, and takes the dates along."""
    shown = page.page(f"{path}?{DATES}")
    assert to_screens(shown) == [f"{other}?{DATES.replace(':', '%3A')}" for other in SCREENS]
    if path == "/":
        assert chosen(shown, "last") == ""
    else:
        assert "1 Nov 2026, 09:00 – 1 Nov 2026, 11:00" in shown.text
        assert shown.one("data-step", "range_back")["href"] == ("?since=2026-11-01T07%3A00&until=2026-11-01T09%3A00")
        assert page.get(f"{path}?since=2026-11-02&until=2026-11-01").status_code == 400


@pytest.mark.parametrize("path", SCREENS)
def test_a_watch_that_is_chosen_is_taken_along_to_every_screen(page: Site, path: str) -> None:
    """Health is about all of them, and takes it along all the same."""
    shown = led(page, f"{path}?watch=rival")
    assert to_screens(shown) == [f"{other}?watch=rival" for other in SCREENS]
    if path == "/health":
        return
    assert chosen(shown, "watch") == "rival"
    every = shown.one("data-scope", "watch=")["href"]
    assert chosen(page.page(every if every.startswith("/") else path + every), "watch") == ""


def test_a_watch_becomes_part_of_a_search_and_is_exchanged_there(page: Site) -> None:
    page.write(*of("acme", 2), *of("rival", 3), mention("tea", text="acme tea"))
    shown = led(page, "/search?q=acme+OR+tea&watch=rival&last=7d")
    assert shown.one("id", "q")["value"] == "(acme OR tea) watch:rival"
    assert len(shown.ids()) == 3
    other = page.page("/search" + shown.one("data-scope", "watch=acme")["href"])
    assert (other.one("id", "q")["value"], len(other.ids())) == ("(acme OR tea) watch:acme", 2)
    none = page.page("/search" + other.one("data-scope", "watch=")["href"])
    assert (chosen(none, "watch"), chosen(none, "last"), len(none.ids())) == ("", "7d", 6)
    assert led(page, "/search?q=acme+OR+(&watch=rival").one("data-panel", "results")["data-state"] == "error"


WORDS = st.sampled_from(["tea", '"watch:acme is said"', "-kettle", "lang:fr", "(tea OR pot)", "-watch:other", "#été"])
QUERIES = st.recursive(
    WORDS | st.sampled_from(["watch:acme", 'watch:"acme"', "WATCH:acme", "(watch:acme)", "((watch:acme ))"]),
    lambda some: (
        st.lists(some, min_size=1, max_size=4).map(" ".join)
        | st.lists(some, min_size=2, max_size=3).map(lambda each: f"({' OR '.join(each)})")
    ),
    max_leaves=8,
)


def items(tree: Node | None) -> list[str]:
    """What has to hold, wherever it was written; but for a watch."""
    some = tree.items if isinstance(tree, And) else () if tree is None else (tree,)
    kept = [each for each in some if not (isinstance(each, Operator) and each.name == "watch")]
    return sorted(_told(each) for each in kept)


def _told(node: object) -> str:
    """A node without its place."""
    if hasattr(node, "items"):
        return f"{type(node).__name__}({', '.join(_told(each) for each in node.items)})"
    if hasattr(node, "item"):
        return f"not {_told(node.item)}"
    return f"{type(node).__name__} {getattr(node, 'name', '')} {getattr(node, 'value', getattr(node, 'raw', ''))}"


@given(st.lists(QUERIES, max_size=3).map(" ".join))
def test_a_search_kept_to_a_watch_asks_for_all_that_it_asked_for_and_can_be_let_go_again(text: str) -> None:
    before = parse(text, Use.SEARCH) if text else None
    kept = parse(under("rival", text, before), Use.SEARCH)
    if sum(isinstance(each, Operator) and each.name == "watch" for each in _tops(before.tree if before else None)) > 1:
        return  # two watches at once are nobody's scope: one more narrows them
    named = watch_in(kept)
    assert named is not None
    assert named.value == "rival"
    assert items(kept.tree) == items(before.tree if before else None)
    free = under("", kept.text, kept)
    assert items(parse(free, Use.SEARCH).tree if free else None) == items(before.tree if before else None)


def _tops(tree: Node | None) -> tuple[Node, ...]:
    return tree.items if isinstance(tree, And) else () if tree is None else (tree,)


def test_now_shows_the_list_and_the_hour_of_a_watch_and_a_brief_of_a_range(page: Site) -> None:
    page.write(*of("acme", 2), *of("rival", 3))
    shown = page.page("/?watch=rival&last=1h")
    assert len(shown.ids()) == 3
    assert "3 mentions in 60 minutes" in shown.text
    assert shown.one("data-panel", "brief")["data-since"] == (NOW - timedelta(hours=1)).isoformat(timespec="seconds")
    assert page.page("/").one("data-panel", "brief")["data-since"] == "2026-10-31T18:00:00+00:00", "the visit's own"
    none = page.page("/?watch=nobody")
    assert none.one("data-panel", "live")["data-state"] == "empty"
    assert "No mention of nobody so far." in none.text


def test_now_has_a_card_for_each_mention_where_copies_are_to_be_counted(page: Site) -> None:
    page.write(*of("acme", 5))
    page.join("acme0", "acme1", "acme2")
    assert len(page.page("/").ids()) == 3
    shown = page.page("/?group=mention")
    assert (len(shown.ids()), chosen(shown, "group")) == (5, "mention")
    assert chosen(page.page("/search?q=watch:acme&group=mention"), "group") == "mention"
    assert chosen(page.page("/?group=nothing&last=ever"), "group") == "story"


def test_alerts_questions_watches_and_gaps_are_those_of_the_range(page: Site) -> None:
    at = NOW.replace(hour=10, minute=0)
    page.findings.write_alerts(
        [alert(), alert(id="a2", since=at, opened_at=at, state="closed", closed_at=at + timedelta(minutes=20))]
    )
    page.findings.write_windows([window("acme", 2.5, 40), window("acme", 0.2, 7)])
    page.write(ago("q1", ANA, 150, asks=True), ago("q2", ANA, 20, asks=True))
    page.gaps += [gap(140, 10), gap(30, 5)]
    assert page.page(f"/alerts?{DATES}").values("data-alert") == ["a2"]
    asked = page.page(f"/questions?{DATES}")
    assert asked.values("data-question") == [public_id("q1")]
    assert "1 question · 1 Nov 2026, 09:00 – 1 Nov 2026, 11:00 · 0 with an answer seen" in " ".join(asked.text.split())
    assert "No question seen in this time" in page.page("/questions?since=2026-10-01&until=2026-10-02").text
    counted = [each for tag, each in page.page(f"/watches?{DATES}").elements if tag == "td" and "data-mentions" in each]
    assert [each["data-value"] for each in counted] == ["40", "0"]
    assert len(page.page(f"/health?{DATES}").one("data-panel", "gaps")) > 0
    lanes = [each for tag, each in page.page(f"/health?{DATES}").elements if tag == "rect" and "data-gap" in each]
    assert len(lanes) == 1


def test_a_link_to_this_moment_shows_the_same_tomorrow(page: Site) -> None:
    page.write(*of("acme", 2))
    link = page.page("/search?q=acme").one("data-fixed-link", "")["href"]
    page.clock.advance(2 * 86_400)
    page.write(mention("late", minutes=-60 * 24, text="acme"))
    assert len(page.page(f"/search{link}").ids()) == 2
    assert "data-fixed-link" not in page.get(f"/search{link}").text, "it has two ends as it is"


@pytest.mark.parametrize("path", ["/search?q=acme&last=7d", f"/watches?{DATES}", "/watches/acme?last=7d",
                                  "/backtest?q=acme", "/alerts?watch=acme", f"/questions?watch=acme&{DATES}", "/health",
                                  f"/m/{public_id('acme0')}", "/alerts/a1"])  # fmt: skip
def test_every_screen_leads_to_its_data_as_json(page: Site, path: str) -> None:
    page.write(*of("acme", 2))
    page.findings.write_alerts([alert()])
    link = page.page(path).one("data-json", "")["href"]
    answer = page.get(link)
    assert answer.headers["Content-Type"] == "application/json"
    if path.startswith("/search"):
        assert [each["public_id"] for each in answer.json()["mentions"]] == page.page(path).ids()


def test_windows_are_not_asked_for_what_they_do_not_keep(page: Site) -> None:
    answer = page.get("/watches?since=2020-01-01&until=2026-01-01")
    assert answer.status_code == 400
