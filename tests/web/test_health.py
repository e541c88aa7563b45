"""The health page and `/api/v1/health`: each part by itself, the truth or that it is not known."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from veille.errors import Unavailable
from veille.gap import Gap
from veille.health import Check, Checked, Dead, Group, Looks, Spending
from veille.mention import Enrichment, Sentiment
from veille.metrics import StageCounts
from veille.put_right import BY
from veille.reading import Heard, Reading
from veille.scores import LANGUAGE, SENTIMENT, SHIPPED
from veille.settings import BlueskySettings, FeedsSettings, RetentionSettings, Settings, XSettings
from veille.sinks.sqlite import SqliteArchive
from veille.web import panels
from veille.words import says
from web.site import NOW, Site, mention, site

BASE = Settings(
    x=XSettings(budget="50 USD/month"),
    bluesky=BlueskySettings(),
    feeds=FeedsSettings(urls=("https://a.example/rss",)),
    retention=RetentionSettings(bluesky=30),
)
SPENDING = Spending(
    posts_today=1_200,
    posts_month=8_600,
    spent_today=6.0,
    spent_month=43.0,
    projected_month=61.5,
    budget=50.0,
    stopped=False,
    next_month=datetime(2026, 12, 1, tzinfo=UTC),
    counted_since=datetime(2026, 11, 1, tzinfo=UTC),
    post_price=0.005,
    runs_out=datetime(2026, 11, 24, tzinfo=UTC),
)
DEAD = [
    *(Dead(str(n), "bluesky", "bad_text", NOW.isoformat(), f"{n:064x}", "bluesky") for n in range(7)),
    Dead("9", "sqlite", "refused", NOW.isoformat(), "f" * 64),
]
LOOKS = Looks(
    checks=lambda: [Check("disk", "wrong", "1 MiB free", "make room"), Check("veille", "ok", "0.1.0")],
    dead=lambda: DEAD,
    groups=lambda: [Group("enrich", StageCounts(read=30, out=28, dropped={"superseded": 1}), 12, 90.0)],
    spending=lambda: SPENDING,
    erasures=lambda: 2,
    checked=lambda: [Checked("x", NOW - timedelta(hours=30)), Checked("mastodon", None)],
)


def heard(seconds: float = 5, *, read: int = 3_000, **counts: Any) -> Heard:
    """What a source said so many seconds ago, which has been reading for an hour."""
    since = NOW - timedelta(hours=1, seconds=seconds)
    counted = StageCounts(**{"read": read, "out": read, **counts})
    return Heard(NOW - timedelta(seconds=seconds), "", Reading(since, read), counts=counted)


def gap(source: str, hours: float, until: float | None, **more: Any) -> Gap:
    """From so many hours before NOW to so many."""
    end = None if until is None else NOW - timedelta(hours=until)
    fields = {"id": f"{source}-{hours}", "cause": "disconnected"} | more
    return Gap(source=source, since=NOW - timedelta(hours=hours), until=end, **fields)


Opened = Callable[..., AbstractContextManager[Site]]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """A page with three sources."""

    def open_(**more: Any) -> AbstractContextManager[Site]:
        return site(tmp_path, **{"base": BASE, "looks": LOOKS, **more})

    return open_


def test_it_says_that_all_is_read_and_accounted_for_only_when_everybody_says_so(opened: Opened) -> None:
    with opened(looks=replace(LOOKS, groups=lambda: [Group("enrich", None, 0)])) as page:
        assert page.page("/health").one("data-level", "unknown")
        page.heard |= {name: heard() for name in ("x", "bluesky", "feeds")}
        shown = page.page("/health")
        assert shown.one("data-level", "ok")
        assert "being read; what became of it is not all counted." in shown.text
        assert shown.values("data-unaccounted") == ["0", "0", "0"], "of enrichment nothing is known"
        assert "From the sources to the archive, 0 unaccounted. Of one stage it is not known." in shown.text
        assert shown.values("data-off") == ["mastodon"]
        page.heard["feeds"] = heard(600)
        assert page.page("/health").one("data-level", "partial")
        page.heard["feeds"] = heard(out=2_999)
        shown = page.page("/health?lang=fr")
        assert shown.one("data-level", "wrong")
        assert "il en manque 1" in shown.text
        assert shown.values("data-lost-in-all") == ["1"]


def test_all_is_accounted_for_where_every_stage_has_counted(opened: Opened) -> None:
    counted = [Group("enrich", StageCounts(read=30, out=30), 0, 0.0)]
    with opened(looks=replace(LOOKS, groups=lambda: counted)) as page:
        page.heard |= {name: heard() for name in ("x", "bluesky", "feeds")}
        shown = page.page("/health")
    assert "is being read, and nothing is unaccounted for." in shown.text
    assert shown.values("data-fresh") == ["60"]


def test_what_is_still_being_counted_is_no_account_and_is_asked_for_again_soon(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "WITHIN_S", 2.0)
    over = threading.Event()

    def hangs() -> Any:
        over.wait(60)

    try:
        with opened(looks=replace(LOOKS, groups=hangs)) as page:
            page.heard |= {name: heard() for name in ("x", "bluesky", "feeds")}
            shown = page.page("/health")
    finally:
        over.set()
    assert "being read; what became of it is not all counted." in shown.text
    assert "Of what the sources read, 0 unaccounted; the stages after them are not counted now." in shown.text
    assert [each["data-panel"] for _, each in shown.elements if "data-lacking" in each] == ["account"]
    assert shown.values("data-fresh") == ["5"]


def test_what_is_read_and_waits_before_a_stage_is_not_all_well(opened: Opened) -> None:
    behind = [Group("enrich", StageCounts(read=30, out=30), 0, 0.0), Group("sqlite", None, 20_000, 119.0)]
    with opened(looks=replace(LOOKS, groups=lambda: behind)) as page:
        page.heard |= {name: heard() for name in ("x", "bluesky", "feeds")}
        assert page.page("/health").one("data-level", "ok")
    behind[1] = Group("sqlite", None, 20_000, 121.0)
    with opened(looks=replace(LOOKS, groups=lambda: behind)) as page:
        page.heard |= {name: heard() for name in ("x", "bluesky", "feeds")}
        assert "une étape est en retard" in page.page("/health?lang=fr").text
        assert page.json("/api/v1/health")["level"] == "behind"
        page.heard["feeds"] = heard(600)
        assert page.page("/health").one("data-level", "partial"), "what is not read at all is graver"


def test_each_source_says_how_it_does_and_what_to_do(opened: Opened) -> None:
    with opened() as page:
        page.heard |= {"x": heard(), "bluesky": heard(600)}
        page.gaps.append(gap("x", 0.5, None, cause="budget"))
        page.write(*(mention(f"m{n}", minutes=n + 1, received_at=NOW - timedelta(minutes=n)) for n in range(20)))
        shown, told = page.page("/health"), page.json("/api/v1/health")
    assert [shown.one("data-source", name)["data-is"] for name in ("x", "bluesky", "feeds")] == [
        "waiting", "stopped", "unknown"
    ]  # fmt: skip
    for said in ("Raise budget under", "Start veille again", "Wait a moment after a start"):
        assert said in " ".join(shown.text.split())
    x, bluesky, feeds = told["sources"]
    assert (x["posts_a_minute"], x["gap"]["cause"], bluesky["gap"]) == (50.0, "budget", None)
    assert (feeds["posts_read"], feeds["posts_a_minute"], feeds["heard_at"]) == (None, None, None)
    seen = told["seen"]["value"]
    assert (seen["bluesky"]["lag_half_s"], seen["x"]["lag_half_s"], seen["x"]["last_mention"]) == (60, None, None)
    assert shown.values("data-stage") == ["x", "bluesky", "feeds", "enrich"]


def test_gaps_lie_in_the_lane_of_their_source_and_stand_in_a_table(opened: Opened) -> None:
    with opened() as page:
        page.gaps += [
            gap("bluesky", 12, 6), gap("x", 3, 2, repaired=True), gap("feeds", 24 * 30, 24 * 29), gap("files", 2, 1)
        ]  # fmt: skip
        day, quarter = page.page("/health"), page.page("/health?last=90d")
    lane = day.one("data-lane", "bluesky")
    assert lane["aria-label"] == "Bluesky: 1 gap"
    drawn = next(each for tag, each in day.elements if tag == "rect" and each.get("data-gap") == "bluesky-12")
    assert (drawn["class"], drawn["x"], drawn["width"]) == ("gap", "50.00%", "25.00%")
    assert day.one("data-lane", "feeds")["aria-label"] == "Feeds: no gap"
    assert day.one("data-lane", "files"), "not switched on any more, and still to be seen"
    rows = [each["data-gap"] for tag, each in day.elements if tag == "tr" and "data-gap" in each]
    assert rows == ["files-2", "x-3", "bluesky-12"]
    assert "connection lost. Repaired." in day.text
    assert quarter.one("data-lane", "feeds")["aria-label"] == "Feeds: 1 gap"


def test_dead_letters_spending_duties_and_model_are_told_without_a_payload(opened: Opened) -> None:
    with opened() as page:
        page.write(mention("old", minutes=40 * 24 * 60), mention("new"))
        shown, told = page.page("/health"), page.json("/api/v1/health")
    assert {each["reason"]: each["count"] for each in told["dead"]["value"]["reasons"]} == {"bad_text": 7, "refused": 1}
    newest = told["dead"]["value"]["reasons"][0]["newest"]
    assert [each["id"] for each in newest] == ["6", "5", "4", "3", "2"]
    assert set(newest[0]) == {"id", "stage", "source", "reason", "at", "sha256"}
    assert "8 records could not be used." in shown.text
    assert "the budget is spent on 24 Nov 2026" in shown.text
    assert shown.one("data-kept", "bluesky")
    assert "data-over" in {name for _, each in shown.elements for name in each}
    assert shown.values("data-erasures") == ["2"]
    assert told["model"]["value"]["setting"] == "shipped"
    assert (told["model"]["value"]["mentions"], told["model"]["value"]["model"]) == (1, None), "no model judged it"
    assert shown.values("data-checked") == ["x", "mastodon"]
    assert "X: asked what was deleted, of all that is held, 31 Oct 2026, 06:30" in shown.text
    assert "Mastodon: not yet asked what was deleted" in shown.text


def test_each_stage_says_how_long_what_it_has_yet_to_read_has_waited(opened: Opened) -> None:
    with opened() as page:
        (stage,) = page.json("/api/v1/health")["groups"]["value"]
        shown = page.page("/health")
    assert (stage["behind"], stage["behind_s"]) == (12, 90.0)
    assert "1290 s" in shown.text.replace("\n", "").replace("  ", ""), "records, then seconds"


def test_the_scores_by_language_are_those_of_the_model_that_spoke_last(opened: Opened) -> None:
    def spoke(model: str, minutes: int) -> str:
        found = Enrichment(sentiment=Sentiment("negative", -0.5, 0.8, model))
        page.write(mention(model, minutes=minutes, found=found))
        return " ".join(page.page("/health").text.split())

    with opened() as page:
        shown = spoke(SHIPPED, 2)
        assert page.json("/api/v1/health")["model"]["value"]["scores"] == SENTIMENT[SHIPPED]
        assert f"French {SENTIMENT[SHIPPED]['fr']}" in shown
        assert f"French {LANGUAGE['fr']}" in shown
        assert "not measured" in spoke("veille-linear-2", 1)
        spoke(BY, 0)
        assert page.json("/api/v1/health")["model"]["value"]["model"] == "veille-linear-2", "people are no model"


def test_the_checks_come_by_themselves_at_a_first_run_and_else_when_asked_for(opened: Opened) -> None:
    with opened() as page:
        assert page.page("/health").values("data-check") == ["disk", "veille"]
        page.write(mention("m"))
        assert page.page("/health").values("data-check") == []
        shown = page.page("/health?checks=1")
    assert shown.one("data-check", "disk")["data-is"] == "wrong"
    assert "make room" in shown.text


def test_the_checks_are_told_in_the_language_of_the_page_and_by_the_api_in_english(opened: Opened) -> None:
    disk = Check("disk", "wrong", "0.1 GiB free for /d", "make room, or set `data` to a folder on another disk")
    looks = replace(LOOKS, checks=lambda: [disk, Check("kafka", "wrong", "something new")])
    with opened(looks=looks) as page:
        shown, told = page.page("/health?lang=fr"), page.json("/api/v1/health")
        english = page.page("/health?lang=en")
    said = " ".join(shown.text.split())
    assert "disque : 0,1 Gio libres pour /d" in said
    assert "faites de la place" in said
    assert "GiB" not in said
    assert "0.1 GiB free for /d" in english.text
    assert told["checks"]["value"][0]["found"] == disk.found
    assert [each["lang"] for tag, each in shown.elements if tag == "span" and "lang" in each] == ["fr", "fr", "en"]


def test_what_fails_or_takes_too_long_says_so_and_the_rest_stands(
    tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "WITHIN_S", 2.0)
    over = threading.Event()

    def fails() -> Any:
        raise Unavailable("Kafka does not answer at k:9092")

    def breaks() -> Any:
        raise ZeroDivisionError("secret")

    def hangs() -> Any:
        over.wait(60)

    class Away(SqliteArchive):
        def search(self, *_: Any, **__: Any) -> Any:
            raise Unavailable("the archive is away")

        status = facets = search

    looks = replace(LOOKS, dead=fails, spending=breaks, groups=hangs)
    archive = Away(tmp_path / "away.db")
    try:
        with opened(looks=looks, archive=archive) as page:
            page.heard["x"] = heard()
            answer, told = page.get("/health"), page.json("/api/v1/health")
            shown = page.page("/health")
    finally:
        over.set()
    assert answer.status_code == 200
    states = {name: told[name]["state"] for name in ("dead", "spending", "groups", "seen", "kept", "model", "archive")}
    assert states == {"groups": "partial"} | dict.fromkeys(
        ("dead", "spending", "seen", "kept", "model", "archive"), "error"
    )
    assert (told["erasures"]["value"], told["archive"]["value"]) == (2, None)
    assert "Kafka does not answer at k:9092" in shown.text
    assert "secret" not in answer.text
    assert "Data as of" not in shown.text, "the archive said nothing"
    assert shown.one("data-source", "x")["data-is"] == "reading"


def test_without_sources_and_looks_it_says_so_and_counts_nothing(tmp_path: Path) -> None:
    with site(tmp_path) as page:
        shown, told = page.page("/health"), page.json("/api/v1/health")
    assert shown.one("data-level", "none")
    assert "No source is switched on here." in shown.text
    assert [told[name] for name in ("dead", "spending", "groups", "erasures", "checked", "checks")] == [None] * 6


def test_every_reason_to_leave_a_record_out_has_words() -> None:
    text = Path("docs/metrics.md").read_text(encoding="utf-8")
    table = text[text.index("## Why a record is dropped on purpose") : text.index("## Why a record becomes")]
    reasons = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert len(reasons) >= 11
    assert [reason for reason in reasons if not says(f"dropped_{reason}")] == []
