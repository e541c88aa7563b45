"""Invented texts and mildly edited copies of them, always the same for a seed: what near-duplicates are judged by.

frequent words of a language --drawn as often as they are used--> text --an edit--> its copy

Words alone make no sense, but share what texts of a language share: beginnings, endings, small words.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from unicodedata import combining, normalize

from veille.evaluate.duplicates import Case
from veille.processors.language_doubt import frequent_words

LANGUAGES = ("en", "fr", "es", "de", "it", "pt", "nl", "ar", "ru", "tr")
LONG = 15
"""Words from which a text stays nearly the same when a word or its end is another."""

MOST = 40
SHORTEST = 5
"""Words of a text: about 25 letters."""

Edit = Callable[[random.Random, str], str]

_SIGNS = re.compile(r"[.,!?]+")


def texts(count: int, seed: int, *, least: int = SHORTEST) -> Iterator[str]:
    """So many texts of at least that many words, in ten languages."""
    chance = random.Random(seed)  # noqa: S311  # invented texts, no secret
    for number in range(count):
        words = frequent_words(LANGUAGES[number % len(LANGUAGES)])
        yield _text(chance, words, chance.randint(least, MOST))


def _text(chance: random.Random, words: list[str], length: int) -> str:
    """Words by Zipf's law: that of rank r as often as 1/r."""
    drawn = [words[int(len(words) ** chance.random()) - 1] for _ in range(length)]
    signed = [word + (chance.choice(".,!?") if chance.random() < 0.1 else "") for word in drawn]
    return " ".join(signed).capitalize()


def _case(chance: random.Random, text: str) -> str:
    return text.upper() if chance.random() < 0.5 else text.lower()


def _accents(_: random.Random, text: str) -> str:
    return "".join(char for char in normalize("NFKD", text) if not combining(char))


def _punctuation(chance: random.Random, text: str) -> str:
    return _SIGNS.sub(lambda _: chance.choice(("", " !", "...", " -")), text) + " !!!"


def _link(chance: random.Random, text: str) -> str:
    return f"{text} https://news.example/{chance.randrange(10**8)}?from=feed"


def _repost(chance: random.Random, text: str) -> str:
    return f"RT @somebody{chance.randrange(1000)}: {text}"


def _emoji(chance: random.Random, text: str) -> str:
    return f"{chance.choice('😀🔥👏')} {text} {chance.choice(('❤️', '👏🏽👏🏽', '🙏🏻', '👩‍👩‍👧'))}"


def _hashtag(chance: random.Random, text: str) -> str:
    return f"{text} #{chance.choice(('win', 'deal', 'news', 'acme', 'jeudi'))}"


def _replaced(chance: random.Random, text: str) -> str:
    words = text.split(" ")
    words[chance.randrange(len(words))] = chance.choice(("really", "aujourd'hui", "siempre", "heute"))
    return " ".join(words)


def _added(chance: random.Random, text: str) -> str:
    words = text.split(" ")
    words.insert(chance.randrange(len(words) + 1), chance.choice(("really", "aujourd'hui", "siempre", "heute")))
    return " ".join(words)


def _cut(chance: random.Random, text: str) -> str:
    """The last quarter at most."""
    return text[: int(len(text) * chance.uniform(0.75, 0.95))].rstrip() + "…"


ANY: Mapping[str, Edit] = {
    "case": _case,
    "accents": _accents,
    "punctuation": _punctuation,
    "link": _link,
    "repost": _repost,
    "emoji": _emoji,
    "hashtag": _hashtag,
}
"""Edits of any text."""

OF_LONG: Mapping[str, Edit] = {"replaced": _replaced, "added": _added, "cut": _cut}
"""Edits of a text of LONG words and more."""

_ALL = {**ANY, **OF_LONG}


def copies(edit: str, count: int, seed: int) -> Iterator[Case]:
    """So many texts with a copy, by one of the edits."""
    chance = random.Random(seed)  # noqa: S311  # invented texts, no secret
    for text in texts(count, seed, least=SHORTEST if edit in ANY else LONG):
        yield Case(text, _ALL[edit](chance, text), same=True)
