"""The brief in words, for the page and for a mail: one renderer, every figure with its address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from veille.brief import Brief, default_since
from veille.brief_telling import BriefTelling
from veille.formats import Formats
from veille.settings import Watch
from veille.voice import Tally, standing

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
WATCHES = [Watch("acme", "brand", "acme"), Watch("rival", "competitor", "rival")]


def brief(mentions: int) -> Brief:
    now = {"acme": Tally(mentions, stories=mentions), "rival": Tally(mentions, stories=mentions)}
    return Brief(
        since=default_since(NOW, PARIS),
        until=NOW,
        mentions=2 * mentions,
        stories=[],
        opened=[],
        closed=[],
        unanswered=[],
        voice=standing(WATCHES, now, {}),
        gaps=[],
        coverage=1.0,
    )


@pytest.mark.parametrize(
    ("now", "since"),
    [
        (datetime(2026, 11, 24, 7, tzinfo=UTC), datetime(2026, 11, 23, 17, tzinfo=UTC)),
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), datetime(2026, 11, 23, 17, tzinfo=UTC)),
        (datetime(2026, 10, 25, 7, tzinfo=UTC), datetime(2026, 10, 24, 16, tzinfo=UTC)),
    ],
)
def test_without_a_visit_it_begins_yesterday_at_six_in_the_evening_by_the_clocks_there(
    now: datetime, since: datetime
) -> None:
    assert default_since(now, PARIS) == since


def test_as_text_every_line_has_its_address_and_french_comes_as_french() -> None:
    text = BriefTelling(brief(50), Formats("fr", PARIS), "https://veille.example").text()
    lines = [line for line in text.splitlines() if line]
    assert lines[0] == "Depuis le 23 nov. 2026, 18:00 : 100 mentions"
    assert all("https://veille.example/" in line for line in lines[1:])
    assert any(line.startswith("- acme: 50\u00a0% (40–60), 50 sur 100 ") for line in lines)
    assert "Aucune alerte." in text
    assert "Tout a été lu." in text


def test_of_nothing_it_says_so_and_is_short() -> None:
    told = BriefTelling(brief(0), Formats("en", PARIS))
    assert told.title == "Since 23 Nov 2026, 18:00: no mention"
    assert [part.name for part in told.parts()] == ["alerts", "gaps"]
    assert len(told.text()) < 200


def test_a_phone_screen_holds_it() -> None:
    assert len(BriefTelling(brief(5000), Formats("fr", PARIS)).text().splitlines()) <= 24
    assert NOW - brief(1).since < timedelta(days=1)
