"""An author's other posts are read from their network when somebody asks, shown once and kept nowhere."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from veille.identity import public_id
from veille.post import Author
from veille.settings import BlueskySettings, MastodonSettings, Settings
from web.site import Site, mention, site

ANA = Author(id="did:plc:ana", handle="ana.example", name="Ana")
BOB = Author(id="https://inst.example/users/bob", handle="bob@inst.example", name="Bob")


class Network(ThreadingHTTPServer):
    """Answers by path; notes what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, list[str]]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Network)
        parts = urlsplit(self.path)
        self.server.asked.append((parts.path, parse_qs(parts.query)))
        answer = self.server.answers.get(parts.path)
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(404 if answer is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def listening() -> Iterator[Network]:
    network = Network()
    thread = threading.Thread(target=network.serve_forever, daemon=True)
    thread.start()
    try:
        yield network
    finally:
        network.shutdown()
        network.server_close()
        thread.join(10)


@pytest.fixture
def network() -> Iterator[Network]:
    with listening() as made:
        yield made


@pytest.fixture
def page(tmp_path: Path, network: Network) -> Iterator[Site]:
    base = replace(
        Settings(),
        bluesky=BlueskySettings(public_api=network.url),
        mastodon=MastodonSettings(instances=(network.url,)),
    )
    host = urlsplit(network.url).netloc
    with site(tmp_path, base=base) as made:
        made.write(
            mention("b", author=ANA),
            mention("m", source="mastodon", author=BOB, instance=host),
            mention("o", source="mastodon", author=BOB, instance="other.example"),
            mention("x", source="x", author=Author(id="7", handle="eve")),
        )
        yield made


FEED = "/xrpc/app.bsky.feed.getAuthorFeed"


def item(text: str, **author: Any) -> dict[str, Any]:
    record = {"text": text, "createdAt": "2026-10-01T08:00:00Z", "$type": "app.bsky.feed.post"}
    shown = {"did": ANA.id, "handle": "ana.example", **author}
    return {"post": {"uri": "at://did:plc:ana/app.bsky.feed.post/3k", "author": shown, "record": record}}


def status(text: str, **more: Any) -> dict[str, Any]:
    account = {"id": "9", "acct": "bob", "username": "bob", "url": "https://inst.example/@bob", "uri": BOB.id}
    made = {"id": "1", "uri": f"https://inst.example/{text}", "created_at": "2026-10-01T08:00:00Z", "account": account}
    return made | {"content": f"<p>{text}</p>", "url": "https://inst.example/@bob/1", **more}


def shown(page: Site, name: str) -> Any:
    return page.page(f"/authors/{public_id(name)}/elsewhere")


def test_posts_on_bluesky_are_shown_with_their_links(page: Site, network: Network) -> None:
    network.answers[FEED] = {"feed": [item("about tea <b>"), item("about cats")], "cursor": "more"}
    found = shown(page, "b")
    assert "about tea <b>" in found.text
    assert "about cats" in found.text
    assert "https://bsky.app/profile/ana.example/post/3k" in found.values("href")
    assert network.asked == [(FEED, {"actor": [ANA.id], "limit": ["20"], "filter": ["posts_no_replies"]})]
    assert f"/authors/{public_id('b')}/elsewhere" in page.page(f"/authors/{public_id('b')}").values("href")


def test_nothing_of_it_is_kept(page: Site, network: Network) -> None:
    before = page.json("/api/v1/status")
    network.answers[FEED] = {"feed": [item("about tea")]}
    shown(page, "b")
    assert page.json("/api/v1/status") == before
    assert page.get(f"/authors/{public_id('b')}/elsewhere").headers["Cache-Control"] == "no-store"
    assert page.json("/api/v1/count", params={"q": "tea"})["count"] == 0


def test_posts_on_mastodon_are_read_from_the_instance_that_the_settings_name(page: Site, network: Network) -> None:
    network.answers["/api/v1/accounts/lookup"] = {"id": "9", "acct": "bob"}
    network.answers["/api/v1/accounts/9/statuses"] = [
        status("tea"),
        status("friends", visibility="private"),
        status("trap", url="javascript:alert(1)"),
    ]
    found = shown(page, "m")
    assert "tea" in found.text
    assert "friends" not in found.text
    assert not [each for each in found.values("href") if each.startswith("javascript")]
    assert network.asked[0] == ("/api/v1/accounts/lookup", {"acct": ["bob@inst.example"]})


@pytest.mark.parametrize("wish", [{"noindex": True}, {"indexable": False}, {"note": "<p>#nobot</p>"}])
def test_who_does_not_want_to_be_found_on_mastodon_is_not(page: Site, network: Network, wish: dict[str, Any]) -> None:
    network.answers["/api/v1/accounts/lookup"] = {"id": "9", "acct": "bob", **wish}
    network.answers["/api/v1/accounts/9/statuses"] = [status("tea")]
    assert "does not want to be shown" in shown(page, "m").text
    assert [path for path, _ in network.asked] == ["/api/v1/accounts/lookup"]


def test_who_is_for_members_only_on_bluesky_is_not_shown(page: Site, network: Network) -> None:
    network.answers[FEED] = {"feed": [item("about tea", labels=[{"val": "!no-unauthenticated"}])]}
    found = shown(page, "b")
    assert "does not want to be shown" in found.text
    assert "about tea" not in found.text


@pytest.mark.parametrize("answer", [None, b"no json", {"feed": 1}, {"feed": [{"post": {}}]}, b"\xff"])
def test_a_network_that_does_not_answer_is_said_and_nothing_breaks(page: Site, network: Network, answer: Any) -> None:
    if answer is not None:
        network.answers[FEED] = answer
    assert "does not answer" in shown(page, "b").text


@pytest.mark.parametrize("name", ["x", "o", "nobody"])
def test_x_and_instances_that_are_not_named_are_not_asked(page: Site, network: Network, name: str) -> None:
    assert page.get(f"/authors/{public_id(name)}/elsewhere").status_code == 404
    assert network.asked == []
