"""What others wrote is text on the page and nothing else, whatever it looks like."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from veille.identity import public_id
from veille.settings import Watch
from web.hostile import TEXTS, hostile
from web.site import Html, Site, site

SOURCES = ("x", "bluesky", "mastodon", "feed", "file")
OURS = {
    f"/static/{name}"
    for name in (
        "style.css",
        "search.css",
        "icon.svg",
        "keys.js",
        "live.js",
        "away.js",
        "fresh.js",
        "found.js",
        "typed.js",
    )
}
PARAMETERS = (
    "q",
    "last",
    "watch",
    "after",
    "lang",
    "theme",
    "minute",
    "wrong",
    "group",
    "day",
    "view",
    "find",
    "order",
    "ids",
)
LOADS = {"src", "srcdoc", "srcset", "data", "action", "formaction", "xlink:href", "background", "poster", "ping"}
NEVER = {
    "iframe",
    "object",
    "embed",
    "style",
    "base",
    "frame",
    "math",
    "foreignobject",
    "animate",
    "set",
    "use",
    "portal",
}


def check(page: Html) -> None:
    """Nothing on the page runs, loads or leads anywhere but to web addresses."""
    for tag, attributes in page.elements:
        assert tag not in NEVER
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in LOADS & attributes.keys():
            path = attributes[name].partition("#")[0].partition("?")[0]
            assert path in OURS | {"/search", "/backtest", "/enter"}, attributes
        assert "http-equiv" not in attributes
        if "href" not in attributes:
            continue
        href = attributes["href"]
        if tag == "link":
            assert href.partition("?")[0] in OURS
        elif tag == "a" and "target" in attributes:
            assert urlsplit(href).scheme in {"http", "https"}
            assert set(attributes["rel"].split()) == {"noopener", "noreferrer", "nofollow"}
        else:
            assert href in {"", "#content", "#facets"} or href[0] == "?" or (href[0] == "/" and href[1:2] != "/"), href


@pytest.mark.parametrize("source", SOURCES)
def test_no_field_of_a_mention_can_do_anything(tmp_path: Path, source: str) -> None:
    with site(tmp_path) as page:
        page.write(*(hostile(f"h{number}", text, source) for number, text in enumerate(TEXTS)))
        paths = [
            "/",
            "/live?after=0",
            "/search?last=30d",
            "/questions",
            *(f"/m/{public_id(f'h{n}')}" for n in range(len(TEXTS))),
        ]
        for path in paths:
            answer = page.get(path)
            assert answer.status_code == 200, path
            assert "text/html" in answer.headers["Content-Type"]
            shown = Html(answer.text)
            check(shown)
            assert shown.ids()
        everything = page.page("/").text
        for text in TEXTS:
            assert " ".join(text.split()) in " ".join(everything.split())


def test_no_parameter_can_do_anything(page: Site) -> None:
    for text in TEXTS:
        for path in (
            "/",
            "/search",
            "/search/export",
            "/search/typed",
            "/backtest",
            "/gone",
            "/questions",
            "/watches",
            "/alerts",
            "/alerts/x",
            "/enter",
            "/nothing",
        ):
            every = dict.fromkeys(PARAMETERS, text) | {text: text, "facet": "hashtag"}
            answer = page.get(path, params=every)
            if answer.status_code == 303:  # a watch becomes part of a search, a long query is packed
                assert answer.headers["Location"].startswith(("/search?", f"{path}?"))
                answer = page.get(answer.headers["Location"])
            assert answer.status_code in {200, 303, 400, 404}, (path, text)
            check(Html(answer.text))
            assert not any("\n" in value for value in answer.headers.values())
        check(page.page(f"/search?q={'%28'}", params={"q": text}))


def test_the_query_of_a_watch_can_do_nothing(tmp_path: Path) -> None:
    with site(tmp_path, watches=(Watch("acme", "brand", '"<script>hacked()</script>"'),)) as page:
        check(page.page("/"))
        assert "<script>hacked()</script>" in page.page("/").text
