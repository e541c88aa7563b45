"""How a post is shown: what its network asks for, and times that can be told apart."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.records import at
from veille.post import Author
from veille.settings import Watch
from web.site import NOW, Site, mention, site


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
