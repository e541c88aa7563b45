"""What the search page shows of what it found: stories, days, values that are sought, the map."""

from __future__ import annotations

import json
from importlib.resources import files
from urllib.parse import parse_qs, urlsplit

from veille.gap import Gap
from veille.identity import public_id
from veille.mention import Enriched, Enrichment, Geo, NamedPlace, Tags
from veille.web import make_world
from web.site import NOW, Html, Site, mention


def campaign(page: Site) -> None:
    """Three copies around two others."""
    page.write(*(mention(name, minutes=at, text="acme") for name, at in zip("abcde", (9, 7, 5, 3, 1), strict=True)))
    page.join("a", "c", "d")


def rests(html: Html) -> dict[int, str]:
    """Addresses of the rest of each story, by how many there are."""
    return {int(each["data-rest"]): each["href"] for _, each in html.elements if "data-rest" in each}


def named(html: Html, attribute: str) -> list[str]:
    return html.values(attribute)


def test_a_story_has_one_card_and_the_rest_behind_a_link(page: Site) -> None:
    campaign(page)
    html = page.page("/search?q=acme&last=7d")
    assert html.ids() == [public_id(name) for name in "edb"]
    assert (html.one("data-stories", "3")["title"], "5 mentions" in html.text, "3 stories" in html.text) == (
        "3",
        True,
        True,
    )
    (rest,) = rests(html).items()
    assert (rest[0], "and 2 copies" in html.text) == (2, True)
    assert page.page(f"/search{rest[1]}").ids() == [public_id(name) for name in "dca"]
    assert page.page("/search?q=acme&last=7d&group=mention").ids() == [public_id(name) for name in "edcba"]


def test_the_most_copied_come_first_and_only_copies_that_match_count(page: Site) -> None:
    campaign(page)
    page.write(mention("f", minutes=2, text="tea"))
    page.join("a", "f")
    html = page.page("/search?q=acme&order=copied&group=mention")
    assert html.ids() == [public_id(name) for name in "deb"]
    assert list(rests(html)) == [2]
    assert "most copied" in html.text


def test_the_api_folds_where_it_is_asked_to(page: Site) -> None:
    campaign(page)
    found = page.json("/api/v1/search", params={"q": "acme", "group": "story"})
    told = [(each["mention"]["doc_id"], each["copies"]) for each in found["hits"]]
    assert (found["total"], found["stories"], told) == (5, 3, [("e", 0), ("d", 2), ("b", 0)])
    plain = page.json("/api/v1/search", params={"q": "acme"})
    assert (plain["stories"], {each["copies"] for each in plain["hits"]}) == (None, {None})


def test_pages_of_stories_go_both_ways(page: Site) -> None:
    page.write(*(mention(f"m{number:03}", minutes=number, text="acme") for number in range(160)))
    page.join(*(f"m{number:03}" for number in range(0, 160, 2)))
    first = page.page("/search?q=acme&last=7d")
    shown = ["m000", *(f"m{number:03}" for number in range(1, 160, 2))]
    assert first.ids() == [public_id(name) for name in shown[:50]]
    forward = next(each["href"] for _, each in first.elements if each.get("rel") == "next")
    second = page.page("/search" + forward)
    assert second.ids() == [public_id(name) for name in shown[50:]]
    back = next(each["href"] for _, each in second.elements if each.get("rel") == "prev")
    assert page.page("/search" + back).ids() == first.ids()


def test_one_can_go_to_a_day(page: Site) -> None:
    page.write(*(mention(f"d{day}", minutes=60 * 24 * day + 60, text="acme") for day in range(5)))
    html = page.page("/search?q=acme&last=7d&day=2026-10-30")
    assert html.ids() == [public_id(f"d{day}") for day in (2, 3, 4)]
    assert page.page("/search?q=acme&last=7d&day=2026-10-30&order=oldest").ids() == [
        public_id(f"d{day}") for day in (2, 1, 0)
    ]
    (newer,) = [each["href"] for _, each in html.elements if each.get("rel") == "prev"]
    assert page.page(f"/search{newer}").ids() == [public_id("d0"), public_id("d1")]
    assert page.get("/search?day=someday").status_code == 400


def test_the_head_says_which_time_it_is_and_what_was_missed(page: Site) -> None:
    campaign(page)
    page.gaps += [
        Gap(id=f"x:{ago}", source="x", since=NOW.replace(minute=ago), until=NOW.replace(minute=ago + 2), cause="budget")
        for ago in (3, 9)
    ]
    html = page.page("/search?since=2026-11-01T12:00&until=2026-11-01T12:30")
    (gaps,) = [each for _, each in html.elements if "data-gaps" in each and each.get("href")]
    assert (gaps["data-gaps"], gaps["data-minutes"]) == ("2", "4")
    assert "1 Nov 2026, 12:00 – 1 Nov 2026, 12:30" in html.text


def test_values_are_sought_among_all_without_a_script(page: Site) -> None:
    tags = [f"tag{number:02}" for number in range(30)]
    page.write(
        *(
            mention(tag, text="acme", found=Enrichment(tags=Tags(hashtags=[tag, "the"]), enriched=Enriched(1, NOW)))
            for tag in tags
        )
    )
    html = page.page("/search?q=acme&last=7d")
    assert "and 21 others" in html.text
    assert named(page.page("/search?q=acme&last=7d&facet=hashtag&find=G2"), "data-of").count("tag29") == 1
    held = page.page("/search?q=acme&last=7d&facet=hashtag&find=g27")
    assert [each["data-of"] for _, each in held.elements if each.get("data-facet") == "hashtag"] == ["tag27"]
    none = page.page("/search?q=acme&facet=hashtag&find=nothing")
    assert "No value has this." in none.text


def test_countries_are_sought_by_name_and_authors_by_handle(page: Site) -> None:
    page.write(mention("a", text="acme", found=Enrichment(geo=Geo(country="DE"))))
    page.write(mention("b", text="acme", found=Enrichment(geo=Geo(country="FR"))))
    for name in ("Allemagne", "german", "de"):
        html = page.page("/search", params={"facet": "country", "find": name})
        assert [each["data-of"] for _, each in html.elements if each.get("data-facet") == "country"] == ["DE"], name
    for name in ("ana", "(", '"', "x" * 5000, "é\0", "-"):
        assert page.get("/search", params={"facet": "author", "find": name}).status_code == 200
    part = page.page("/search", params={"facet": "author", "find": "na.exam"})
    assert "No author has this as their handle, or as a word of their name." in part.text


def placed(page: Site) -> None:
    geo = [Geo(country="FR", region="FR-IDF", by="profile")] * 6 + [Geo(country="FR", region="FR-BRE", by="place")] * 2
    geo += [Geo(country="FR", by="profile")] * 3 + [Geo(country="MT", by="profile")] * 4 + [Geo()] * 5
    spoken = [NamedPlace("Paris", 0, 1, "FR", (2.35, 48.85))] * 7 + [NamedPlace("Lyon", 0, 1, "FR", (4.85, 45.75))] * 2
    page.write(
        *(
            mention(f"m{number}", text="acme", found=Enrichment(geo=where, places=spoken[number : number + 1]))
            for number, where in enumerate(geo)
        )
    )


def spots(html: Html) -> dict[str, int]:
    return {each["data-spot"]: int(each["data-value"]) for _, each in html.elements if "data-spot" in each}


def test_the_map_has_two_layers_and_folds_what_is_rare(page: Site) -> None:
    placed(page)
    html = page.page("/search?q=acme&view=map")
    assert spots(html) == {"FR-IDF": 6, "FR": 5, "FR/48.85/2.35": 7}
    assert named(html, "data-located") == ["15", "9"]
    assert named(html, "data-other") == ["4", "2"]
    text = " ".join(html.text.split())
    for said in (
        "15 of 20 have a place (75%)",
        "Paris, France",
        "Île-de-France, France",
        "France, elsewhere",
        "from the profile: 13",
    ):
        assert said in text, said
    assert html.values("cx")[2] == "2.35"
    assert html.ids() == []


def test_how_a_place_is_known_stands_beside_each_only_where_it_differs(page: Site) -> None:
    page.write(
        *(mention(f"p{n}", text="acme", found=Enrichment(geo=Geo(country="FR", by="profile"))) for n in range(6))
    )
    alike = page.page("/search?q=acme&view=map").text
    assert "from the profile: 6" in alike
    assert "How it is known" not in alike
    page.write(*(mention(f"c{n}", text="acme", found=Enrichment(geo=Geo(country="DE", by="place"))) for n in range(5)))
    different = page.page("/search?q=acme&view=map").text
    assert "How it is known" in different
    assert different.count("from the post’s place: 5") == 2


def test_each_place_of_the_map_leads_to_its_mentions(page: Site) -> None:
    placed(page)
    html = page.page("/search?q=acme&view=map")
    asked = [parse_qs(urlsplit(each["href"]).query).get("q", [""])[0] for _, each in html.elements if "href" in each]
    for query, count in {
        "acme region:FR-IDF": 6,
        "acme country:FR -region:FR-IDF": 5,
        "acme about:FR/48.85/2.35": 7,
    }.items():
        assert query in asked
        assert page.json("/api/v1/mentions", params={"q": query})["total"] == count


def test_the_outline_is_what_its_source_says() -> None:
    source = files("veille.sinks.elasticsearch.kibana") / "outlines.json"
    assert make_world.TARGET.read_text("utf-8") == make_world.made(json.loads(source.read_text("utf-8")))
