"""Labels that people put right on the page, as a labelled file that `veille eval` reads.

actions on mentions --the latest of each--> label, with the text that the archive has of it --> one case a line

What was deleted or hidden meanwhile is left out with its text. X lets nobody pass on texts but so many a day, by hand:
of its posts the ids and labels are told beside the file, and those alone that were asked for are in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, get_args
from zoneinfo import ZoneInfo

import msgspec

from veille.action import NOWHERE, Action, Field
from veille.archive import Archive
from veille.errors import Misused
from veille.evaluate import geo, language, questions, sentiment
from veille.export import allowance
from veille.export.files import writing
from veille.export.order import output, tell_beside
from veille.identity import EPOCH
from veille.mention import Mention, SentimentLabel
from veille.questions import NO_QUESTION
from veille.settings import Settings
from veille.showing import hidden
from veille.sinks import open_archive

TOGETHER = 200

Case = sentiment.Case | language.Case | geo.Case | questions.Case


class Labelled(NamedTuple):
    """A case, and the mention that it is of."""

    case: Case
    mention: Mention
    label: str


def _lang(mention: Mention) -> str | None:
    return None if mention.language.code == "und" else mention.language.code


def _sentiment(mention: Mention, label: str) -> Case | None:
    known = {each: each for each in get_args(SentimentLabel)}
    return sentiment.Case(mention.text, known[label], _lang(mention)) if label in known else None


def _language(mention: Mention, label: str) -> Case:
    return language.Case(mention.text, label)


def _geo(mention: Mention, label: str) -> Case | None:
    """The text of the profile: nothing else is read by `veille.processors.geo`."""
    found = (mention.people.found.geo if mention.people is not None else None) or mention.geo
    if not mention.author.location or found.by in {"coordinates", "place"}:
        return None
    return geo.Case(mention.author.location, None if label == NOWHERE else label)


def _question(mention: Mention, label: str) -> Case:
    return questions.Case(mention.text, label != NO_QUESTION, _lang(mention))


TASKS: dict[str, tuple[Field, Callable[[Mention, str], Case | None]]] = {
    "sentiment": ("sentiment", _sentiment),
    "language": ("language", _language),
    "geo": ("country", _geo),
    "questions": ("question", _question),
}
"""By task of `veille eval`: the label that people put right, and its case."""


def corrected(archive: Archive, task: str) -> Iterator[Labelled]:
    """Every label of a task that people put right, in order of when they did. Raises Unavailable."""
    field, case_of = TASKS[task]
    said = [each for each in archive.done_since("mention", EPOCH) if each.field == field and each.value]
    said.sort(key=lambda action: (action.at, action.subject))
    for start in range(0, len(said), TOGETHER):
        some: list[Action] = said[start : start + TOGETHER]
        mentions = archive.mentions([action.subject for action in some])
        for action in some:
            mention = mentions.get(action.subject)
            if mention is not None and not hidden(mention, signed_in=True):
                case = case_of(mention, action.value)
                if case is not None:
                    yield Labelled(case, mention, action.value)


def write(task: str, to: str, settings: Settings, now: datetime, *, x_texts: int = 0) -> dict[str, Any]:
    """Write the file; gives what `FILE.about.json` says. Raises Misused, Unavailable, Corrupt."""
    if task not in TASKS:
        raise Misused(f"--labels {task}: expected one of {', '.join(TASKS)}")
    about: dict[str, Any] = {
        "labels": task,
        "exported_at": now.astimezone(ZoneInfo(settings.web.zone)),
        "rows": 0,
        "ids_alone": [],
    }
    archive = open_archive(settings)
    try:
        if x_texts:
            allowance.take(settings.data, now.date(), x_texts)
        with output(to) as out, writing("ndjson", out, about) as writer:
            for one in corrected(archive, task):
                if one.mention.source == "x" and x_texts <= 0:
                    about["ids_alone"].append({"id": one.mention.native_id, "label": one.label})
                    continue
                x_texts -= one.mention.source == "x"
                about["rows"] += 1
                writer.write([msgspec.to_builtins(one.case)])
    finally:
        archive.close()
    tell_beside(to, about)
    return about
