"""Sentiment towards a name in a text that also names others: what is said where that name stands.

    text --cut at punctuation and contrasts--> clauses --what are they about?--> the name's own --model--> scores
                                                                           `---> the others' ----^

A clause without a name goes on about those of the clause before it. A name is read as any handle: how it is spelt says
nothing of how it is spoken of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from veille.mention import Enrichment, Towards
from veille.post import Post
from veille.processors.sentiment import OTHER, Opinion, model, opinion

Span = tuple[int, int]
"""First character, and the one after the last."""

_CUT = re.compile(
    r"(?P<mark>[.!?;:…\n]+(?=\s|$)|,\s|\s[–—-]\s)"
    r"|\b(?:but|while|whereas|although|though|meanwhile|however|yet|so|and|because|when|until"
    r"|mais|tandis|alors que|pendant que|par contre|en revanche|donc|et|quand|parce que|jusqu['’]à ce)\b",
    re.IGNORECASE,
)
"""Where clauses part: behind a mark, before a word."""

SHORTEST = 2
"""Words of a clause: a name by itself belongs to what follows, as that of `X and Y` and of `X? Late.` does."""

NAME = "@name"
"""Stands for every name."""

LEANING = 0.3
"""Added to both scores: who names two brands takes sides more often than a clause alone lets one hear."""

CONTRAST = 0.3
"""Of what is said of the others alone, how much is taken from the scores: praise beside another is a comparison."""


class Clause(NamedTuple):
    """A part of the text, from `start` to before `end`: whether it is about the name, and whether about others."""

    start: int
    end: int
    own: bool
    others: bool


class Said(NamedTuple):
    """What is said of the name alone, else all that is said of it, else the whole text; and of the others alone."""

    own: str
    others: str


def said(text: str, own: Sequence[Span], others: Sequence[Span]) -> Said:
    """The parts of a text, with NAME in place of the names."""
    found, names = clauses(text, own, others), sorted([*own, *others])
    mine = [clause for clause in found if clause.own]
    alone = [clause for clause in mine if not clause.others]
    theirs = [clause for clause in found if not clause.own]
    whole = [Clause(0, len(text), own=True, others=True)]
    return Said(_unnamed(text, alone or mine or whole, names), _unnamed(text, theirs, names))


def clauses(text: str, own: Sequence[Span], others: Sequence[Span]) -> list[Clause]:
    """The parts of a text, in order, without those that stand before the first name."""
    ends = [cut.end() if cut["mark"] else cut.start() for cut in _CUT.finditer(text)] + [len(text)]
    found: list[Clause] = []
    start = 0
    for end in ends:
        mine, theirs = _stands(own, start, end), _stands(others, start, end)
        words = len(text[start:end].split())
        if not words or (end < len(text) and words < SHORTEST and (mine or theirs or not found)):
            continue
        if mine or theirs:
            found.append(Clause(start, end, mine, theirs))
        elif found:
            found.append(found[-1]._replace(start=start, end=end))
        start = end
    return found


def _unnamed(text: str, chosen: Sequence[Clause], names: Sequence[Span]) -> str:
    """Clauses with NAME in place of names; `broken`, which a watch may ask for as well, begins with a small letter."""
    parts: list[str] = []
    for clause in chosen:
        place = clause.start
        for first, last in names:
            if place <= first < clause.end and not text[first].islower():
                parts += [text[place:first], NAME]
                place = max(first, last)
        parts += [text[place : clause.end], " "]
    return " ".join("".join(parts).split())


def _stands(spans: Sequence[Span], start: int, end: int) -> bool:
    """Whether one of the spans begins in the clause."""
    return any(start <= first < end for first, _ in spans)


def towards(text: str, own: Sequence[Span], others: Sequence[Span], language: str = OTHER) -> Opinion:
    """How the text sounds towards the name that stands at `own`, beside others that stand at `others`."""
    judge = model()
    heard = said(text, own, others)
    negative, positive = (score + LEANING for score in judge.scores(heard.own))
    if heard.others:
        worse, better = judge.scores(heard.others)
        negative, positive = negative - CONTRAST * worse, positive - CONTRAST * better
    return opinion(negative, positive, judge.calibration(language))


def add_towards(post: Post, found: Enrichment) -> None:
    """Fill `sentiment.towards` of a post that names what two watches or more look for, a watch each."""
    named = {match.id: match.spans for match in found.tags.watches if match.spans}
    if len(named) < 2:
        return
    for watch, own in named.items():
        others = [span for spans in named.values() for span in spans if span not in own]
        if others:
            sounds = towards(post.text, own, others, found.language.code)
            score = round(sounds.probabilities[2] - sounds.probabilities[0], 4)
            found.sentiment.towards.append(Towards(watch, sounds.label, score))
