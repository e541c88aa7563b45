"""`veille simulate bluesky` as a person meets it: a process that says how to use it, serves, and ends with Ctrl-C."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.command import Command
from veille.clock import SystemClock
from veille.producers.bluesky import BlueskySource
from veille.producers.source import Received
from veille.settings import BlueskySettings


def test_it_says_how_to_point_veille_at_it_serves_both_wires_and_ends_with_ctrl_c() -> None:
    command = [sys.executable, "-m", "veille", "simulate", "bluesky", "--port", "0", "--rate", "200"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            told = ""
            while "bluesky: {url:" not in told:
                told += process.stdout.readline()
            (first,) = re.findall(r"VEILLE_BLUESKY_URL=(\S+)", told)
            (second,) = re.findall(r"version 2, on (\S+)", told)
            for url in (first, second):
                source = BlueskySource(BlueskySettings(url), SystemClock())
                event = next(event for event in source.read(None) if isinstance(event, Received))
                source.close()
                assert event.post.origin == "simulated"
            process.send_signal(signal.SIGINT)
            assert "Ended: 2 connections, 0 faults." in process.communicate(timeout=20)[0]
            assert process.returncode == 0
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--faults", "cut,quake"), "there is no quake: expected all, or some of cut, close"),
        (("--file", "missing.jsonl"), "there is no file missing.jsonl"),
        (("--file", "likes.csv"), "likes.csv, line 1: expected an event of Jetstream v1 as JSON"),
        (("--file", "posts.jsonl"), "posts.jsonl, line 1: expected an event of Jetstream v1, found no time_us in it"),
        (("--file", "empty.jsonl"), "empty.jsonl: expected events of Jetstream v1, one a line; the file is empty"),
        (("--rate", "0"), "--rate"),
    ],
)
def test_what_it_does_not_offer_is_told(
    veille: Command, arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    (tmp_path / "likes.csv").write_text("did,liked\n")
    (tmp_path / "posts.jsonl").write_text('{"text": "hello"}\n')
    (tmp_path / "empty.jsonl").touch()
    ended = veille("simulate", "bluesky", *arguments)
    assert ended.code == 2
    assert words in ended.err
