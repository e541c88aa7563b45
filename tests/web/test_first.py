"""The first run: nothing has come yet, and the page says what was read, what matched, and what nobody knows yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from veille.gap import Gap
from veille.reading import Heard, Reading
from veille.settings import BlueskySettings, FeedsSettings, Settings, Watch, watches_hash
from web.site import ACME, NOW, Html, Site, mention, site

READS = Settings(
    path=Path("/etc/acme/veille.yaml"), bluesky=BlueskySettings(), feeds=FeedsSettings(urls=("https://a.example/feed",))
)
WATCHES = (Watch("acme", "brand", '"acme corp" OR @acme', line=11),)


def said(posts: int, seconds: int = 47, *, watches: tuple[Watch, ...] = WATCHES, ago: int = 2, **matched: int) -> Heard:
    at = NOW - timedelta(seconds=ago)
    since = at - timedelta(seconds=seconds)
    return Heard(at, watches_hash(watches), Reading(since, posts, dict(matched)), began=since)


@contextmanager
def first(folder: Path, watches: tuple[Watch, ...] = WATCHES) -> Iterator[Site]:
    with site(folder, watches=watches, base=READS) as page:
        yield page


def text(shown: Html) -> str:
    return " ".join(shown.text.split()).replace(" ,", ",").replace(" .", ".")


def test_what_was_read_and_what_matched_are_told_with_the_query_in_words_and_its_line(tmp_path: Path) -> None:
    with first(tmp_path) as page:
        page.heard = {"bluesky": said(1_180), "feeds": said(1, 65)}
        shown, french = page.page("/"), page.page("/?lang=fr")
    assert shown.one("data-panel", "live")["data-state"] == "empty"
    assert "Reading Bluesky for 47 s: 1,180 posts read, 0 match acme." in text(shown)
    assert "Reading feeds for 1 min: 1 post read, 0 match acme." in text(shown)
    assert "acme: posts that contain “acme corp” or mention @acme (veille.yaml, line 11)" in text(shown)
    assert "Lecture de Bluesky depuis 47 s : 1 180 publications lues, 0 pour acme." in text(french)
    assert "canvas" not in [tag for tag, _ in shown.elements]


def test_a_source_that_has_said_nothing_is_unknown_and_has_no_number(tmp_path: Path) -> None:
    others = (Watch("rival", "competitor", "rival"),)
    with first(tmp_path) as page:
        nothing = page.page("/")
        page.heard = {"bluesky": said(1_180, watches=others, rival=3), "feeds": Heard(NOW)}
        older = page.page("/")
    for shown in (nothing, older):
        assert "Bluesky: not known yet what was read." in text(shown)
        assert "feeds: not known yet what was read." in text(shown)
        assert [each for _, each in shown.elements if "data-source" in each and "data-value" in each] == []
        assert shown.values("data-matched") == []


def test_what_cannot_be_read_now_and_who_has_fallen_silent_is_said(tmp_path: Path) -> None:
    with first(tmp_path) as page:
        page.heard = {"bluesky": said(40, 20), "feeds": said(7, 500, ago=300)}
        page.gaps.append(Gap(id="g", source="bluesky", since=NOW - timedelta(seconds=80), cause="disconnected"))
        shown = page.page("/")
    assert "Not read since 12:29:00: connection lost." in text(shown)
    assert "Reading feeds for 8 min: 7 posts read" in text(shown)
    assert "Nothing was heard of it since 1 Nov 2026, 12:25: its process may have ended." in text(shown)
    assert len(shown.values("data-silent")) == 1


def test_an_hour_of_which_a_minute_was_read_is_neither_calm_nor_complete(tmp_path: Path) -> None:
    with first(tmp_path) as page:
        page.heard = {"bluesky": said(1_180), "feeds": said(9)}
        page.write(mention("a", minutes=0))
        shown = page.page("/")
        assert shown.one("data-panel", "verdict")["data-verdict"] == "unknown"
        assert "Bluesky: read since 1 Nov 2026, 12:29, nothing is known of before." in text(shown)
        assert "Everything was read." not in text(shown)
        assert "bluesky:not_begun" in [
            each["data-gap"] for tag, each in shown.elements if tag == "rect" and "data-gap" in each
        ]
        page.clock.advance(58 * 60)
        shown = page.page("/")
        assert shown.one("data-panel", "verdict")["data-verdict"] == "calm"
        assert "Complete." in text(shown)


def test_a_source_that_an_older_veille_began_is_not_said_to_have_begun_now(tmp_path: Path) -> None:
    with first(tmp_path) as page:
        page.heard = {name: Heard(NOW, watches_hash(WATCHES), Reading(NOW)) for name in ("bluesky", "feeds")}
        page.write(mention("a", minutes=0))
        assert page.page("/").one("data-panel", "verdict")["data-verdict"] == "calm"


def test_what_has_matched_is_said_to_be_on_its_way(tmp_path: Path) -> None:
    with first(tmp_path) as page:
        page.heard = {"bluesky": said(40, acme=1)}
        assert "40 posts read, 1 matches acme. " in text(page.page("/"))
        assert "What matches is on its way here." in text(page.page("/"))


def test_of_many_watches_each_has_the_sum_of_all_sources(tmp_path: Path) -> None:
    many = tuple(Watch(f"w{number}", "market", f"kettle{number}") for number in range(4))
    with first(tmp_path, many) as page:
        page.heard = {"bluesky": said(40, watches=many, w1=2), "feeds": said(5, watches=many, w1=1)}
        shown = page.page("/")
    assert [(each["data-matched"], each["data-value"]) for _, each in shown.elements if "data-matched" in each] == [
        ("w0", "0"), ("w1", "3"), ("w2", "0"), ("w3", "0"),
    ]  # fmt: skip


def test_an_empty_page_hears_how_much_was_read_meanwhile_and_another_one_does_not(tmp_path: Path) -> None:
    with first(tmp_path) as page:
        start = page.page("/").one("id", "list")["data-after"]
        minute = page.page("/").one("id", "hour")["data-minute"]
        asked = f"/live?after={start}&minute={minute.replace('+', '%2B')}"
        page.heard = {"bluesky": said(9)}
        assert page.get(asked).status_code == 204
        assert "9 posts read" in text(page.page(f"{asked}&empty=true"))
        page.write(mention("a"))
        assert "posts read" not in page.get("/").text


def test_without_watches_everything_that_is_read_comes(tmp_path: Path) -> None:
    with first(tmp_path, ()) as page:
        page.heard = {"bluesky": said(9, watches=(), all=9)}
        assert "9 posts read." in text(page.page("/"))
        assert "everything that is read" in text(page.page("/"))


def test_a_watch_of_no_file_has_no_line(tmp_path: Path) -> None:
    with first(tmp_path, (ACME,)) as page:
        assert page.page("/").values("data-line") == []


def test_what_was_asked_before_reading_began_may_have_answers_from_then(tmp_path: Path) -> None:
    with first(tmp_path) as page:
        page.heard = {"bluesky": said(9), "feeds": said(9)}
        shown, french = page.page("/questions"), page.page("/questions?lang=fr")
    assert "Answers from before 12:29 may be missing (Bluesky: not read before)." in shown.text
    assert "Des réponses d’avant 12:29 peuvent manquer (Bluesky" in french.text
    assert "1970" not in shown.text


def test_health_has_the_time_before_reading_began_in_its_lanes(tmp_path: Path) -> None:
    with first(tmp_path) as page:
        page.heard = {"bluesky": said(9), "feeds": said(9)}
        shown = page.page("/health")
    assert shown.values("data-gap").count("bluesky:not_begun") == 2
    assert shown.values("data-lost") == ["2"]
    assert "not read before" in shown.text
    assert "1970" not in shown.text
