"""Sentiment towards a name in a text that also names others: what is said where that name stands.

    text --cut at punctuation and contrasts--> clauses --what are they about?--> the name's own --model--> scores

A clause without a name goes on about those of the clause before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from veille.mention import Enrichment, Towards
from veille.post import Post
from veille.processors.sentiment import OTHER, Opinion, model

Span = tuple[int, int]
"""First character, and the one after the last."""

_CUT = re.compile(
    r"[.!?;:…\n]+(?=\s|$)|,\s|\s[–—-]\s"
    r"|\b(?:but|while|whereas|although|though|meanwhile|however|yet|so|and|because|when|until"
    r"|mais|tandis|alors que|pendant que|par contre|en revanche|donc|et|quand|parce que|jusqu['’]à ce)\b",
    re.IGNORECASE,
)


SHORTEST = 2
"""Words of a clause: fewer belong to what follows, as the first name of `X and Y` and of `X? Late.` does."""


class Clause(NamedTuple):
    """A part of the text: whether it is about the name, and whether about others."""

    text: str
    own: bool
    others: bool


def own_part(text: str, own: Sequence[Span], others: Sequence[Span]) -> str:
    """What is said of the name alone; else all that is said of it; else the whole text."""
    about = [clause for clause in clauses(text, own, others) if clause.own]
    alone = [clause.text for clause in about if not clause.others]
    return " ".join(alone or [clause.text for clause in about] or [text])


def clauses(text: str, own: Sequence[Span], others: Sequence[Span]) -> list[Clause]:
    """The parts of a text, in order, without those that stand before the first name."""
    ends = [cut.start() for cut in _CUT.finditer(text)] + [len(text)]
    found: list[Clause] = []
    start = 0
    for end in ends:
        if end < len(text) and len(text[start:end].split()) < SHORTEST:
            continue
        mine, theirs = _stands(own, start, end), _stands(others, start, end)
        if mine or theirs:
            found.append(Clause(text[start:end], mine, theirs))
        elif found:
            found.append(found[-1]._replace(text=text[start:end]))
        start = end
    return found


def _stands(spans: Sequence[Span], start: int, end: int) -> bool:
    """Whether one of the spans begins in the clause."""
    return any(start <= first < end for first, _ in spans)


def towards(text: str, own: Sequence[Span], others: Sequence[Span], language: str = OTHER) -> Opinion:
    """How the text sounds towards the name that stands at `own`, beside others that stand at `others`."""
    return model().opinion(own_part(text, own, others), language)


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
