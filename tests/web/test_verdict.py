"""The second half of the first sentence: what is missing, in words; and what stands under it of open alerts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from veille.alert import Role, Sample, Why
from veille.gap import Gap
from veille.identity import public_id
from veille.post import Author
from veille.settings import WorldSettings
from web.site import NOW, Site, mention, site
from web.test_now import ACME, RIVAL, alert, gap, of


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, watches=(ACME, RIVAL), world=WorldSettings()) as made:
        yield made


def told(page: Site, address: str = "/") -> str:
    return " ".join(page.page(address).text.split())


def test_what_is_missing_is_said_with_its_source_and_how_long(page: Site) -> None:
    since = NOW - timedelta(minutes=8)
    page.gaps.append(Gap(id="g", source="world", since=since, cause="disconnected"))
    shown = page.page("/")
    assert "Incomplete." in shown.text
    assert "The simulation not read since 12:22 (8 min)." in told(page)
    assert "La simulation : pas de lecture depuis 12:22 (8 min)." in told(page, "/?lang=fr")
    (link,) = {each["href"] for tag, each in shown.elements if tag == "a" and "/health?last=1h" in each.get("href", "")}
    assert page.page(link).values("data-lost") == ["1"]


def test_one_that_is_over_says_until_when_and_one_that_goes_on_comes_first(page: Site) -> None:
    page.gaps.append(gap(50, 8))
    assert "The simulation not read 11:40 to 11:48 (8 min)." in told(page, "/?lang=en")
    page.gaps.append(Gap(id="h", source="world", since=NOW - timedelta(minutes=70), cause="stalled"))
    assert "not read since 11:20 (1 h 10). And 1 more gap." in told(page)


def test_where_nothing_came_it_says_when_something_did_last(page: Site) -> None:
    assert "No mention of acme in 60 min." in told(page)
    assert not page.page("/").values("data-last")
    page.write(*of("acme", 1, minutes=90))
    assert "No mention of acme in 60 min. Last: 11:00." in told(page)
    page.write(*of("acme", 2, minutes=3))
    assert not page.page("/").values("data-last")


def test_an_open_alert_says_since_when_who_was_first_and_what_is_shared_most(page: Site) -> None:
    page.findings.write_alerts([alert()])
    author = Author(id="did:plc:a", handle="ana.example", name="Ana")
    page.write(*of("acme", 1, author=author))
    shown = page.page("/")
    assert "since 12:00, updated 2 min ago" in told(page)
    assert "First: Ana" in shown.text
    (first,) = [each for _, each in shown.elements if "data-started" in each]
    assert first["href"] == f"/m/{public_id('acme0')}"
    assert "Link: a.example" in shown.text


@pytest.mark.parametrize("kept_back", [{}, {"source": "x"}, {"warning": "spoiler"}])
def test_the_first_words_are_quoted_but_never_those_of_x_or_behind_a_warning(
    page: Site, kept_back: dict[str, Any]
) -> None:
    page.findings.write_alerts([alert()])
    page.write(*of("acme", 1, text="It melted. " * 20, **kept_back))
    assert _quoted(page) == ([] if kept_back else [public_id("acme0")])


@pytest.mark.parametrize(
    ("second", "quoted"),
    [
        ({"text": "It burnt."}, {"Most copied:": 1, "Typical:": 2}),
        ({"text": "It burnt.", "warning": "spoiler"}, {"Typical:": 2}),
        ({"text": "It melted."}, {"Typical:": 2}),
    ],
)
def test_an_open_alert_quotes_three_posts_each_with_other_words(
    page: Site, second: dict[str, Any], quoted: dict[str, int]
) -> None:
    roles: tuple[Role, ...] = ("first", "typical", "most_copied", "dissenting")
    samples = [Sample(f"acme{number}", role) for number, role in zip((0, 2, 1, 3), roles, strict=True)]
    page.findings.write_alerts([alert(samples=samples)])
    texts = ({"text": "It melted."}, second, {"text": "It leaks."}, {"text": "I like it."})
    page.write(*(mention(f"acme{number}", **fields) for number, fields in enumerate(texts)))
    assert _quoted(page) == [public_id("acme0"), *(public_id(f"acme{number}") for number in quoted.values())]
    assert all(said in told(page) for said in quoted)


def _quoted(page: Site) -> list[str]:
    return [each["data-quoted"] for tag, each in page.page("/").elements if tag == "q"]


@pytest.mark.parametrize("labels", [None, ["!no-unauthenticated"]])
def test_without_an_author_who_may_be_named_it_says_what_is_shared_most(page: Site, labels: list[str] | None) -> None:
    page.findings.write_alerts([alert(id="plain", why=Why(), samples=[]), alert()])
    if labels:
        page.write(*of("acme", 1, labels=labels, author=Author(id="did:plc:a", name="Ana")))
    shown = page.page("/")
    assert "Link: a.example" in shown.text
    assert "First:" not in shown.text
    assert len(shown.values("data-shared")) == 1


def test_more_open_alerts_than_are_shown_are_counted(page: Site) -> None:
    page.findings.write_alerts([alert(id=f"a{number}") for number in range(5)])
    shown = page.page("/")
    lines = [each for _, each in shown.elements if "data-beyond" in each]
    assert [each["data-beyond"] for each in lines if "hidden" not in each] == ["3"]
    assert "and 2 more open" in shown.text
    assert len(page.page(lines[-1]["href"]).values("data-alert")) == 5
