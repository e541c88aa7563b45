"""The API keeps what its own document says: every route and method of it, over the seeded world, behind the token.

the document --schemathesis--> requests, right ones and wrong ones --> a real server --> all of its checks

Here the same few requests each time; `make fuzz` sends many, other ones each time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts import alert
from veille.clock import FakeClock
from veille.errors import Invalid
from veille.identity import public_id
from veille.post import encode
from veille.processors.pipeline import mentions
from veille.producers.simulate.world import WATCHES, WorldSource
from veille.producers.source import Received
from veille.settings import WorldSettings
from veille.sinks.sink import Record
from veille.window import Window
from web.site import NOW, Site, mention, site
from web.test_actions import Kept
from web.test_health import BASE, LOOKS, gap, heard
from web.test_traffic import Brought

POSTS = 100
TOKEN = "sesame"
ALERT = "bad_buzz-bouillance-20261101T1228"
WATCH = WATCHES[0].id
CONFIG = Path(__file__).with_name("schemathesis.toml")

MANY = os.environ.get("VEILLE_FUZZ")
"""How many requests of each sort to each route, if more than a few."""


def known() -> Iterator[Record]:
    """Mentions of the seeded world."""
    events = WorldSource(WorldSettings(seed=1, limit=POSTS), FakeClock(NOW)).read(None)
    posts = [event.post for event in events if isinstance(event, Received)]
    for post, made in zip(posts, mentions([encode(post) for post in posts], NOW), strict=True):
        assert not isinstance(made, Invalid)
        yield Record(post.doc_id, made[1], made[0], post.source)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    """With something behind every route, and nobody held up for asking much."""
    brought = Brought()
    held: dict[str, Any] = {"doing": Kept(), "reporting": brought, "looks": LOOKS, "base": BASE}
    with site(tmp_path, watches=WATCHES, token=TOKEN, requests_a_minute=0, **held) as made:
        brought.page = made
        made.heard["bluesky"] = heard()
        made.gaps += [gap("bluesky", 0.5, 0.2), gap("x", 1, None, cause="limited")]
        made.write(mention("asked", text="bouillance?"), *known())
        made.findings.write_alerts([alert(ALERT, at=NOW, watch=WATCH)])
        minute = NOW.replace(second=0) - timedelta(minutes=3)
        made.findings.write_windows([Window(watch=WATCH, since=minute, revision=1, mentions=4, negative=1)])
        yield made


def test_the_api_keeps_its_own_contract(page: Site, tmp_path: Path) -> None:
    text = CONFIG.read_text()
    for name, value in (("MENTION", public_id("asked")), ("ALERT", ALERT), ("WATCH", WATCH)):
        text = text.replace(f"${name}", value)
    (tmp_path / "schemathesis.toml").write_text(text)
    how = ["--max-examples", MANY] if MANY else ["--max-examples=3", "--seed=1", "--generation-deterministic"]
    st = [sys.executable, "-m", "schemathesis.cli", "run", f"{page.url}/api/v1/openapi.json"]
    token = ["--header", f"Authorization: Bearer {TOKEN}"]
    told = subprocess.run([*st, *token, *how], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
