"""The account: every record that was published is in effect, superseded, dropped on purpose or dead. It must close.

    posts topic + dead letters + archive --> Account          closes when nothing is lost

What a source buries or drops before publishing is counted in `published` too, so that the sum holds from the first
byte read; posts that no watch matches are not: they were never ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from veille.identity import PUBLISHED, at_revision, is_delete
from veille.metrics import NEVER_OURS, StageCounts

Place = tuple[str, int, int]
"""Topic, partition, offset of a record."""


@dataclass
class Published:
    """What stands on the posts topic, and where: distinct records with their places, and how many were repeats."""

    places: dict[tuple[str, int], list[Place]] = field(default_factory=dict)
    total: int = 0

    def add(self, doc_id: str, version: int, place: Place) -> None:
        """Take one record of the posts topic into account."""
        self.places.setdefault((doc_id, version), []).append(place)
        self.total += 1


class Account(msgspec.Struct, frozen=True):
    """The sum over a whole run. `lost` records are accounted for nowhere; `stages` says what each source did."""

    published: int
    in_effect: int
    superseded: int
    repeated: int
    dropped: int
    dead: int
    lost: int
    closes: bool
    stages: dict[str, StageCounts]

    def told(self) -> str:
        """The sum in a line for people."""
        end = "Nothing is lost." if self.closes else f"{self.lost:,} records are accounted for nowhere."
        return (
            f"{self.published:,} published = {self.in_effect:,} in effect + {self.superseded:,} superseded"
            f" + {self.dropped:,} dropped + {self.dead:,} dead; {self.repeated:,} repeated. {end}"
        )


def settle(
    published: Published,
    archived: Mapping[str, int],
    dead_places: Iterable[Place],
    sources: Mapping[str, StageCounts],
) -> Account:
    """Close the account of a run whose stages are done with everything.

    `archived` maps each doc id of the archive to its version, markers included; `dead_places` say where on the posts
    topic the records stood that enrichment or a sink buried; `sources` is what each source did in this run.
    """
    buried = set(dead_places)
    in_effect = superseded = dead = lost = 0
    for (doc_id, version), places in published.places.items():
        held = archived.get(doc_id)
        if held is not None and as_published(held) == version:
            in_effect += 1
        elif held is not None and as_published(held) > version:
            superseded += 1
        elif buried.intersection(places):
            dead += 1
        else:
            lost += 1
    dead_at_source = sum(sum(counts.dead.values()) for counts in sources.values())
    dropped = sum(
        times for counts in sources.values() for reason, times in counts.dropped.items() if reason not in NEVER_OURS
    )
    return Account(
        published=len(published.places) + dead_at_source + dropped,
        in_effect=in_effect,
        superseded=superseded,
        repeated=published.total - len(published.places) + sum(counts.repeated for counts in sources.values()),
        dropped=dropped,
        dead=dead + dead_at_source,
        lost=lost,
        closes=lost == 0,
        stages=dict(sources),
    )


def as_published(version: int) -> int:
    """The version under which a record was published, whichever enrichment made this one."""
    return version if is_delete(version) else at_revision(version, PUBLISHED)
