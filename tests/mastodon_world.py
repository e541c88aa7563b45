"""The seeded fediverse as tests of Mastodon's source meet it: how fast, for how long, and what is to be read of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from veille.producers.simulate.mastodon_faults import Fault, Faults
from veille.producers.simulate.mastodon_fediverse import Fediverse, Held
from veille.producers.simulate.mastodon_status import refusal
from veille.producers.simulate.people import INSTANCES
from veille.producers.source import Event, Received

RATE = 2.0
END = 700
"""Events of the world: some four minutes at noon."""

TOLD_S = 300.0
"""By then all of it has happened."""

OVER_S = 700.0
"""By then every post was looked at again since."""


def at(faults: Mapping[tuple[int, int], Fault]) -> Faults:
    """Faults by number of the instance and of its request."""
    return lambda instance, number: faults.get((INSTANCES.index(instance), number))


def posts(events: list[Event]) -> list[Received]:
    return [event for event in events if isinstance(event, Received)]


def wanted(fediverse: Fediverse, instances: Sequence[str] = INSTANCES) -> dict[str, dict[str, Held]]:
    """Every post that is held somewhere and whose author lets it be read: by URI, where it is held."""
    found: dict[str, dict[str, Held]] = {}
    for instance, held in fediverse.statuses().items():
        if instance not in instances:
            continue
        for uri, each in held.items():
            if refusal(each.post.author.id) is None:
                found.setdefault(uri, {})[instance] = each
    return found
