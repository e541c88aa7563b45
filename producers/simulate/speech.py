"""What somebody in the seeded world says: a sentence of the right subject, language and mood, with its slots filled.

subject, language --> mood --> sentence --> slots --> emoji, hashtag, link --> Said
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from veille.post import Entities, Link
from veille.producers.simulate.sentences import EMOJI, SENTENCES, SLOTS, Mood, Subject


@dataclass(frozen=True)
class Maker:
    """Who makes kettles; neither of the two exists."""

    name: str
    models: tuple[str, ...]
    """The first one is the one that scandals and praise are about."""


BRAND = Maker("Bouillance", ("Aube", "Lune 2", "Mini", "Grand Large"))
COMPETITOR = Maker("Boilwick", ("Swift", "Solo", "K3"))

MOODS: dict[Mood, int] = {"negative": 18, "neutral": 36, "positive": 33, "question": 13}
"""Weights of the moods on an ordinary day."""

TELLING: dict[Mood, int] = {"negative": 88, "neutral": 0, "positive": 88, "question": 12}
"""The same while a story is told; its sentences are either negative or positive."""

AT_LENGTH = 0.8
"""Share of those who say two things about a story: many people mean the same, few say it in the same words."""

MARKET_TAGS = {"fr": "bouilloire", "en": "kettle"}


@dataclass(frozen=True)
class Said:
    """A text, its language, and what a network would say stands in it."""

    text: str
    language: str
    entities: Entities


def say(random: Random, subject: Subject, maker: Maker, language: str) -> Said:
    """Say something. Where nothing is known to say in a language, it is said in English."""
    weights = MOODS if subject in {"brand", "market", "other"} else TELLING
    moods = [mood for mood in weights if (subject, language, mood) in SENTENCES]
    if not moods:
        return say(random, subject, maker, "en")
    mood = random.choices(moods, [weights[mood] for mood in moods])[0]
    sentences = SENTENCES[subject, language, mood]
    said = random.sample(sentences, 2 if weights is TELLING and random.random() < AT_LENGTH else 1)
    text = " ".join(_filled(random, sentence, subject, maker, language) for sentence in said)
    if random.random() < 0.25:
        text = f"{text} {random.choice(EMOJI[mood])}"
    return _with_entities(random, text, language, _tag(subject, maker, language))


def _filled(random: Random, sentence: str, subject: Subject, maker: Maker, language: str) -> str:
    told = subject in {"scandal", "praise"}
    slots = {name: random.choice(values) for name, values in SLOTS.get(language, {}).items()}
    slots["b"] = maker.name
    slots["m"] = maker.models[0] if told else random.choice(maker.models)
    return SENTENCE_START.sub(lambda found: found[1] + found[2].upper(), sentence.format_map(slots))


SENTENCE_START = re.compile(r"(^|[.!?…] )([a-zà-ÿ])")
"""A small letter that a slot put at the beginning of a sentence."""


def _tag(subject: Subject, maker: Maker, language: str) -> str | None:
    if subject == "market":
        return MARKET_TAGS.get(language)
    return None if subject == "other" else maker.name


def _with_entities(random: Random, text: str, language: str, tag: str | None) -> Said:
    hashtags: list[str] = []
    links: list[Link] = []
    if tag is not None and random.random() < 0.2:
        hashtags.append(tag)
        text = f"{text} #{tag}"
    if random.random() < 0.08:
        links.append(Link(url=f"https://gazette.example/{random.randrange(40)}"))
        text = f"{text} {links[0].url}"
    return Said(text, language, Entities(hashtags=hashtags, handles=[], cashtags=[], links=links))
