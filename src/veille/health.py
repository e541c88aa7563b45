"""What the stages and this machine say of themselves, for the page: checks, dead letters, spending, how far groups are.

Kafka or the data folder --veille.looking--> Looks --> web/health.py, each look by itself, with a deadline
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from msgspec import Struct

from veille.metrics import StageCounts

State = Literal["ok", "note", "wrong", "away"]


class Check(Struct, frozen=True):
    """One thing looked at. `note`: worth knowing; `wrong`: must be mended; `away`: a service does not answer."""

    name: str
    state: State
    found: str
    remedy: str = ""


class Dead(Struct, frozen=True):
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


class Group(Struct, frozen=True):
    """A stage that reads a topic as a group."""

    stage: str
    counts: StageCounts | None
    """None: it has left none, as on the embedded broker, which keeps none."""
    behind: int | None
    """Records that it has yet to read; None: it has never said where it is."""


class Spending(Struct, frozen=True):
    """What reading X costs, in US dollars, by our own count; days and months are UTC's."""

    posts_today: int
    posts_month: int
    spent_today: float
    spent_month: float
    projected_month: float
    budget: float | None
    """A month; None: no limit."""
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


MOST_DEAD = 5_000
