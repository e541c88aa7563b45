"""What the networks mark in a post, and what is read off its text where they mark nothing, are the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from veille.post import Post
from veille.producers.bluesky.payload import Reader
from veille.producers.bluesky.wire import wire_of
from veille.producers.mastodon.status import read_status
from veille.producers.source import Event, Received
from veille.producers.x.payload import read_line
from veille.text.entities import cashtags, handles, hashtags, urls

FIXTURES = Path(__file__).parents[1] / "fixtures"
RECEIVED = datetime(2026, 11, 1, 12, tzinfo=UTC)


def lines(name: str) -> list[bytes]:
    return (FIXTURES / name).read_bytes().splitlines()


def bluesky() -> Iterator[Event]:
    reader = Reader(wire_of("wss://stream.example/subscribe"), "stream.example")
    for raw in lines("bluesky/jetstream_v1.jsonl"):
        yield reader.event(reader.frame(raw), raw, RECEIVED, "cursor")


def mastodon() -> Iterator[Event]:
    for raw in lines("mastodon/statuses.jsonl"):
        yield read_status(msgspec.Raw(raw), "tasse.example", RECEIVED)


def x() -> Iterator[Event]:
    for name in ("stream", "geo", "edited_after", "media", "repost", "quoted_edit"):
        for raw in lines(f"x/{name}.jsonl"):
            yield from read_line(raw, RECEIVED)


NETWORKS: dict[str, Callable[[], Iterator[Event]]] = {"bluesky": bluesky, "mastodon": mastodon, "x": x}


def posts(network: str) -> list[Post]:
    return [event.post for event in NETWORKS[network]() if isinstance(event, Received)]


@pytest.mark.parametrize(("network", "at_least"), [("bluesky", 5), ("mastodon", 3), ("x", 13)])
def test_hashtags_handles_and_cashtags_that_a_network_marks_are_those_of_the_text(network: str, at_least: int) -> None:
    compared: Counter[str] = Counter()
    for post in posts(network):
        for name, extract in (("hashtags", hashtags), ("handles", handles), ("cashtags", cashtags)):
            marked: list[str] | None = getattr(post.entities, name)
            if marked is not None:
                found = {entity.value.casefold() for entity in extract(post.text)}
                assert found == set(map(str.casefold, marked)), post.text
                compared[name] += 1
    assert min(compared["hashtags"], compared["handles"]) >= at_least


@pytest.mark.parametrize("network", ["bluesky", "x"])
def test_links_that_a_network_marks_stand_in_the_text_and_lead_to_their_whole_address(network: str) -> None:
    links = [(post.text, link) for post in posts(network) for link in post.entities.links or ()]
    assert links
    for text, link in links:
        shown = (link.url if link.url in text else link.display or "").removeprefix("https://").rstrip("….")
        assert any(url.value.removeprefix("https://").startswith(shown) for url in urls(text)), text
        address = link.expanded or link.url
        assert address.startswith("https://")
        assert not address.startswith("https://t.co/")
        assert not address.endswith(("…", "..."))
