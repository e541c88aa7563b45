"""An alert in words, the same for page and messages, in either language: the sentence, and why, a line a block.

It names no author and quotes no post: posts are linked by the opaque address of their mention, where what was deleted
or hidden meanwhile is not shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from veille.alert import Alert, Driver
from veille.formats import Formats
from veille.gap import Gap
from veille.gap_telling import cause_named, source_named, told
from veille.identity import public_id
from veille.words import speaker

MOST_DRIVERS = 5
SAMPLES = 3

KINDS = {
    "peak": "alert_peak",
    "bad_buzz": "alert_bad_buzz",
    "good_buzz": "alert_good_buzz",
    "silence": "alert_silence",
    "competitor_peak": "alert_competitor_peak",
    "source_gap": "alert_source_gap",
}
BLOCKS = {"terms": "alert_terms", "stories": "alert_stories", "links": "alert_links", "places": "alert_places"}
MENTIONS = ("alert_mentions_none", "alert_mentions_one", "alert_mentions")
OF_A_MOOD = {
    "bad_buzz": ("alert_negative_none", "alert_negative_one", "alert_negative"),
    "good_buzz": ("alert_positive_none", "alert_positive_one", "alert_positive"),
}
"""What a kind counts, where that is not every mention: none, one, several."""
AUTHORS = ("alert_authors", "alert_authors_one", "alert_authors")
CHANGES = {
    "onset earlier": "alert_change_onset",
    "held by a gap": "alert_change_held",
    "no longer held": "alert_change_let_go",
}
ENDS = {
    "it was as usual again for an hour": "alert_as_usual",
    "reading went on": "alert_read_on",
    "it is not watched like this any more": "alert_not_watched",
}
RARE = re.compile(r"(?P<what>.+), as comes once in (?P<days>[\d,]+) days; told from once in (?P<opens>[\d,]+)")
UNREAD = re.compile(r"nothing read for (\d+) minutes: (.+)")
RULES = {
    "mentions: faster than expected": "rule_mentions_fast",
    "mentions: more in 5 minutes or 6 hours": "rule_mentions_many",
    "surely negative mentions: faster than expected": "rule_negative_fast",
    "surely negative mentions: more in 5 minutes or 6 hours": "rule_negative_many",
    "surely positive mentions: faster than expected": "rule_positive_fast",
    "surely positive mentions: more in 5 minutes or 6 hours": "rule_positive_many",
    "fewer mentions than are expected": "rule_silence",
}
ROLES = {
    "first": "alert_sample_first",
    "most_copied": "alert_sample_most_copied",
    "typical": "alert_sample_typical",
    "dissenting": "alert_sample_dissenting",
}


class Telling:
    """One alert, for one reader. `base` is what addresses on the page begin with.

    `read`: when it is read, where that may be long after its latest change, of which a message tells at once.
    """

    def __init__(self, alert: Alert, formats: Formats, base: str, read: datetime | None = None) -> None:
        self._alert, self._formats, self._base = alert, formats, base
        self._read = read or alert.updated_at
        self._say = speaker(formats.language)

    @property
    def about(self) -> str:
        """`Bad buzz: acme`."""
        subject = self._alert.watch or source_named(self._alert.source, self._formats)
        return self._say("alert_about", kind=self._say(KINDS[self._alert.kind]), subject=subject)

    @property
    def sentence(self) -> str:
        """What it is, since when, whether it goes on, how much of it there is."""
        return " ".join(part for part in (f"{self.about}.", self.lifecycle, self._severity(), self.counts) if part)

    @property
    def lifecycle(self) -> str:
        """`Opened 13:52, updated 14:20, still open.`, or when it was closed."""
        alert = self._alert
        times = {"opened": self._when(alert.opened_at), "updated": self._when(alert.updated_at)}
        if not alert.open:
            return self._say("alert_closed", closed=self._when(alert.closed_at or alert.updated_at), **times)
        is_later = alert.state == "updated" and times["updated"] != times["opened"]
        return self._say("alert_updated" if is_later else "alert_opened", **times)

    @property
    def counts(self) -> str:
        """How much of what it is about there was, by how many, and how much was expected; empty where nothing was."""
        alert, number = self._alert, self._formats.number
        if not alert.minutes:
            return ""
        authors = self._many(AUTHORS, alert.authors) if alert.authors else ""
        counts = self._say(
            "alert_counts",
            mentions=self._many(OF_A_MOOD.get(alert.kind, MENTIONS), alert.observed),
            authors=authors,
            minutes=number(alert.minutes),
            low=number(round(alert.expected_low)),
            high=number(round(alert.expected_high)),
        )
        return counts if authors else counts.replace("  ", " ")

    @property
    def link(self) -> str:
        """Its page."""
        return f"{self._base}/alerts/{self._alert.id}"

    @property
    def because(self) -> str:
        """Why it is over; empty while it is not."""
        return self._because(self._alert.closed_because) if self._alert.closed_because else ""

    @property
    def rule(self) -> str:
        """Which rule fired, and at which threshold; a record of another version's as it stands there."""
        rule = self._alert.rule
        if found := UNREAD.fullmatch(rule):
            return self._say("rule_unread", n=found[1], cause=cause_named(found[2], self._formats))
        found = RARE.fullmatch(rule)
        if found is None or found["what"] not in RULES:
            return rule
        days, opens = (self._formats.exact(int(found[name].replace(",", ""))) for name in ("days", "opens"))
        return self._say("rule_rare", what=self._say(RULES[found["what"]]), days=days, opens=opens)

    def held(self, gap: Gap | None) -> str:
        """Why it stays open although it may be over, and since which gap, where that is known."""
        why = self._say("alert_held")
        if gap is None:
            return why
        since = self._say(
            "alert_held_since", time=self._when(gap.since), source=source_named(gap.source, self._formats)
        )
        return f"{since} {why}"

    def changes(self, changed: Iterable[str]) -> str:
        """What a record of it changed."""
        return ", ".join(map(self._change, changed))

    def lines(self, gaps: Iterable[Gap]) -> Iterator[str]:
        """What changed, why, what to read first, what was not read; `gaps` are those that are known."""
        alert, say, known = self._alert, self._say, {gap.id: gap for gap in gaps}
        if alert.changed and alert.state == "updated":
            yield say("alert_changed", changes=self.changes(alert.changed))
        if alert.closed_because:
            yield say("alert_because", why=self.because)
        if alert.held:
            yield self.held(known.get(alert.held))
        for name, block in BLOCKS.items():
            if drivers := getattr(alert.why, name)[:MOST_DRIVERS]:
                yield say(
                    "alert_why", block=say(block), drivers=", ".join(self._driver(name, each) for each in drivers)
                )
        if alert.from_own:
            yield say("alert_own", link=self._mention(alert.from_own))
        if alert.samples:
            yield say("alert_samples")
            for sample in alert.samples[:SAMPLES]:
                yield say("alert_sample", role=say(ROLES[sample.role]), link=self._mention(sample.doc_id))
        yield from self._missing(known)
        if alert.rule:
            yield say("alert_rule", rule=self.rule)

    def _severity(self) -> str:
        alert = self._alert
        if alert.open:
            return self._say("alert_severity", n=alert.severity)
        return self._say("alert_severity_was", n=alert.highest)

    def _many(self, keys: tuple[str, str, str], count: int) -> str:
        """None, one, several."""
        return self._say(keys[min(count, 2)], n=self._formats.number(count))

    def _when(self, moment: datetime) -> str:
        """In a sentence; the day as well where it is another than that on which it is read."""
        formats, zone = self._formats, self._formats.zone
        if moment.astimezone(zone).date() == self._read.astimezone(zone).date():
            return self._say("at_minute", time=formats.minute(moment))
        return self._say("at_day", day=formats.date(moment), time=formats.minute(moment))

    def _change(self, change: str) -> str:
        """What a record says in English, in the reader's language where it is known."""
        if found := re.fullmatch(r"severity (\d+) to (\d+)", change):
            return self._say("alert_change_severity", before=found[1], after=found[2])
        if found := re.fullmatch(r"new term (.+)", change):
            return self._say("alert_change_term", word=found[1])
        return self._say(CHANGES[change]) if change in CHANGES else change

    def _because(self, why: str) -> str:
        if found := re.fullmatch(r"it is told as (.+)", why):
            return self._say("alert_told_as", id=found[1])
        return self._say(ENDS[why]) if why in ENDS else why

    def _driver(self, block: str, driver: Driver) -> str:
        """Stories have no name but their first mention's hash: their size says enough."""
        count, usual = self._formats.number(driver.count), self._formats.exact(round(driver.usual, 1))
        if block == "stories":
            return self._say("alert_story", n=count, usual=usual)
        value = self._place(driver.value) if block == "places" else driver.value
        return self._say("alert_driver", value=value, n=count, usual=usual)

    def _place(self, code: str) -> str:
        return self._formats.country(code.partition("-")[0]) + (f" ({code})" if "-" in code else "")

    def _mention(self, doc_id: str) -> str:
        return f"{self._base}/m/{public_id(doc_id)}"

    def _missing(self, known: dict[str, Gap]) -> Iterator[str]:
        alert = self._alert
        if alert.coverage < 1:
            yield self._say("alert_coverage", percent=self._formats.percent(alert.coverage))
        for gap_id in alert.gaps:
            yield told(known[gap_id], self._formats) if gap_id in known else self._say("alert_gap_unknown")
