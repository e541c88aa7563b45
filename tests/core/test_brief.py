"""The brief in words, for the page and for a mail: one renderer, every figure with its address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts import alert
from veille.alert import Alert
from veille.brief import Brief, default_since
from veille.brief_telling import BriefTelling
from veille.formats import Formats
from veille.settings import Watch
from veille.voice import Tally, standing

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
WATCHES = [Watch("acme", "brand", "acme"), Watch("rival", "competitor", "rival")]


def brief(mentions: int, *alerts: Alert) -> Brief:
    now = {"acme": Tally(mentions, stories=mentions), "rival": Tally(mentions, stories=mentions)}
    return Brief(
        since=default_since(NOW, PARIS),
        until=NOW,
        about=["acme", "rival"],
        mentions=2 * mentions,
        stories=[],
        alerts=alerts,
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


def test_as_text_every_figure_has_its_address_and_french_comes_as_french() -> None:
    text = BriefTelling(brief(50), Formats("fr", PARIS), "https://veille.example").text()
    lines = [line for line in text.splitlines() if line]
    assert lines[0] == "Depuis le 23 nov. à 18:00\u00a0: 100 mentions"
    assert lines[1] == (
        "https://veille.example/search?q=(watch:acme+OR+watch:rival)+since:2026-11-23T17:00:00Z"
        "+until:2026-11-24T07:00:00Z&last=30d"
    ).replace("(", "%28").replace(")", "%29")
    share = lines.index("- 50\u00a0% acme (40–60), 50 sur 100")
    assert lines[share + 1].startswith("  https://veille.example/search?q=watch:acme+since:")
    assert "Aucune alerte." in text
    assert "Tout a été lu." in text


def test_alerts_come_open_ones_first_with_the_day_only_where_it_is_another() -> None:
    night = datetime(2026, 11, 23, 21, tzinfo=UTC)
    late = timedelta(minutes=4)  # it is opened after it began
    over = alert(
        "over", 2, "closed", 1, at=NOW, highest=9, since=night, opened_at=night + late,
        closed_at=night + timedelta(hours=1),
    )  # fmt: skip
    began = NOW - timedelta(hours=1)
    going = alert("going", severity=6, since=began, opened_at=began + late)
    (part, *_) = BriefTelling(brief(1, over, going), Formats("fr", PARIS)).parts()
    assert (part.title, part.value) == ("2 alertes, 1 en cours", 2)
    assert [f"{line.figure} {line.text}" for line in part.lines] == [
        "6/10 Bad buzz\u00a0: acme, depuis 07:00",
        "9/10 Bad buzz\u00a0: acme, 23 nov., 22:00 – 23:00",
    ]
    one = BriefTelling(brief(1, over), Formats("en", PARIS)).parts()[0]
    assert (one.title, one.lines[0].text) == ("1 alert, 0 open", "Bad buzz: acme, 23 Nov, 22:00 – 23:00")


def test_of_nothing_it_says_so_and_is_short() -> None:
    told = BriefTelling(brief(0), Formats("en", PARIS))
    assert told.title == "Since 23 Nov, 18:00: no mention"
    assert [part.name for part in told.parts()] == ["alerts", "gaps"]
    assert len(told.text().splitlines()) <= 8


def test_thousands_are_written_as_the_language_does() -> None:
    many = brief(1, *(alert(f"a{number}") for number in range(1200)))
    titles = [BriefTelling(many, Formats(language, PARIS)).parts()[0].title for language in ("en", "fr")]
    assert titles == ["1,200 alerts, 1,200 open", "1\u202f200 alertes, 1\u202f200 en cours"]


def test_the_mail_of_a_busy_day_is_short() -> None:
    many = [alert(f"a{number}") for number in range(90)]
    text = BriefTelling(brief(5000, *many), Formats("fr", PARIS), "https://veille.example").text()
    assert len(text.splitlines()) <= 32
    assert len(text) < 3000
