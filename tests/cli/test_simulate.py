"""`veille simulate NETWORK` as a person meets it: a process that says how to use it, serves, and ends with Ctrl-C."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from cli.command import Command
from cli.stand_in import simulated
from veille.cli.simulate.bluesky import bluesky
from veille.cli.simulate.feeds import feeds
from veille.cli.simulate.mastodon import mastodon
from veille.cli.simulate.x import x
from veille.clock import SystemClock
from veille.producers.bluesky import BlueskySource
from veille.producers.feeds.source import FeedsSource
from veille.producers.mastodon import MastodonSource
from veille.producers.source import Received, Source
from veille.producers.x.stream import XSource
from veille.settings import BlueskySettings, FeedsSettings, MastodonSettings, Watch, XSettings

STAND_INS = ("x", "bluesky")


def test_all_of_them_stand_side_by_side_where_no_port_is_named() -> None:
    """Mastodon's has a port for each of its three instances."""
    ports = {
        command.__name__: range(port, port + (3 if command is mastodon else 1))
        for command in (x, bluesky, mastodon, feeds)
        for port in [inspect.signature(command).parameters["port"].default]
    }
    taken = [port for each in ports.values() for port in each]
    assert len({*taken}) == len(taken) == 6


def first_from(source: Source) -> Received:
    try:
        return next(event for event in source.read(None) if isinstance(event, Received))
    finally:
        source.close()


def test_x_says_how_to_point_veille_at_it_serves_and_ends_with_ctrl_c() -> None:
    with simulated("x", "--rate", "200") as stand_in:
        (url,) = re.findall(r"VEILLE_X_BASE_URL=(\S+)", stand_in.told)
        assert f'base_url: "{url}"' in stand_in.told
        watches = (Watch("acme", "brand", "acme OR #acme"),)
        assert first_from(XSource(XSettings("any", url), watches, SystemClock())).post.matched[0].id == "acme"
        code, told = stand_in.interrupt()
        assert re.search(r"Ended: \d+ posts, 1 connections\.", told)
        assert code == 0


def test_bluesky_says_how_to_point_veille_at_it_serves_both_wires_and_ends_with_ctrl_c() -> None:
    with simulated("bluesky", "--rate", "200") as stand_in:
        (first,) = re.findall(r"VEILLE_BLUESKY_URL=(\S+)", stand_in.told)
        (second,) = re.findall(r"version 2, on (\S+)", stand_in.told)
        for url in (first, second):
            assert first_from(BlueskySource(BlueskySettings(url), SystemClock())).post.origin == "simulated"
        assert stand_in.interrupt() == (0, "Ended: 2 connections, 0 faults.\n")


def test_feeds_say_how_to_point_veille_at_them_serve_four_formats_and_end_with_ctrl_c() -> None:
    with simulated("feeds", "--rate", "5") as stand_in:
        (urls,) = re.findall(r"VEILLE_FEEDS_URLS=(\S+)", stand_in.told)
        (host,) = re.findall(r"VEILLE_FEEDS_ALLOW_PRIVATE=(\S+)", stand_in.told)
        for url in urls.split(","):
            assert first_from(FeedsSource(FeedsSettings((url,), 15, (host,)), SystemClock())).post.origin == "simulated"
        assert stand_in.interrupt() == (0, "Ended: 8 requests, 0 faults.\n")


def test_a_fault_that_the_stand_in_for_feeds_does_not_know_is_told(veille: Command) -> None:
    ended = veille("simulate", "feeds", "--faults", "cut,quake")
    assert ended.code == 2
    assert "there is no quake: expected all, or some of cut, stall" in ended.err


def test_mastodon_says_how_to_point_veille_at_its_instances_serves_and_ends_with_ctrl_c() -> None:
    with simulated("mastodon", "--rate", "200", "--closed", "1") as stand_in:
        (urls,) = re.findall(r"VEILLE_MASTODON_INSTANCES=(\S+)", stand_in.told)
        assert len(urls.split(",")) == 3
        settings = MastodonSettings(tuple(urls.split(",")), public=True, local=False)
        found = first_from(MastodonSource(settings, (), SystemClock(), jitter=lambda: 0.0)).post
        assert found.origin == "simulated"
        assert found.instance in urls.split(",", 1)[1]
        code, told = stand_in.interrupt()
        assert re.search(r"Ended: \d+ requests, 0 faults\.", told)
        assert code == 0


@pytest.mark.parametrize("network", STAND_INS)
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--faults", "cut,quake"), "there is no quake: expected all, or some of cut, close"),
        (("--file", "missing.jsonl"), "there is no file missing.jsonl"),
        (("--rate", "0"), "--rate"),
    ],
)
def test_what_a_stand_in_does_not_offer_is_told(
    veille: Command, network: str, arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    ended = veille("simulate", network, *arguments)
    assert ended.code == 2
    assert words in ended.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "held", "words"),
    [
        ("likes.csv", "did,liked\n", "likes.csv, line 1: expected an event of Jetstream v1 as JSON"),
        (
            "posts.jsonl",
            '{"text": "hello"}\n',
            "posts.jsonl, line 1: expected an event of Jetstream v1, found no time_us in it",
        ),
        ("empty.jsonl", "", "empty.jsonl: expected events of Jetstream v1, one a line; the file is empty"),
    ],
)
def test_a_file_that_holds_no_events_of_bluesky_is_told(
    veille: Command, name: str, held: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(held)
    ended = veille("simulate", "bluesky", "--file", name)
    assert ended.code == 2
    assert words in ended.err
