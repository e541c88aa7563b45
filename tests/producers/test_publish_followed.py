"""Other watches are taken up by a source that is running."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from awaited import until
from publishing import ACME, DEADLINE_S, cursors, on, placed, publisher, received
from veille.clock import SystemClock
from veille.errors import Misused
from veille.post import decode
from veille.producers.source import (
    Event,
)
from veille.settings import KafkaSettings, Settings, Watch, watches_hash
from veille.settings_file import load
from veille.settings_followed import FollowedSettings
from veille.topics import POSTS

WATCHING_ACME = "watches:\n  acme: {role: brand, query: acme}\n"
WATCHING_BOTH = f"{WATCHING_ACME}  kettle: {{role: market, query: kettle}}\n"


PACE_S = 0.005


class Flow:
    """A source of posts about acme and kettles by turns, some hundred a second, until it is told to end."""

    name, can_wait, in_order = "files", True, True

    def __init__(self, refuses: bool = False) -> None:
        self.said, self.ending, self._refuses = 0, threading.Event(), refuses

    def read(self, cursor: str | None) -> Iterator[Event]:
        last: int | None = None
        while self.said != last:
            if last is None and self.ending.is_set():
                last = self.said + 100
            self.said += 1
            self.ending.wait(PACE_S)
            yield placed(received(self.said, "kettle" if self.said % 2 else "acme"), str(self.said))

    def watch(self, watches: Sequence[Watch]) -> None:
        if self._refuses:
            raise Misused("the network does not take these")

    def close(self) -> None:
        self.ending.set()


def flowing(flow: Flow, settings: KafkaSettings, path: Path, edit: Callable[[], None]) -> None:
    """Publish all of a flow, during which `edit` is called."""
    path.write_text(WATCHING_ACME)
    before = load(path, env={}, overrides={})
    followed = FollowedSettings(before, SystemClock(), {})
    publishing = publisher(flow, settings, watches=before.watches, followed=followed)
    thread = threading.Thread(target=publishing.run, args=(threading.Event(),))
    thread.start()
    try:
        until(lambda: flow.said > 100)
        edit()
    finally:
        flow.ending.set()
        thread.join(DEADLINE_S)
    assert not thread.is_alive()


def about(settings: KafkaSettings, remainder: int) -> list[int]:
    """The numbers of the posts that were published of those about kettles (1) or acme (0), in order, each time."""
    numbers = [int((record.key or b"").decode().removeprefix("x:")) for record in on(settings, POSTS)]
    return sorted(number for number in numbers if number % 2 == remainder)


def test_other_watches_are_taken_up_while_posts_come_and_none_is_lost_or_doubled(
    settings: KafkaSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flow, path = Flow(), tmp_path / "veille.yaml"
    both = load_text(tmp_path / "both.yaml", WATCHING_BOTH)

    def edit() -> None:
        path.write_text(WATCHING_ACME + "  kettle: {role: market}\n")
        until(lambda: "what was set before stays" in caplog.text)
        path.write_text(WATCHING_BOTH)
        until(lambda: "2 watches from now on" in caplog.text)

    caplog.set_level(logging.INFO)
    flowing(flow, settings, path, edit)
    assert about(settings, 0) == list(range(2, flow.said + 1, 2))
    kettles = about(settings, 1)
    assert kettles[0] > 1
    assert kettles == list(range(kettles[0], flow.said + 1, 2))
    hashes = {decode(record.value or b"").watches_hash for record in on(settings, POSTS)}
    assert hashes == {watches_hash(ACME), both.watches_hash}
    last = cursors(settings)[-1]
    assert (last.counts.read, last.counts.out) == (flow.said, len(on(settings, POSTS)))
    assert last.watches == both.watches_hash
    assert last.counts.closes()


def test_watches_that_a_network_cannot_be_asked_for_change_nothing_and_are_told(
    settings: KafkaSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flow, path = Flow(refuses=True), tmp_path / "veille.yaml"

    def edit() -> None:
        path.write_text(WATCHING_BOTH)
        until(lambda: "the watches of before stay: the network does not take these" in caplog.text)

    flowing(flow, settings, path, edit)
    assert about(settings, 1) == []
    assert cursors(settings)[-1].watches == watches_hash(ACME)


def load_text(path: Path, text: str) -> Settings:
    path.write_text(text)
    return load(path, env={}, overrides={})
