"""An alert in words: the sentence that page and messages share, and the reasons, in both languages."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts import NOON, alert
from veille.alert import Alert, Driver, Sample, Why
from veille.formats import Formats
from veille.gap import Gap
from veille.identity import public_id
from veille.telling import Telling

PARIS = ZoneInfo("Europe/Paris")
BASE = "https://veille.example.com"
LATER = NOON + timedelta(minutes=28)


def told(one: Alert, language: str = "en") -> Telling:
    return Telling(one, Formats(language, PARIS), BASE)


def test_the_sentence_says_what_since_when_and_how_much() -> None:
    one = alert(revision=3, state="updated", at=LATER)
    assert told(one).sentence == (
        "Bad buzz: acme. Opened 13:00, updated 13:28, still open. Severity 7 of 10. "
        "214 negative mentions by 160 authors in 28 min; 30 to 55 expected."
    )
    assert told(one, "fr").sentence == (
        "Bad buzz\u00a0: acme. Ouverte à 13:00, mise à jour à 13:28, en cours. Gravité 7 sur 10. "
        "214 mentions négatives de 160 auteurs en 28\u00a0min\u00a0; 30 à 55 attendues."
    )


def test_read_on_a_later_day_it_says_on_which_it_was() -> None:
    one = alert(revision=3, state="updated", at=LATER)
    read = Telling(one, Formats("en", PARIS), BASE, LATER + timedelta(hours=20))
    assert read.lifecycle == "Opened 23 Nov 2026, 13:00, updated 23 Nov 2026, 13:28, still open."


def test_the_end_is_told_with_its_reason_and_the_height_it_had() -> None:
    because = "it was as usual again for an hour"
    one = alert(revision=4, state="closed", severity=1, highest=9, at=LATER, closed_because=because, authors=0)
    assert "Opened 13:00, closed 13:28. Severity 9 of 10 at most. 214 negative mentions in" in told(one).sentence
    assert f"Closed because: {because}." in list(told(one).lines([]))
    assert "Close car\u00a0: retour à l’habituel depuis une heure." in list(told(one, "fr").lines([]))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"observed": 0, "authors": 0, "kind": "silence"}, "Silence: acme"),
        ({"observed": 0, "authors": 0}, "No negative mention in 28 min; 30 to 55 expected."),
        ({"observed": 1, "authors": 1}, "1 negative mention by 1 author in 28 min"),
        (
            {"watch": "", "source": "bluesky", "kind": "source_gap", "minutes": 0},
            "Source not read: Bluesky. Opened 13:00",
        ),
        ({"opened_at": NOON - timedelta(days=1)}, "Opened 22 Nov 2026, 13:00, still open."),
    ],
)
def test_the_sentence_is_one_of_the_field_in_every_case(fields: dict[str, object], words: str) -> None:
    assert words in told(alert(**fields)).sentence  # type: ignore[arg-type]  # fields of an Alert
    assert "  " not in told(alert(**fields)).sentence  # type: ignore[arg-type]  # the same


def test_the_reasons_are_lines_with_links_to_the_page_and_no_post() -> None:
    one = alert(
        state="updated",
        changed=["severity 5 to 7", "new term thé", "something else"],
        why=Why(
            terms=[Driver("bouilloire", 98, 1.234)],
            stories=[Driver("0f3a", 120, 2)],
            authors=[Driver("key-of-an-author", 9, 0)],
            links=[Driver("https://e.example/a", 12, 0)],
            places=[Driver("FR", 80, 20), Driver("FR-75", 8, 2)],
        ),
        samples=[Sample("x:1", "first"), Sample("bluesky:did:plc:ana/3k", "dissenting")],
        from_own="x:9",
    )
    lines = list(told(one, "fr").lines([]))
    assert lines[0] == "Changements\u00a0: gravité 5 à 7, nouveau mot thé, something else."
    assert "Mots\u00a0: bouilloire (98, d’habitude 1,2)" in lines
    assert "Histoires\u00a0: une de 120 mentions, d’habitude 2" in lines
    assert "Liens\u00a0: https://e.example/a (12, d’habitude 0)" in lines
    assert "Où sont les auteurs\u00a0: France (80, d’habitude 20), France (FR-75) (8, d’habitude 2)" in lines
    assert f"- la première\u00a0: {BASE}/m/{public_id('x:1')}" in lines
    assert any(public_id("x:9") in line for line in lines)
    assert not any("did:plc" in line or "key-of-an-author" in line or "x:1" in line for line in lines)
    assert told(one).link == f"{BASE}/alerts/a1"


@pytest.mark.parametrize(
    ("rule", "english", "french"),
    [
        (
            "surely negative mentions: faster than expected, as comes once in 1,204 days; told from once in 18",
            "surely negative mentions come faster than expected, as comes once in 1,204 days; told from once in 18",
            "des mentions sûrement négatives plus rapprochées qu’attendu, comme il arrive une fois en "
            "1\u202f204 jours\u00a0; alerte dès une fois en 18",
        ),
        (
            "nothing read for 10 minutes: robots",
            "nothing read for 10 minutes: its robots.txt forbids it to programs",
            "rien n’a été lu depuis 10 minutes\u00a0: son robots.txt l’interdit aux programmes",
        ),
        ("a rule of tomorrow", "a rule of tomorrow", "a rule of tomorrow"),
    ],
)
def test_the_rule_is_said_in_the_readers_language(rule: str, english: str, french: str) -> None:
    one = alert(rule=rule)
    assert list(told(one).lines([]))[-1] == f"Rule: {english}."
    assert list(told(one, "fr").lines([]))[-1] == f"Règle\u00a0: {french}."


def test_a_gap_is_told_in_french_with_what_its_repair_lacks_and_what_was_lost() -> None:
    lacking = "quotes, reposts, followed conversations, watch acme, too long for a search, bio:"
    gap = Gap(
        id="g", source="files", since=NOON, until=LATER, cause="stalled", repaired=True, missed=9, lacking=lacking
    )
    lines = list(told(alert(gaps=["g"]), "fr").lines([gap]))
    assert (
        "Du 23 nov. 2026, 13:00 au 23 nov. 2026, 13:28, fichiers\u00a0: plus rien ne venait. Réparé, sauf\u00a0: les "
        "citations, les republications, les conversations suivies, la veille acme, trop longue pour une recherche, "
        "bio:. Perdues\u00a0: 9."
    ) in lines


def test_what_was_not_read_is_said() -> None:
    gap = Gap(id="g", source="bluesky", since=NOON, cause="disconnected")
    one = alert(coverage=0.87, gaps=["g", "gone"], held="g")
    lines = list(told(one).lines([gap]))
    assert "Not everything was read: 87% of the time since the beginning." in lines
    assert "Since 23 Nov 2026, 13:00, Bluesky: connection lost." in lines
    assert "A gap that is no longer known." in lines
    assert any(
        re.match(r"Closing held: gap since \S+, \w+\. It stays open because data stopped", line) for line in lines
    )
