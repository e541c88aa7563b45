"""What is told of a query while it is typed: the same as when it is sent, without a search, whatever stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from overheard import Overheard
from veille.query import parse, x_rule
from veille.sinks.sqlite import SqliteArchive
from web.hostile import TEXTS
from web.site import Html, Site, site

SEVERAL = " OR ".join(f"été{number:03}" for number in range(80))
LONG = " ".join(f"été{number:03}" for number in range(100))
QUERIES = (
    "", "  ", "acme corp", '"acme corp" OR @acme -is:retweet', "sentiment:negative lang:fr", "acme sample:10", "été",
    "@ana@social.example", "a or b", "acme -acme", "acme OR (bouil", "fro:acme", "acme OR", ")", "kettle " * 200,
    SEVERAL, LONG, *TEXTS,
)  # fmt: skip
LIMIT = 4096


def fragment(page: Site, q: str, language: str = "en") -> str:
    """The answer, which is one element."""
    answer = page.get("/search/typed", params={"q": q}, headers={"Accept-Language": language})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith('<div id="typed" role="status">')
    assert answer.text.endswith("</div>")
    return answer.text


def told(page: Site, q: str, language: str = "en") -> Html:
    return Html(fragment(page, q, language))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_is_what_the_page_says_when_the_query_is_sent(page: Site, language: str) -> None:
    for q in QUERIES:
        sent = page.get("/search", params={"q": q}, headers={"Accept-Language": language})
        said = fragment(page, q, language)
        assert said in sent.text, q
        assert sent.status_code == (400 if "data-at=" in said else 200), q


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "posts that contain “kettle” or mention @acme"),
        ("fr", "les publications qui contiennent «\u00a0kettle\u00a0» ou mentionnent @acme"),
    ],
)
def test_a_query_is_told_in_words(page: Site, language: str, words: str) -> None:
    said = told(page, "kettle OR @acme", language)
    assert words in said.text
    assert said.values("data-at") == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Character 6", "There is no operator fro:.", "Nearest: from:."]),
        ("fr", ["Caractère 6", "Il n’y a pas d’opérateur fro:.", "Le plus proche\u00a0: from:."]),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_would_do(page: Site, language: str, words: list[str]) -> None:
    said = told(page, "acme fro:ana", language)
    assert said.values("data-at") == ["5"]
    assert "acme fro:ana\n     ^" in said.text
    place, *sentences = words
    assert said.values("aria-label") == [place]
    assert [each for each in sentences if each not in said.text] == []
    assert said.values("data-words") == said.values("data-x-rule") == []


@pytest.mark.parametrize(
    ("q", "shown"),
    [
        ("kettle " * 9 + "(tea " + "kettle " * 99, f"…{('kettle ' * 9)[-28:]}(tea {'kettle ' * 7}kettle…\n{' ' * 29}^"),
        ("東京 (", "東京 (\n\u3000\u3000 ^"),
        ("e\u0301te\u0301 (", "e\u0301te\u0301 (\n    ^"),
        ("a\tb\0 (", "a b  (\n     ^"),
    ],
)
def test_the_caret_stands_under_its_character_whatever_stands_before_it(page: Site, q: str, shown: str) -> None:
    assert shown in told(page, q).text


def test_as_a_rule_of_x_it_is_told_how_long_it_would_be(page: Site) -> None:
    for q, rules in (("été -is:retweet", 1), (SEVERAL, 2)):
        lengths = [len(each) for each in x_rule(parse(q))]
        assert len(lengths) == rules
        said = told(page, q)
        assert said.values("data-x-rule") == [" ".join(map(str, lengths))]
        assert f"{max(lengths):,} of 1,024 characters." in said.text
    assert f"{len(x_rule(parse('été'))[0])} caractères sur 1\u202f024" in told(page, "été", "fr").text


@pytest.mark.parametrize(
    ("q", "english", "french"),
    [
        (
            "tea sentiment:negative",
            "X takes no rule of it: sentiment: works in searches; a watch sees posts as they come.",
            "X n’en accepte aucune règle\u00a0: sentiment: sert aux recherches\u00a0; une veille voit",
        ),
        (LONG, "it is longer than 1,024 characters, and has no OR", "elle dépasse 1\u202f024 caractères"),
        ("@ana@social.example", "No post of X can match it.", "Aucune publication de X ne peut y correspondre."),
        ("tea sample:10", "On X’s stream only, not in its search: sample:.", "pas dans sa recherche\u00a0: sample:."),
    ],
)
def test_what_x_does_not_take_is_told_with_the_reason(page: Site, q: str, english: str, french: str) -> None:
    assert english in told(page, q).text
    assert french in told(page, q, "fr").text


@pytest.mark.parametrize(
    ("q", "english", "french"),
    [
        (
            "tea or ale",
            "or is searched as a word; OR in capitals",
            "or est cherché comme un mot\u00a0; OR en capitales",
        ),
        ("C++", "Signs do not count: C++ is searched as c.", "Les signes ne comptent pas\u00a0: C++ est cherché"),
        ("tea -tea", "tea and -tea exclude each other", "tea et -tea s’excluent"),
    ],
)
def test_what_is_worth_knowing_is_told(page: Site, q: str, english: str, french: str) -> None:
    assert english in told(page, q).text
    assert french in told(page, q, "fr").text


def test_of_a_very_long_query_no_more_is_said_than_that(page: Site) -> None:
    for length in (LIMIT + 1, 9_000):
        html = fragment(page, "é" * length)
        assert Html(html).values("data-at") == [str(LIMIT)]
        assert f"The rule has {length:,} characters; 4,096 are taken." in html
        assert len(html) < 1_000
    assert Html(fragment(page, "é" * LIMIT)).values("data-at") == []


class Asked:
    """An archive, and what it was asked."""

    def __init__(self, archive: SqliteArchive) -> None:
        self.asked: list[str] = []
        self._archive = archive

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self._archive, name)


def test_nothing_is_searched_for_it(tmp_path: Path) -> None:
    archive: Any = Asked(SqliteArchive(tmp_path / "veille.db"))
    with site(tmp_path, archive=archive) as page:
        archive.asked.clear()
        for q in QUERIES:
            fragment(page, q)
        assert archive.asked == []
        page.get("/search?q=acme")
        assert "search" in archive.asked


def test_nothing_of_it_is_logged(page: Site, overheard: Overheard) -> None:
    for q in ("bouilloire", "bouilloire (", "bouilloire " * 500):
        page.get("/search/typed", params={"q": q})
    page.get("/search/typed/bouilloire")
    overheard.nothing_of("bouilloire")


def test_who_asks_too_often_waits(tmp_path: Path) -> None:
    with site(tmp_path, token="sesame", requests_a_minute=5) as page:
        headers = {"Authorization": "Bearer sesame"}
        codes = [page.get("/search/typed?q=acme", headers=headers).status_code for _ in range(6)]
        assert codes == [200] * 5 + [429]
