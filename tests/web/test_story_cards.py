"""One card a story: copies stand behind one mention, and their number leads to all of them."""

from __future__ import annotations

import pytest

from contracts.records import tombstone
from veille.identity import public_id
from veille.story import story_of
from web.site import Html, Site, mention


def copies(page: Html) -> dict[str, int]:
    """By public id, the number that a card tells; 0 where it tells none."""
    cards = [each for tag, each in page.elements if tag == "article"]
    told = [each for tag, each in page.elements if tag == "a" and "data-copies" in each]
    return {
        card["data-id"]: 0 if "hidden" in link else int(link["data-value"])
        for card, link in zip(cards, told, strict=True)
    }


def test_a_story_is_one_card_whose_count_leads_to_all_of_it(page: Site) -> None:
    page.write(*(mention(f"copy{number}", minutes=number + 1) for number in range(5)), mention("alone", minutes=3))
    page.join("copy4", "copy3", "copy2", "copy1", "copy0")
    now = page.page("/")
    assert copies(now) == {public_id("copy0"): 4, public_id("alone"): 0}
    assert "and 4 copies" in now.text
    assert "et 4 copies" in page.page("/?lang=fr").text
    (link,) = [each for tag, each in now.elements if "data-copies" in each and "hidden" not in each]
    assert len(page.page(link["href"]).ids()) == 5


def test_a_campaign_hides_nothing_else(page: Site) -> None:
    page.write(*(mention(f"copy{number}", minutes=1 + number / 100) for number in range(200)))
    page.join(*(f"copy{number}" for number in range(200)))
    page.write(*(mention(f"other{number:02}", minutes=10 + number) for number in range(35)))
    shown = page.page("/")
    assert shown.ids() == [public_id("copy0"), *(public_id(f"other{number:02}") for number in range(29))]
    assert copies(shown)[public_id("copy0")] == 199


def test_live_counts_the_stories_of_what_came_and_those_that_are_asked_for(page: Site) -> None:
    page.write(mention("a", minutes=9), mention("b", minutes=8), mention("old", minutes=7), mention("old2", minutes=6))
    page.join("a", "b")
    page.join("old", "old2")
    asked = {"after": page.page("/").values("data-after")[0], "stories": f"{story_of('old')} {story_of('nobody')}"}
    page.write(mention("c", minutes=1), tombstone("old"))
    page.join("a", "b", "c")
    live = page.page("/live", params=asked)
    counted = {each["data-story"]: int(each["data-value"]) for tag, each in live.elements
               if tag == "li" and "data-story" in each}  # fmt: skip
    assert counted == {story_of("a"): 2, story_of("old"): 0, story_of("nobody"): 0}


@pytest.mark.parametrize("stories", ["' OR 1=1 --", "a" * 5000, " ".join(f"s{number}" for number in range(2000))])
def test_any_stories_may_be_asked_for(page: Site, stories: str) -> None:
    page.write(mention("a"))
    assert page.get("/live", params={"after": "0", "stories": stories}).status_code == 200
