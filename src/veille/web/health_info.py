"""What the health page and `/api/v1/health` tell, and how it is made of what stages and looks say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from veille.errors import VeilleError
from veille.gap import Gap
from veille.health import MOST_DEAD, Check, Checked, Dead, Group, Spending
from veille.metrics import StageCounts
from veille.reading import Heard
from veille.web.panels import Outcome
from veille.web.receivers import FailingInfo
from veille.web.sources import Newest, SourceInfo

SHOWN_DEAD = 5
"""Dead letters that are named under each reason, the newest."""

Level = Literal["ok", "partial", "wrong", "behind", "unknown", "none"]

BEHIND_S = 120.0
"""What a stage has left waiting for longer is missing from what is shown: its archive is full or away, or it hangs."""


T = TypeVar("T")


class Part(BaseModel, Generic[T]):
    """One part. `partial`: it is still being looked for; `error`: it cannot be told, `fault` says why."""

    state: Literal["ok", "partial", "error"]
    fault: str = ""
    value: T | None = None


class StageInfo(BaseModel):
    """What a stage did with all that it ever read: `read` = `out` + `dropped` + `dead` + `unaccounted`.

    All null where the stage has left no counts. `behind`: records that it has yet to read, the oldest of which came
    `behind_s` seconds ago.
    """

    stage: str
    read: int | None = None
    out: int | None = None
    dropped: dict[str, int] | None = None
    dead: dict[str, int] | None = None
    unaccounted: int | None = None
    behind: int | None = None
    behind_s: float | None = None


class DeadInfo(BaseModel):
    """Dead letters of one reason, and the newest of them."""

    reason: str
    count: int
    newest: list[Dead]


class DeadSum(BaseModel):
    """All of them; `exact` is false where there are more than were counted."""

    total: int
    exact: bool
    reasons: list[DeadInfo]


class Kept(BaseModel):
    """How long mentions of a network are kept (`days` null: for good), and the oldest that is held."""

    network: str
    days: int | None
    oldest: datetime | None
    over: bool


class ModelInfo(BaseModel):
    """What says how a text sounds, as set and in the newest mention; `unsure` of `mentions` in 24 hours.

    `scores`: its macro-F1 by language, of 100, on posts that it never learnt from; `language_scores`: the F1 of what
    says in which language a text is.
    """

    setting: str
    model: str | None
    revision: int | None
    unsure: int
    mentions: int
    corrected: int
    scores: dict[str, float]
    language_scores: dict[str, float]


class Holds(BaseModel):
    """What the archive holds."""

    mentions: int
    deleted: int
    newest: datetime | None


class Health(BaseModel):
    """Each part by itself: `ok` with its value, `partial` while it is looked for, `error` where it cannot be told.

    `level`: `ok`, or the worst of what is known. A part of which this page has nobody to ask is null.
    `failing`: receivers of notifications that take none now; null where that is not known, or nobody is to be told.
    """

    level: Level
    sources: list[SourceInfo]
    seen: Part[dict[str, Newest]]
    gaps: Part[int]
    stages: list[StageInfo]
    failing: list[FailingInfo] | None
    groups: Part[list[StageInfo]] | None
    dead: Part[DeadSum] | None
    spending: Part[Spending | None] | None
    kept: Part[list[Kept]]
    erasures: Part[int | None] | None
    checked: Part[list[Checked]] | None
    model: Part[ModelInfo]
    archive: Part[Holds]
    checks: Part[list[Check]] | None


def part_of(outcome: Outcome[Any]) -> Part[Any]:
    """What came of a look; of a fault of our own no more than that there is one."""
    fault = str(outcome.error) if isinstance(outcome.error, VeilleError) else ""
    return Part(state=outcome.state, fault=fault, value=outcome.value)


def told_too(reading: Level, failing: Sequence[FailingInfo] | None) -> Level:
    """How reading goes, but that not all is well where notifications reach nobody."""
    return "partial" if failing and reading in {"ok", "none", "unknown"} else reading


def heading_of(
    reading: Level, failing: Sequence[FailingInfo] | None, *, counted: bool = True
) -> Level | Literal["untold", "uncounted"]:
    """What to say of it in one sentence: that all is read and yet nobody is told has one of its own.

    `counted`: whether of every stage it is known what became of what it read.
    """
    if reading != "ok":
        return told_too(reading, failing)
    return "untold" if failing else "ok" if counted else "uncounted"


def level_of(sources: Sequence[SourceInfo], gaps: Sequence[Gap] | None, stages: Sequence[StageInfo]) -> Level:
    """The worst of what is known."""
    if any(stage.unaccounted for stage in stages):
        return "wrong"
    if not sources:
        return "none"
    if any(one.state in {"waiting", "stopped"} or (one.gap and one.gap.until is None) for one in sources):
        return "partial"
    if any(stage.behind_s is not None and stage.behind_s > BEHIND_S for stage in stages):
        return "behind"
    return "unknown" if gaps is None or any(one.state == "unknown" for one in sources) else "ok"


def stage_of(source: str, said: Heard | None) -> StageInfo:
    """The account of a source; one that has said nothing has none."""
    return StageInfo(stage=source, **_accounted(said.counts if said else None))


def group_of(group: Group) -> StageInfo:
    """The account of a stage that reads as a group."""
    return StageInfo(stage=group.stage, behind=group.behind, behind_s=group.behind_s, **_accounted(group.counts))


def _accounted(counts: StageCounts | None) -> dict[str, Any]:
    """What was done with all that was read; nothing where that is not known."""
    if counts is None:
        return {}
    known = counts.out + sum(counts.dropped.values()) + sum(counts.dead.values())
    return {
        "read": counts.read,
        "out": counts.out,
        "dropped": counts.dropped,
        "dead": counts.dead,
        "unaccounted": counts.read - known,
    }


def dead_of(letters: Sequence[Dead]) -> DeadSum:
    """Dead letters by reason, the most frequent first."""
    reasons = Counter(each.reason for each in letters)
    infos = [DeadInfo(reason=reason, count=count, newest=_newest(letters, reason)) for reason, count in _most(reasons)]
    return DeadSum(total=len(letters), exact=len(letters) < MOST_DEAD, reasons=infos)


def _most(reasons: Counter[str]) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda one: (-one[1], one[0]))


def _newest(letters: Sequence[Dead], reason: str) -> list[Dead]:
    return [each for each in letters if each.reason == reason][: -SHOWN_DEAD - 1 : -1]
