"""`veille simulate x` as a person meets it: a process that says how to use it, serves, and ends with Ctrl-C."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.command import Command
from veille.clock import SystemClock
from veille.producers.source import Received
from veille.producers.x import XSource
from veille.settings import Watch, XSettings


def test_it_says_how_to_point_veille_at_it_serves_and_ends_with_ctrl_c() -> None:
    command = [sys.executable, "-m", "veille", "simulate", "x", "--port", "0", "--rate", "200"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            told = ""
            while "base_url" not in told:
                told += process.stdout.readline()
            (url,) = re.findall(r"VEILLE_X_BASE_URL=(\S+)", told)
            assert f'base_url: "{url}"' in told
            source = XSource(XSettings("any", url), (Watch("acme", "brand", "acme OR #acme"),), SystemClock())
            first = next(iter(source.read(None)))
            source.close()
            assert isinstance(first, Received)
            assert first.post.matched[0].id == "acme"
            process.send_signal(signal.SIGINT)
            assert re.search(r"Ended: \d+ posts, 1 connections\.", process.communicate(timeout=20)[0])
            assert process.returncode == 0
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--faults", "cut,quake"), "there is no quake: expected all, or some of cut, close"),
        (("--file", "missing.jsonl"), "there is no file missing.jsonl"),
        (("--rate", "0"), "--rate"),
    ],
)
def test_what_it_does_not_offer_is_told(
    veille: Command, arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    ended = veille("simulate", "x", *arguments)
    assert ended.code == 2
    assert words in ended.err
    assert not list(tmp_path.iterdir())
