"""How a post is shown: what its network asks for, and times that can be told apart."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from contracts.records import at
from veille.post import Author
from veille.settings import Watch
from web.site import NOW, Site, mention, site
from web.test_browser import rich
from web.test_pages import X_POST


@pytest.mark.parametrize(
    ("handle", "profile"),
    [
        ("ana@social.example", "https://social.example/@ana"),
        ("ana@social.example:8443", "https://social.example:8443/@ana"),
        ("ana", None),
        ("ana@evil.example/x?", None),
        ('ana@"><script>', None),
    ],
)
def test_name_and_tags_of_mastodon_lead_to_where_they_live(page: Site, handle: str, profile: str | None) -> None:
    author = Author(id="https://social.example/users/ana", handle=handle, name="Ana")
    page.write(mention("m", source="mastodon", instance="social.example", author=author, text="a #kettle"))
    links = [each.get("href") for tag, each in page.page("/").elements if tag == "a"]
    assert (profile in links) == (profile is not None)
    assert "https://social.example/tags/kettle" in links
    assert not [link for link in links if link and "evil" in link]


def test_an_edit_of_another_day_says_which_and_every_stamp_names_its_zone(page: Site) -> None:
    page.write(
        mention("now", version=at(3), op="update", received_at=NOW - timedelta(minutes=3)),
        mention("then", version=at(3), minutes=3000, op="update", received_at=NOW - timedelta(days=2)),
    )
    shown = page.page("/search?last=7d")
    assert "edited 12:27" in shown.text
    assert "edited 30 Oct 2026, 12:30" in shown.text
    assert "1 Nov 2026, 12:25, UTC" in shown.values("title")


def test_warnings_of_a_watch_are_in_the_readers_language(tmp_path: Path) -> None:
    with site(tmp_path, watches=(Watch("loud", "brand", "a"),)) as page:
        english, french = page.page("/watches/loud?lang=en"), page.page("/watches/loud?lang=fr")
        assert "data-warnings" in page.get("/watches/loud").text
        assert {"lang": "en"} in [each for tag, each in english.elements if tag == "li"]
        assert {"lang": "fr"} in [each for tag, each in french.elements if tag == "li"]


def test_a_term_and_a_place_on_a_card_narrow_the_search_that_found_it(page: Site) -> None:
    page.write(rich("m", text="acme corp or tea"))
    found = page.page("/search?q=tea+OR+acme&last=7d")
    links = [each["href"] for tag, each in found.elements if tag == "a" and each.get("class") == "term"]
    assert [parse_qs(link[1:])["q"] for link in links] == [
        ["(tea OR acme) acme corp"], ["(tea OR acme) @acme"], ["(tea OR acme) country:FR"]
    ]  # fmt: skip
    assert {link.split("?")[0] for link in links} == {""}
    assert all("last=7d" in link for link in links)
    alone = [each["href"] for tag, each in page.page("/").elements if tag == "a" and each.get("class") == "term"]
    assert alone == ["/search?q=acme+corp", "/search?q=%40acme", "/search?q=country%3AFR"]


def test_who_talks_about_it_can_be_read_beyond_the_first_ten(page: Site) -> None:
    authors = [Author(id=f"did:plc:{number:02}", handle=f"a{number:02}") for number in range(30)]
    page.write(*(mention(f"{n}-{k}", author=each) for n, each in enumerate(authors) for k in range(1 + n // 10)))
    first = page.page("/search?q=acme&last=7d")
    few = [each for _, each in first.elements if each.get("data-facet") == "author"]
    assert len(few) == 10
    every = page.page("/search?q=acme&last=7d&facet=author&find=*")
    many = [each for _, each in every.elements if each.get("data-facet") == "author"]
    assert len(many) == 30
    assert [int(each["data-value"]) for each in many] == [3] * 10 + [2] * 10 + [1] * 10
    assert "@a00" in every.text


def test_on_touch_the_white_space_of_a_post_of_x_leads_to_it_and_of_others_nowhere(page: Site) -> None:
    page.write(mention("x", **X_POST), mention("b"))
    over = [each for tag, each in page.page("/").elements if each.get("class") == "over"]
    assert [(each["href"], each["tabindex"]) for each in over] == [(X_POST["url"], "-1")]
