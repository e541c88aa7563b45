"""What people did about a mention, brought onto it: the labels that they put right are its labels from then on.

    mention as enrichment made it, or as an archive has it --what stands is taken off--> as found
        --actions in effect--> labels of people, and beside them what enrichment had said

Doing it again changes nothing, and with no action left the mention is as enrichment made it. So what people say counts
whatever came first, the action or a newer version of the mention.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from veille.action import NOWHERE, Action
from veille.mention import Found, Geo, Language, Mention, Sentiment

BY = "people"
"""In `sentiment.model`, `language.by` and `geo.by`."""

SCORES = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}

Plain = dict[str, Any]
"""A mention, or a part of one, as it stands in JSON."""


def with_actions(mention: Plain, actions: Iterable[Action]) -> Plain:
    """The mention under the actions that are in effect about it. Fields that are not ours stay; `mention` too."""
    changed = as_found(mention)
    people: Plain = {}
    found: Plain = {}
    corrected: list[str] = []
    for action in sorted(actions, key=lambda each: each.key):
        if action.field == "handled":
            people["handled"] = True
        elif action.field == "assigned":
            people["assigned"] = action.value
        elif action.field == "note":
            people["noted"] = True
        elif action.labels and _put(changed, found, action):
            corrected.append("watch" if action.field == "not_about" else action.field)
    if corrected:
        people |= {"corrected": list(dict.fromkeys(corrected)), "found": found}
    return changed | ({"people": people} if people else {})


def as_found(mention: Plain) -> Plain:
    """The mention as enrichment made it."""
    changed = dict(mention)
    found = (changed.pop("people", None) or {}).get("found") or {}
    for field in ("sentiment", "language", "geo"):
        if field in found:
            changed[field] = found[field]
    if "question" in found or found.get("watches"):
        tags = dict(changed.get("tags") or {})
        if "question" in found:
            tags["question"] = found["question"]
        if found.get("watches"):
            tags["watches"] = found["watches"]
        changed["tags"] = tags
    return changed


def label_of(mention: Mention, field: str) -> str:
    """What enrichment says of a label, as an action writes it; empty for what is no label."""
    found = mention.people.found if mention.people is not None else Found()
    if field == "sentiment":
        return (found.sentiment or mention.sentiment).label
    if field == "language":
        return (found.language or mention.language).code
    if field == "country":
        return (found.geo or mention.geo).country or NOWHERE
    if field == "question":
        return "yes" if (mention.tags.question if found.question is None else found.question) else "no"
    return ""


def of_place(mention: Mention) -> bool:
    """Whether its country was found from what its author may have scrubbed: no action may keep that."""
    found = mention.people.found.geo if mention.people is not None else None
    return (found or mention.geo).by in {"coordinates", "place"}


def _put(mention: Plain, found: Plain, action: Action) -> bool:
    """Put one label right, and note what was found; whether there is anything to be put right."""
    if action.field == "not_about":
        return _without_watch(mention, found, action.watch)
    if action.field == "question":
        tags = mention.get("tags") or {}
        found["question"] = bool(tags.get("question"))
        mention["tags"] = {**tags, "question": action.value == "yes"}
        return True
    name = "geo" if action.field == "country" else action.field
    found[name] = mention.get(name) or msgspec.to_builtins(NOTHING[name])
    mention[name] = _label(action, found[name])
    return True


NOTHING: dict[str, Sentiment | Language | Geo] = {"sentiment": Sentiment(), "language": Language(), "geo": Geo()}
"""What is found where nothing is."""


def _label(action: Action, before: Plain) -> Plain:
    value = action.value
    if action.field == "sentiment":
        return {**before, "label": value, "score": SCORES[value], "confidence": 1.0, "model": BY}
    if action.field == "language":
        return {"code": value, "confidence": 1.0, "by": BY}
    if value == NOWHERE:
        return {"by": BY, "confidence": 1.0}
    return {"country": value, "precision": "country", "by": BY, "confidence": 1.0}


def _without_watch(mention: Plain, found: Plain, watch: str) -> bool:
    tags = mention.get("tags") or {}
    matched = tags.get("watches") or []
    left = [each for each in matched if each.get("id") != watch]
    if len(left) == len(matched):
        return False
    found.setdefault("watches", matched)
    mention["tags"] = {**tags, "watches": left}
    return True
