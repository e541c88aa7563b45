"""The page of one mention: why it is here, what it answers, its copies, and putting it right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from contracts.questions import ANA, BEN, at_uri
from contracts.records import tombstone
from veille.identity import bluesky_doc_id, public_id
from veille.mention import Enrichment, NamedPlace, Note, Sentiment, Tags, Towards
from veille.post import Author, WatchMatch
from veille.processors import ENRICHMENTS
from veille.processors.pipeline import step_name
from veille.words import speaker
from web.site import Html, Site, mention, site
from web.test_questions import ago

TEXT = "Does Acme Corp deliver? The acme corp page says nothing #tea"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        yield made


def shown(page: Site, name: str, more: str = "") -> Html:
    return page.page(f"/m/{public_id(name)}{more}")


def found(*spans: tuple[int, int], **more: object) -> Enrichment:
    """What is found in TEXT."""
    tags = Tags(watches=[WatchMatch("acme", ["acme corp"], list(spans))], question=True, hashtags=["tea"])
    return msgspec.structs.replace(Enrichment(tags=tags), **more)


def test_what_matched_is_told_to_be_painted_and_no_text_is_written_into(page: Site) -> None:
    spans = found((5, 14), (28, 37), (30, 40))
    page.write(
        mention("m", text=TEXT, found=spans),
        mention("x", text=TEXT, found=spans, source="x", author=Author(id="7", handle="ana")),
    )
    for name in ("m", "x"):
        text = page.get(f"/m/{public_id(name)}").text
        assert "<mark>" not in text
        frame = text.partition('class="frame"')[2].partition('class="strip"')[0]
        assert 'data-marks="5-14 28-40 "' in frame, "two that overlap are one"
        assert "/static/found.js" in text
        assert "hidden" in shown(page, name).one("id", "paint"), "until there is JavaScript"


def test_a_place_that_is_named_twice_is_told_once(page: Site) -> None:
    places = [NamedPlace("Aube", 0, 4), NamedPlace("Lyon", 6, 10), NamedPlace("Aube", 12, 16)]
    page.write(mention("m", text="Aube, Lyon, Aube", found=found(places=places)))
    row = shown(page, "m").text.split("Places named")[1].split("\n", 1)[0]
    assert row.split()[:2] == ["Aube,", "Lyon"]
    assert row.count("Aube") == 1


def test_where_no_watch_matched_in_the_text_there_is_nothing_to_show(page: Site) -> None:
    page.write(mention("m", text=TEXT, found=found()))
    assert "/static/found.js" not in page.get(f"/m/{public_id('m')}").text
    assert "paint" not in shown(page, "m").values("id")


def test_it_says_why_it_is_here_also_of_what_only_answers_and_of_watches_that_are_gone(page: Site) -> None:
    gone = Tags(watches=[WatchMatch("acme", ["acme corp"]), WatchMatch("old", followed=True)])
    page.write(mention("m", found=Enrichment(tags=gone)))
    text = " ".join(shown(page, "m").text.split())
    assert '"acme corp" OR @acme' in text
    assert "No longer watched." in text
    assert "it answers a mention, in a conversation that is followed" in text
    assert "/watches/acme" in shown(page, "m").values("href")


def test_the_table_holds_what_was_found_towards_each_watch_too(page: Site) -> None:
    sentiment = Sentiment(
        "negative", -0.6, 0.8, "m1", [Towards("acme", "negative", -0.5), Towards("rival", "neutral", 0)]
    )
    page.write(mention("m", text=TEXT, found=found(sentiment=sentiment)))
    made = shown(page, "m")
    assert made.values("data-towards") == ["acme", "rival"]
    assert "/search?q=%23tea" in made.values("href")


def test_it_shows_what_it_answers_and_the_answers_of_others(page: Site) -> None:
    did, key = "did:plc:Case", "q"
    asked = bluesky_doc_id(did, key)
    page.write(
        ago(asked, ANA, 50, text="who asks?", uri=at_uri(key), native_id=key),
        ago("one", BEN, 40, to=key, text="an answer"),
        ago("own", ANA, 35, to=key, text="thanks"),
        ago("lost", BEN, 30, to="nowhere"),
    )
    question, answer, lost = shown(page, asked), shown(page, "one"), shown(page, "lost")
    assert question.ids() == [public_id(asked), public_id("one")]
    assert "1 answer seen" in question.text
    assert answer.ids() == [public_id("one"), public_id(asked)]
    assert "It answers a post that is not held here." in lost.text


def test_a_hidden_or_deleted_post_shows_in_no_conversation(page: Site) -> None:
    asked = bluesky_doc_id("did:plc:Case", "q")
    page.write(
        ago(asked, ANA, 50, uri=at_uri("q"), native_id="q", labels=["!hide"], text="never shown"),
        ago("one", BEN, 40, to="q"),
        ago("two", BEN, 30, to="one", text="taken back"),
    )
    page.write(tombstone("two"))
    made = shown(page, "one")
    assert made.ids() == [public_id("one")]
    assert "never shown" not in made.text
    assert "taken back" not in made.text


def test_its_copies_are_counted_over_time_from_the_first(page: Site) -> None:
    page.write(*(mention(f"m{n}", minutes=60 - n * 10) for n in range(4)), mention("alone"))
    page.join(*(f"m{n}" for n in range(4)))
    later, first, alone = shown(page, "m2"), shown(page, "m0"), shown(page, "alone")
    assert "4 mentions tell the same, the first 1 Nov 2026, 11:30." in later.text
    assert f"/m/{public_id('m0')}" in later.values("href")
    assert "This is the first that was seen." in first.text
    counted = [int(each["data-value"]) for tag, each in later.elements if "data-bucket" in each]
    assert sum(counted) == 4
    assert "No copy of it was seen." in alone.text


def test_a_deleted_mention_is_gone_and_one_that_never_was_is_not_known(page: Site) -> None:
    page.write(mention("m", text="secret"), mention("w", withheld=["FR"], text="secret"))
    page.write(tombstone("m"))
    for name, code in (("m", 410), ("w", 410), ("never", 404)):
        answer = page.get(f"/m/{public_id(name)}")
        assert (answer.status_code, "secret" in answer.text) == (code, False)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_step_that_failed_is_named_in_words_and_its_error_as_it_is_called(page: Site, language: str) -> None:
    steps = [*map(step_name, ENRICHMENTS), "transformer"]
    notes = [*(Note(step, "ValueError") for step in steps), Note("of a later veille", "Odd")]
    page.write(mention("m", found=Enrichment(notes=notes)))
    text = shown(page, "m", f"?lang={language}").text
    for step in steps:
        assert speaker(language)(f"enriches_{step}") in text
    assert text.count(speaker(language)("step_failed", error="`").partition("`")[0]) == len(notes)
    assert ("of a later veille" in text, text.count("ValueError")) == (True, len(steps))
