"""What the stages and this machine say of themselves, for the page: checks, dead letters, spending, how far groups are.

Kafka or the data folder --veille.looking--> Looks --> web/health.py, each look by itself, with a deadline
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from veille.metrics import StageCounts

State = Literal["ok", "note", "wrong", "away"]


@dataclass(frozen=True)
class Check:
    """One thing looked at. `note`: worth knowing; `wrong`: must be mended; `away`: a service does not answer."""

    name: str
    state: State
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Dead:
    """A dead letter without its bytes."""

    id: str
    """As `veille dead show` takes it."""
    stage: str
    reason: str
    at: str
    """When it was buried, RFC 3339."""
    sha256: str
    """Of the bytes that are kept."""
    source: str = ""


@dataclass(frozen=True)
class Group:
    """A stage that reads a topic as a group."""

    stage: str
    counts: StageCounts | None
    """None: it has left none, as on the embedded broker, which keeps none."""
    behind: int | None
    """Records that it has yet to read; None: it has never said where it is."""
    behind_s: float | None = None
    """How long ago the oldest of them came; 0 where there is none."""


@dataclass(frozen=True)
class Checked:
    """How far it is known what a network has deleted without telling anybody, of all that the archive holds of it."""

    network: str
    began: datetime | None
    """No mention of it has waited to be asked about for longer than since then; None: none was asked about yet."""


@dataclass(frozen=True)
class Spending:
    """What reading X costs in US dollars, by veille's own count; `budget` null: no limit; days and months are UTC's."""

    posts_today: int
    posts_month: int
    spent_today: float
    spent_month: float
    projected_month: float
    budget: float | None
    stopped: bool
    next_month: datetime
    counted_since: datetime | None
    post_price: float
    runs_out: datetime | None
    """When the budget is spent at this pace, where that is before the month ends."""


@dataclass(frozen=True)
class Looks:
    """Each raises a VeilleError where it cannot tell. All of them may take seconds."""

    checks: Callable[[], list[Check]]
    dead: Callable[[], list[Dead]]
    """The newest at most `MOST_DEAD`, oldest first."""
    groups: Callable[[], list[Group]]
    spending: Callable[[], Spending | None]
    """None: X is not read."""
    erasures: Callable[[], int | None]
    """Orders about authors that are not carried out to their end; None: nobody has said."""
    checked: Callable[[], list[Checked]] = list
    """Of the networks that have to be asked."""


MOST_DEAD = 5_000
