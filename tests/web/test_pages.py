"""What the pages show: sentences first, hooks for machines, and nothing that the archive did not say."""

from __future__ import annotations

import re
import socket
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from contracts.records import at, tombstone
from veille.errors import Misused, VeilleError
from veille.identity import DELETED, public_id, version
from veille.mention import Enrichment, Geo, Language, NamedPlace, Note, Sentiment, SentimentLabel, Tags
from veille.post import Author, Entities, Link, Quoted, Reference, WatchMatch
from veille.settings import KafkaSettings, Settings, Watch, WebSettings, WorldSettings
from veille.sinks.sink import Record
from veille.sinks.sqlite import SqliteArchive
from veille.web import serve
from veille.web.server import listen
from web.site import NOW, Html, Site, mention, site

NO_KAFKA = KafkaSettings(servers=("127.0.0.1:1",))

X_POST: dict[str, Any] = {
    "source": "x",
    "native_id": "1",
    "url": "https://x.com/ana/status/1",
    "text": "Hi @bob, see https://t.co/abc #kettle $ACME",
    "author": Author(id="7", handle="ana", name="Ana", url="https://elsewhere.example"),
    "entities": Entities(links=[Link("https://t.co/abc", "https://shop.example/kettle", "shop.example/kettle")]),
}


def judged(label: SentimentLabel) -> Enrichment:
    return Enrichment(sentiment=Sentiment(label=label, confidence=0.8, model="m1"))


def links(page: Html) -> list[str]:
    return [each["href"] for tag, each in page.elements if tag == "a"]


def test_now_says_how_many_and_shows_the_newest_first(page: Site) -> None:
    page.write(mention("a", minutes=9, found=judged("negative")), mention("b", minutes=1, found=judged("unsure")))
    now = page.page("/")
    assert "2 mentions in 60 minutes" in now.text
    assert now.ids() == [public_id("b"), public_id("a")]
    assert now.one("data-panel", "hour")["data-state"] == "ok"
    assert [each["datetime"] for tag, each in now.elements if tag == "time"][-1] == "2026-11-01T12:21:20+00:00"


def test_the_chart_draws_every_label_unsure_too_and_says_what_still_fills(page: Site) -> None:
    for number, label in enumerate((*get_args(SentimentLabel), "unsure")):
        page.write(mention(f"m{number}", minutes=0, found=judged(label)))
    now = page.page("/")
    ground = {None, "hatch", "hit"}
    drawn = [each["class"] for tag, each in now.elements if tag == "rect" and each.get("class") not in ground]
    assert drawn == ["negative", "unsure", "neutral", "positive", "open-end"]
    bars = [int(each["data-value"]) for tag, each in now.elements if "data-bucket" in each]
    assert (len(bars), sum(bars), bars[-1]) == (60, 5, 5)
    assert "12:30: 5, so far" in now.text
    table = [each for tag, each in now.elements if tag == "td" and "data-value" in each and "title" not in each]
    assert sum(int(each["data-value"]) for each in table) == 5


def test_an_empty_page_says_what_is_read_and_the_queries_in_words(page: Site) -> None:
    now = page.page("/")
    assert now.one("data-panel", "live")["data-state"] == now.one("data-panel", "hour")["data-state"] == "empty"
    assert "No mention yet." in now.text
    assert "posts that contain “acme corp” or mention @acme" in now.text
    assert "0 mentions" not in now.text
    for there in ("/", "/watches", "/watches/acme"):
        said = page.page(f"{there}?lang=fr").text
        assert "les publications qui contiennent «\u00a0acme corp\u00a0» ou mentionnent @acme" in said


def test_a_watch_leads_to_its_mentions(page: Site) -> None:
    tags = Enrichment(tags=Tags(watches=[WatchMatch("acme", ["acme corp"])]))
    page.write(mention("a", found=tags), mention("b", found=tags), mention("c"))
    now = page.page("/")
    link = next(href for href in links(now) if href == "/search?q=watch%3Aacme")
    assert sorted(page.page(link).ids()) == sorted([public_id("a"), public_id("b")])


def test_a_post_of_x_stands_in_its_frame_as_x_wants_it(page: Site) -> None:
    page.write(mention("x:1", found=judged("positive"), **X_POST))
    html = page.get("/").text
    now = Html(html)
    assert "Hi @bob, see shop.example/kettle #kettle $ACME" in now.text
    frame = html[html.index('class="frame"') : html.index('class="strip"')]
    inside = links(Html(frame))
    profile, permalink = "https://x.com/ana", "https://x.com/ana/status/1"
    assert inside.pop(0) == X_POST["url"], "the white space, on touch"
    assert inside == [
        profile, profile, profile, "https://x.com/bob", "https://t.co/abc", "https://x.com/hashtag/kettle",
        "https://x.com/search?q=%24ACME", permalink, permalink,
    ]  # fmt: skip
    assert 'aria-label="X"' in frame
    assert "<button" not in frame
    assert "/m/" not in frame
    assert "elsewhere.example" not in frame
    assert re.search(rf'href="{permalink}"[^>]*><time', frame)


def test_a_repost_names_who_wrote_it_and_who_repeated_it(page: Site) -> None:
    page.write(mention("x:2", kind="repost", ref=Reference(repost_of="1", repost_author="bob"), **X_POST))
    now = page.page("/")
    assert "reposted by Ana" in now.text
    assert next(each["href"] for _, each in now.elements if each.get("class") == "author") == "https://x.com/bob"


def test_links_of_bluesky_go_where_their_author_sent_them(page: Site) -> None:
    sent = Entities(links=[Link("https://shop.example/a/long/path", display="shop.example/a/lo...")])
    page.write(mention("b:1", text="look: shop.example/a/lo... (good)", entities=sent))
    now = page.page("/")
    assert "https://shop.example/a/long/path" in links(now)
    assert not any(href.endswith("lo...") for href in links(now))


def test_the_strip_says_what_was_found_and_how_sure_it_is(page: Site) -> None:
    found = Enrichment(
        sentiment=Sentiment("negative", -0.7, 0.82, "m1"),
        language=Language("fr", 0.9, "detected"),
        geo=Geo(city="Lyon", region="FR-ARA", country="FR", precision="city", by="profile", confidence=0.8),
        tags=Tags(watches=[WatchMatch("acme", ["acme corp", "@acme"])], question=True),
    )
    page.write(mention("m", found=found, media=["image", "image"]))
    html = page.get("/").text
    strip = " ".join(Html(html[html.index('class="strip"') : html.index("</article>")]).text.split())
    for said in (
        "▼ negative",
        "82%",
        "acme",
        "acme corp",
        "@acme",
        "French",
        "Lyon, France (city, from the profile)",
        "? question",
        "image",
    ):
        assert said in strip
    assert strip.count("image") == 1


def test_a_warning_is_shown_before_the_text(page: Site) -> None:
    page.write(mention("a", warning="food"), mention("b", labels=["graphic-media"]))
    now = page.page("/")
    assert sum(tag == "details" and each.get("class") == "warned" for tag, each in now.elements) == 2
    assert "Show: food" in now.text
    assert "Show: graphic-media" in now.text


def test_an_edit_says_so_and_a_long_text_is_there_whole(page: Site) -> None:
    long = "kettle " * 300 + "end."
    page.write(mention("a", op="update", text=long))
    now = page.page("/")
    assert "· edited 12:25" in now.text
    assert long in now.text
    assert "Show all" in now.text


def test_one_mention_tells_why_it_is_here_and_what_was_found(page: Site) -> None:
    found = Enrichment(
        sentiment=Sentiment("unsure", 0.1, 0.4, "m1"),
        places=[NamedPlace("Lyon", 0, 4)],
        tags=Tags(watches=[WatchMatch("acme", ["acme corp"])]),
        notes=[Note("geo", "ValueError")],
    )
    page.write(mention("m", found=found, quoted=Quoted("what they said", Author(name="Bo"))))
    one = page.page(f"/m/{public_id('m')}")
    for said in (
        "Why it is here",
        '"acme corp" OR @acme',
        "posts that contain “acme corp”",
        "unsure",
        "40%",
        "Lyon",
        "Could not be found: ValueError",
        "what they said",
        "Bo",
    ):
        assert said in one.text
    assert one.ids() == [public_id("m")]


def test_what_was_removed_is_410_without_a_word_of_it_and_what_never_was_404(page: Site) -> None:
    page.write(mention("m", text="secret kettle"))
    page.write(tombstone("m"))
    answer = page.get(f"/m/{public_id('m')}")
    assert (answer.status_code, "secret" in answer.text) == (410, False)
    assert "removed by its author or network" in answer.text
    page.write(Record("m", version(NOW - timedelta(minutes=20), NOW, DELETED), None, "x"))
    gone = page.page(f"/m/{public_id('m')}")
    assert gone.values("datetime") == ["2026-11-01T12:10:20+00:00"]
    assert "removed by its author or network, 1 Nov 2026, 12:10." in gone.text
    assert page.get("/m/nothing").status_code == page.get("/nothing").status_code == 404
    assert "There is no such page." in page.get("/nothing").text


def test_a_screen_that_is_asked_otherwise_says_how_it_may_be_asked(page: Site) -> None:
    for path, methods in (("/", "GET, HEAD"), ("/search", "GET, HEAD"), ("/healthz", "GET, HEAD")):
        refused = page.session.post(page.url + path, timeout=30)
        assert (refused.status_code, refused.headers.get("Allow")) == (405, methods)


def test_live_gives_what_came_what_changed_and_what_went(page: Site) -> None:
    page.write(mention("a"), mention("b"), mention("c"))
    before = page.page("/")
    after, minute = before.values("data-after")[0], before.values("data-minute")[0]
    assert page.get("/live", params={"after": after, "minute": minute}).status_code == 204
    page.write(mention("d", minutes=1), tombstone("a"), mention("b", version=at(3), op="update", text="mended kettle"))
    page.write(mention("c", version=at(3), visibility="hidden"))
    live = page.page("/live", params={"after": after, "minute": minute})
    assert live.ids() == [public_id("d"), public_id("b")]
    assert "mended kettle" in live.text
    gone = [each["data-id"] for tag, each in live.elements if tag == "li" and "data-id" in each]
    assert sorted(gone) == sorted([public_id("a"), public_id("c")])
    assert (
        page.get("/live", params={"after": live.one("id", "live")["data-after"], "minute": minute}).status_code == 204
    )


def test_live_answers_when_a_minute_has_passed_though_nothing_came(page: Site) -> None:
    before = page.page("/")
    asked = {"after": before.values("data-after")[0], "minute": before.values("data-minute")[0]}
    page.clock.advance(60)
    assert page.get("/live", params=asked).status_code == 200


def test_live_of_much_says_that_there_is_more(page: Site) -> None:
    page.write(*(mention(f"m{number}") for number in range(250)))
    first = page.page("/live?after=0")
    assert len(first.ids()) == 200
    assert "data-more" in first.one("id", "live")
    second = page.page("/live", params={"after": first.one("id", "live")["data-after"]})
    assert len(second.ids()) == 50
    assert "data-more" not in second.one("id", "live")


def test_a_search_says_how_many_in_which_words_and_goes_on(page: Site) -> None:
    page.write(*(mention(f"m{number:02}", minutes=number) for number in range(60)), mention("other", text="tea"))
    first = page.page("/search?q=acme&last=7d")
    assert first.one("data-panel", "results")["data-state"] == "ok"
    assert "60 mentions" in first.text
    assert "posts that contain “acme”" in first.text
    page.write(mention("late", minutes=0))
    second = page.page("/search" + next(each["href"] for _, each in first.elements if each.get("rel") == "next"))
    assert first.ids() + second.ids() == [public_id(f"m{number:02}") for number in range(60)]
    assert second.one("data-scope", "last=7d")["aria-current"] == "true"


def test_a_search_without_a_hit_offers_a_wider_one(page: Site) -> None:
    page.write(mention("old", minutes=60 * 24 * 20))
    found = page.page("/search?q=acme")
    assert found.one("data-panel", "results")["data-state"] == "empty"
    assert "No mention matches." in found.text
    wider = next(href for href in links(found) if "30d" in href)
    assert page.page("/search" + wider).ids() == [public_id("old")]


def test_a_bad_query_is_shown_with_a_caret_under_its_fault(page: Site) -> None:
    answer = page.get("/search", params={"q": "acme OR (bouil"})
    assert answer.status_code == 400
    found = Html(answer.text)
    assert found.one("id", "fault")["data-at"] == "8"
    assert "acme OR (bouil\n        ^" in found.text
    assert "This bracket is never closed." in found.text
    assert "Add a )." in found.text
    assert found.one("id", "q")["value"] == "acme OR (bouil"
    assert found.values("data-value") == []
    french = page.page("/search?q=acme+OR+(bouil&lang=fr")
    assert "Cette parenthèse n’est jamais fermée." in french.text
    assert {"lang": "fr"} in [each for tag, each in french.elements if tag == "p"]


@pytest.mark.parametrize("path", ["/search?after=nonsense", "/live?after=nonsense", "/live"])
def test_a_position_that_was_never_given_is_400(page: Site, path: str) -> None:
    assert page.get(path).status_code == 400


def test_without_an_archive_there_is_the_shell_and_no_number(tmp_path: Path) -> None:
    with site(tmp_path, archive=SqliteArchive(tmp_path / "not there")) as page:
        for path in ("/", "/search", "/m/x", "/live?after=0"):
            answer = page.get(path)
            assert answer.status_code == 503
            shell = Html(answer.text)
            assert "The archive does not answer." in shell.text
            assert shell.values("data-value") == []
            assert shell.values("data-as-of") == []


def test_an_archive_that_goes_away_is_said_with_the_time_of_its_last_answer(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    path = tmp_path / "veille.db"
    archive = SqliteArchive(path)
    with site(tmp_path, archive=archive) as page:
        assert page.get("/").status_code == 200
        page.clock.advance(60)
        archive.close()
        for each in tmp_path.glob("veille.db*"):
            each.rename(tmp_path / "other" / each.name)
        answer = page.get("/")
        assert answer.status_code == 503
        assert "The archive does not answer since 12:30:20." in answer.text


def test_an_archive_that_cannot_be_read_is_said_without_a_number(tmp_path: Path) -> None:
    with site(tmp_path) as page:
        page.write(mention("m"))
        connection = sqlite3.connect(tmp_path / "veille.db")
        connection.execute("UPDATE documents SET mention = '{}'")
        connection.commit()
        connection.close()
        answer = page.get("/")
        assert answer.status_code == page.get("/api/v1/mentions").status_code == 500
        assert "The archive cannot be read." in answer.text
        assert Html(answer.text).values("data-value") == []


def test_a_file_that_is_no_archive_and_an_open_door_are_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "veille.db").write_text("no archive")
    with pytest.raises(VeilleError, match="archive"):
        serve(Settings(data=tmp_path, web=WebSettings(port=0)), NO_KAFKA)
    with pytest.raises(Misused, match="VEILLE_WEB_TOKEN"):
        serve(Settings(data=tmp_path, web=WebSettings(host="0.0.0.0", port=0)), NO_KAFKA)


def test_no_answer_waits_for_the_client_to_acknowledge_its_head() -> None:
    """Without TCP_NODELAY, which asyncio sets on sockets of its own alone, each answer on a kept connection does."""
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_simulation_says_so_on_every_page(tmp_path: Path) -> None:
    with site(tmp_path, world=WorldSettings()) as page:
        for path in ("/", "/search?q=(", "/m/x", "/nothing"):
            assert "Simulated: every post here is invented." in page.page(path).text


def test_french_is_chosen_by_the_browser_the_address_and_then_remembered(page: Site) -> None:
    assert "Aucune mention en 60 minutes" in page.page("/", headers={"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.8"}).text
    assert page.page("/").one("data-theme", "auto")["lang"] == "en"
    assert "Aucune mention" in page.page("/?lang=fr").text
    assert "Aucune mention" in page.page("/").text
    assert page.page("/?theme=dark").one("data-theme", "dark")["lang"] == "fr"


def test_times_are_in_the_one_zone_of_the_settings(tmp_path: Path) -> None:
    with site(tmp_path, zone="Europe/Paris", watches=(Watch("acme", "brand", "acme"),)) as page:
        page.write(mention("m", minutes=60 * 20))
        now = page.page("/", headers={"Accept-Language": "fr"})
        assert "31 oct. 2026, 17:30" in now.text
        assert "Heures\u00a0: Europe/Paris" in now.text
        assert "Données à 13:30:20" in now.text
