"""A seeded stream of invented posts to enrich: several languages, with and without what networks send along.

One post in three repeats an earlier one, the popular ones more often; all other texts differ. Half of the posts carry
the network's entities and declared language, as from X or Bluesky; the others say only what stands in the text.
Profiles repeat as they do among people: some places are common.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec.structs import replace

from veille.post import Author, Entities, Link, Place, Post, Reference, WatchMatch
from veille.text import entities

SENTENCES = {
    "en": (
        "My {thing} from {brand} stopped working after {n} days, and nobody at support answers",
        "Honestly the new {thing} is the best thing I bought this year, {n} out of 10",
        "Does anyone know where I can get a {thing} repaired before the {n}th?",
        "{brand} opens another shop in {place} next month, {n} jobs, says the local paper",
        "I saw {n} people queue for a {thing} this morning. Why though?",
        "Can't believe I waited {n} minutes on the phone with {brand}, never again, worst service ever",
    ),
    "fr": (
        "Ma {thing} de {brand} est tombée en panne au bout de {n} jours et le service client ne répond plus",
        "Franchement la nouvelle {thing} est une merveille, {n} sur 10, je recommande à tout le monde",
        "Quelqu’un saurait où faire réparer une {thing} avant le {n} ?",
        "{brand} ouvre une boutique à {place} le mois prochain, {n} emplois annoncés",
        "Ce matin {n} personnes faisaient la queue pour une {thing}. Quelle époque",
        "J’ai attendu {n} minutes au téléphone avec {brand}, plus jamais, service déplorable",
    ),
    "de": (
        "Mein {thing} von {brand} ist nach {n} Tagen kaputt und der Kundendienst meldet sich nicht",
        "In {place} gibt es jetzt {n} Läden, die einen {thing} reparieren, großartig!",
        "Der neue {thing} ist sein Geld wert, nach {n} Wochen bin ich immer noch begeistert",
    ),
    "es": (
        "Mi {thing} de {brand} dejó de funcionar a los {n} días y nadie contesta, qué vergüenza",
        "¿Alguien sabe dónde arreglan una {thing} en {place} antes del día {n}?",
        "La nueva {thing} es una maravilla, le doy un {n} sobre 10, la recomiendo mucho",
    ),
    "it": ("Il mio {thing} di {brand} si è rotto dopo {n} giorni e nessuno lo ripara, che delusione",),
    "pt": ("A minha {thing} da {brand} avariou ao fim de {n} dias e em {place} ninguém a arranja",),
    "ja": ("{brand}の{thing}が{n}日で壊れました。修理してくれる店を知りませんか？",),
    "ar": ("تعطلت {thing} من {brand} بعد {n} يوما ولا أحد يجيب على الهاتف",),
}
"""About one text in four names a place: more than in real streams."""

SHARES = {"en": 45, "fr": 25, "de": 6, "es": 8, "it": 3, "pt": 5, "ja": 5, "ar": 3}
THINGS = ("kettle", "bouilloire", "Wasserkocher", "tetera", "toaster", "lamp", "vélo", "radio", "やかん", "غلاية")
BRANDS = ("Acme", "Rival Inc", "Vaporine", "Maison Tasse", "Kettle & Co")
PLACES = ("Paris", "Lyon", "London", "Berlin", "Madrid", "New York", "Montréal", "São Paulo", "Roma", "Tokyo", "Nantes")
PROFILES = (
    "Paris", "Paris, France", "London", "New York, NY", "somewhere over the rainbow", "Lyon 🇫🇷", "Berlin, Germany",
    "São Paulo - Brasil", "Earth", "Tampa FL", "Toronto, Ontario", "they/them", "Madrid, España", "日本 東京", "Nantes",
    "Bruxelles | Brussels", "Manchester, England", "your mum's house", "Genève, Suisse", "Lagos, Nigeria",
)  # fmt: skip
ENDINGS = (
    "",
    "",
    " 😡",
    " 🙏🙏",
    " 😍",
    " #{tag}",
    " #{tag} #{tag}{n}",
    " https://shop.example.com/p/{n}?ref={tag}",
    " $ACME",
)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
REPOSTS = 1 / 3
RECENT = 4_000
"""Posts that may still be repeated."""

POPULARITY = 2
"""How unevenly they are: a third of them gets more than half of the reposts."""

FIRST = 1_985_000_000_000_000_000


def stream(count: int, seed: int = 1) -> Iterator[Post]:
    """So many posts, always the same ones for a seed."""
    chance = random.Random(seed)
    languages, shares = tuple(SHARES), tuple(SHARES.values())
    recent: deque[Post] = deque(maxlen=RECENT)
    for number in range(FIRST + seed * 10_000_000, FIRST + seed * 10_000_000 + count):
        if recent and chance.random() < REPOSTS:
            yield _repost(chance, recent[int(len(recent) * chance.random() ** POPULARITY)], number)
        else:
            recent.append(_post(chance, chance.choices(languages, shares)[0], number))
            yield recent[-1]


def _repost(chance: random.Random, original: Post, number: int) -> Post:
    """The same text under another id, by somebody else."""
    return replace(
        original,
        doc_id=f"x:{number}",
        native_id=str(number),
        url=f"https://x.com/i/status/{number}",
        kind="repost",
        author=_author(chance, number),
        place=None,
        ref=Reference(repost_of=original.native_id, repost_author=original.author.handle),
    )


def _post(chance: random.Random, language: str, number: int) -> Post:
    text = _text(chance, language, number)
    sent = chance.random() < 0.5
    return Post(
        doc_id=f"x:{number}",
        version=str(1_793_534_400_000_000 * 1024),
        source="x",
        native_id=str(number),
        url=f"https://x.com/i/status/{number}",
        created_at=NOW,
        received_at=NOW,
        text=text,
        langs=[language] if sent else [],
        author=_author(chance, number),
        place=Place(point=(2.35 + chance.random(), 48.85)) if chance.random() < 0.02 else None,
        entities=_entities(text) if sent else Entities(),
        matched=[WatchMatch(id="acme", terms=["acme"], spans=[(0, 4)])],
        watches_hash="0123456789abcdef",
    )


def _text(chance: random.Random, language: str, number: int) -> str:
    start = chance.choice(("", "", "@acme ", f"@someone{number % 977} ", "RT @acme: "))
    slots = {"thing": THINGS, "brand": BRANDS, "place": PLACES, "tag": BRANDS}
    filled = {name: chance.choice(values) for name, values in slots.items()}
    filled["tag"] = filled["tag"].replace(" ", "").replace("&", "")
    sentences = chance.sample(SENTENCES[language], k=min(len(SENTENCES[language]), chance.choice((1, 1, 2))))
    body = ". ".join(sentence.format(n=number % 8191, **filled) for sentence in sentences)
    return start + body + chance.choice(ENDINGS).format(n=number % 31, **filled)


def _author(chance: random.Random, number: int) -> Author:
    location = chance.choice((None, *PROFILES)) if chance.random() < 0.6 else f"{chance.choice(PLACES)} {number % 4099}"
    return Author(
        id=str(number % 100_003), handle=f"user{number % 100_003}", name="Somebody", location=location, followers=17
    )


def _entities(text: str) -> Entities:
    return Entities(
        hashtags=[entity.value for entity in entities.hashtags(text)],
        handles=[entity.value for entity in entities.handles(text)],
        cashtags=[entity.value for entity in entities.cashtags(text)],
        links=[Link(url="https://t.co/abcdefghij", expanded=entity.value) for entity in entities.urls(text)],
    )
