"""The alert: something unusual about a watch or a source, from its opening to its close. Value of `veille.alerts.v1`.

opened --> updated --> ... --> closed          one id, one key; each record is the whole alert as it is then

It holds doc ids and author keys, never a text or a name: they are resolved when it is read.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from veille.errors import Invalid

Kind = Literal["peak", "bad_buzz", "good_buzz", "silence", "competitor_peak", "source_gap"]
State = Literal["opened", "updated", "closed"]
Role = Literal["first", "most_copied", "typical", "dissenting"]

URGENT = 6
"""Severity from which somebody is called."""

COUNTED_MINUTES = 120
"""Of one that goes on for longer so many of the last minutes are counted."""


class Driver(Struct, frozen=True, gc=False):
    """A term, story, author, link or place with more of the mentions than it usually has."""

    value: str
    """Words are folded; stories by their id; authors by their key; places as ISO 3166 codes."""
    count: int
    """Mentions with it since the onset."""
    usual: float
    """Mentions with it that were to be expected in as long a time."""


class Why(Struct, frozen=True, omit_defaults=True, gc=False):
    """What is over-represented against the usual, most so first."""

    terms: list[Driver] = msgspec.field(default_factory=list)
    """Words."""
    stories: list[Driver] = msgspec.field(default_factory=list)
    """Story ids."""
    authors: list[Driver] = msgspec.field(default_factory=list)
    """Keys of authors; resolved when read."""
    links: list[Driver] = msgspec.field(default_factory=list)
    """Addresses."""
    places: list[Driver] = msgspec.field(default_factory=list)
    """ISO 3166 codes."""


class Sample(Struct, frozen=True, gc=False):
    """A mention to read first, and why this one."""

    doc_id: str
    """Of the mention."""
    role: Role
    """Why this one."""


class Step(Struct, frozen=True, omit_defaults=True, gc=False):
    """One change of an alert: its opening, an update, its close."""

    at: datetime
    """When."""
    state: State
    """After it."""
    severity: int
    """After it, 1 to 10."""
    changed: list[str] = msgspec.field(default_factory=list)
    """What of the alert changed."""


class Alert(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One alert as it is after its latest change."""

    id: str
    """Stable from opening to close; the record key."""
    kind: Kind
    """What is unusual."""
    state: State
    """Where it is between opening and close."""
    revision: int
    """Grows with each change: 1 as opened."""
    watch: str = ""
    """Id of the watch; empty where a source is meant."""
    source: str = ""
    """Name of the source, of a silence or a gap of one source."""
    since: datetime
    """From when on it was unusual, as far as can be told: the onset."""
    opened_at: datetime
    """When it was opened."""
    updated_at: datetime
    """When it changed last."""
    closed_at: datetime | None = None
    """When it was closed; None while it is open."""
    severity: int
    """1 to 10 now; somebody is called from 6 on."""
    highest: int
    """The highest severity so far."""
    observed: int = 0
    """Mentions since the onset, or of the scale's length (`minutes`)."""
    minutes: int = 0
    """Over how many minutes `observed` and `expected` are counted."""
    expected: float = 0.0
    """Mentions that this hour of the week leads to expect in as many minutes."""
    expected_low: float = 0.0
    """Lower end of the band."""
    expected_high: float = 0.0
    """The band that as many minutes usually keep to."""
    authors: int = 0
    """Distinct authors of the mentions since the onset."""
    stories: int = 0
    """Distinct stories of them."""
    rule: str = ""
    """Which rule fired, and at which threshold, in one line."""
    coverage: float = 1.0
    """Share of the time since the onset, over all enabled sources, in no gap."""
    gaps: list[str] = msgspec.field(default_factory=list)
    """Ids of gaps that may distort it."""
    held: str = ""
    """Id of the gap that keeps it open: data stopped, which is no reason to close."""
    from_own: str = ""
    """Doc id of the post of our own that it started from."""
    why: Why = msgspec.field(default_factory=Why)
    """What is over-represented."""
    samples: list[Sample] = msgspec.field(default_factory=list)
    """Mentions to read first."""
    changed: list[str] = msgspec.field(default_factory=list)
    """What this record changed: `severity 5 to 7`, `new term kettle`, `onset earlier`; empty as opened."""
    history: list[Step] = msgspec.field(default_factory=list)
    """How it went, earliest first; the middle of a long one is left out."""
    closed_because: str = ""
    """Why it is over; empty while it is not."""

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.state != "closed"


_DECODER = msgspec.json.Decoder(Alert)


def counted(alert: Alert) -> tuple[datetime, datetime] | None:
    """From when until when `observed` is counted; None of a long one that is over, which does not keep it."""
    length = timedelta(minutes=alert.minutes)
    if alert.minutes < COUNTED_MINUTES:
        return alert.since, alert.since + length
    until = alert.updated_at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return (until - length, until) if alert.open else None


def updated(alert: Alert, changed: list[str], at: datetime) -> Alert:
    """It goes on otherwise than before, as it says already."""
    return replace(alert, state="updated", revision=alert.revision + 1, updated_at=at, changed=changed)


def closed(alert: Alert, because: str, at: datetime) -> Alert:
    """It is over."""
    return replace(
        alert,
        state="closed",
        revision=alert.revision + 1,
        updated_at=at,
        closed_at=at,
        held="",
        changed=[],
        closed_because=because,
    )


def decode(value: bytes) -> Alert:
    """Read a record's value. Raises Invalid (`not_json`)."""
    try:
        return _DECODER.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid("not_json", str(error)) from error
