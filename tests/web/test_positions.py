"""Pages of a list whose question names a time ago: all of them are as of the first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urljoin

import pytest

from veille.archive import Page
from veille.errors import Misused
from veille.identity import public_id
from veille.post import Author
from veille.web.positions import SEPARATOR, dated, place
from web.site import NOW, Html, Site, mention

HOURS = timedelta(hours=5)
LAST = ["m0", *(f"m{number}" for number in range(100, 219))]
"""All within the last day at NOW, and all but the first no longer when HOURS have passed."""


def fill(page: Site) -> None:
    """The newest first, as they are in LAST; one is too old from the beginning."""
    author = Author(id="7", handle="ann")
    page.write(
        *(
            mention(name, minutes=5 if name == "m0" else 20 * 60 + minute, text=f"acme {name}", author=author)
            for minute, name in enumerate(LAST)
        ),
        mention("old", minutes=25 * 60, text="acme of old", author=author),
    )


def linked(html: Html, way: str, path: str) -> str | None:
    """Where the way to another page of a list leads."""
    return next((urljoin(path, each["href"]) for _, each in html.elements if each.get("rel") == way), None)


def walked(page: Site, path: str) -> Iterator[Html]:
    """A screen's pages, to the last; hours pass between them."""
    at: str | None = path
    while at:
        html = page.page(at)
        yield html
        page.clock.wait(HOURS.total_seconds())
        at = linked(html, "next", path)


@pytest.mark.parametrize(
    "path", ["/search?q=acme&last=24h", "/search?q=acme+since:24h&last=7d", f"/authors/{public_id('m0')}?last=24h"]
)
def test_the_last_pages_of_a_screen_hold_what_the_first_promised(page: Site, path: str) -> None:
    fill(page)
    pages = list(walked(page, path))
    assert len(pages) > 2
    assert [each for html in pages for each in html.ids()] == [public_id(name) for name in LAST]
    if path.startswith("/search"):
        assert {total for html in pages for total in html.values("data-value")[:1]} == {str(len(LAST))}
        way_back = linked(pages[-1], "prev", path)
        assert way_back is not None
        assert page.page(way_back).ids() == pages[-2].ids()


@pytest.mark.parametrize(("route", "hits"), [("search", "hits"), ("mentions", "mentions")])
def test_a_program_reads_to_the_end_what_the_first_page_counted(page: Site, route: str, hits: str) -> None:
    fill(page)
    asked = {"q": "acme since:24h", "limit": "50"}
    got, totals = [], set()
    while True:
        answer = page.json(f"/api/v1/{route}", params=asked)
        got += [each.get("mention", each)["doc_id"] for each in answer[hits]]
        totals.add(answer["total"])
        page.clock.wait(HOURS.total_seconds())
        if answer["after"] is None:
            break
        asked["after"] = answer["after"]
    assert (got, totals) == (LAST, {len(LAST)})


@pytest.mark.parametrize("path", ["/search?", "/api/v1/search?", "/api/v1/mentions?", f"/authors/{public_id('m0')}?"])
@pytest.mark.parametrize("moment", ["", "x", "-1", "0", "٣", "1e9", "9" * 17, "9" * 5000, "1.1"])
def test_a_moment_that_is_none_is_refused(page: Site, path: str, moment: str) -> None:
    fill(page)
    answer = page.get(f"{path}after=abc{SEPARATOR}{moment}")
    assert answer.status_code in {400, 422}
    assert path.startswith("/authors") or "position" in answer.text or "4500" in answer.text


def test_a_position_alone_is_as_of_now() -> None:
    assert place("abc", NOW).now == NOW
    assert (place("", NOW).after, place(None, NOW).after) == (None, None)


def test_a_moment_survives_to_the_microsecond() -> None:
    first = NOW + timedelta(microseconds=1)
    carried = dated(Page([], 0, after="abc", before=None), first)
    assert (place(carried.after, NOW).after, place(carried.after, NOW).now, carried.before) == ("abc", first, None)
    with pytest.raises(Misused, match="position"):
        place(f"{SEPARATOR}1", NOW)
