"""Variations of posts: parts of them, some words replaced by others of their language.

No reader labels them: the transformer says how each sounds (`teach`). They show the model what single words do, and
words that no labelled post holds.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from random import Random

from veille.processors.data.train_sentiment.sources import Labelled

PART = 0.6
"""Share of the texts of which only a part is kept: 35 to 80 in 100 of the words, four at least."""

REPLACED = (0.0, 0.15, 0.3, 0.3, 0.45)
"""Share of a text's words that are replaced, each as likely."""

SHUFFLED = 0.15
"""Share of the texts whose words are put in any order."""

SOURCES = (4, 4, 2)
"""How often a word comes from the language's posts, from its frequent words, from those that the lists know."""

_KEPT = re.compile(r"(?:[@#]|http)\S*")
"""Handles, tags and links stay as they are."""

_LETTERS = re.compile(r"[^\W\d_]{2,}")


class Words:
    """Words to draw, those of greater weight more often."""

    def __init__(self, weights: dict[str, float]) -> None:
        self._words, self._ends = list(weights), list(accumulate(weights.values()))

    def draw(self, random: Random) -> str:
        """One of them."""
        return self._words[min(bisect(self._ends, random.random() * self._ends[-1]), len(self._words) - 1)]


class Variations:
    """Makes variations of posts of the languages of `posts`.

    `frequent` has the frequent words of each language, the most frequent first; `listed` those of the word lists.
    """

    def __init__(
        self, posts: Sequence[Labelled], frequent: Mapping[str, Sequence[str]], listed: Collection[str], seed: int
    ) -> None:
        self._random = Random(seed)  # noqa: S311 -- variety, not a secret
        self._words: dict[str, tuple[Words, ...]] = {}
        for code, common in frequent.items():
            own = Counter(word.lower() for post in posts if post.lang == code for word in _LETTERS.findall(post.text))
            sources = (
                {word: times**0.5 for word, times in own.items()},
                {word: (rank + 500) ** -0.5 for rank, word in enumerate(common)},
                {word: 1.0 for word in common if word in listed},
            )
            self._words[code] = tuple(Words(source) for source in sources)

    def of(self, post: Labelled) -> str:
        """One variation; once in twelve times the text itself."""
        random, words = self._random, post.text.split()
        if random.random() < PART and len(words) > 6:
            kept = random.randint(max(4, int(len(words) * 0.35)), max(5, int(len(words) * 0.8)))
            first = random.randint(0, len(words) - kept)
            words = words[first : first + kept]
        share = random.choice(REPLACED)
        words = [self._other(word, post.lang) if random.random() < share else word for word in words]
        if random.random() < SHUFFLED:
            random.shuffle(words)
        return " ".join(words)

    def _other(self, word: str, code: str) -> str:
        """Another word in its place, signs around it kept."""
        if _KEPT.match(word):
            return word
        source = self._random.choices(self._words[code], SOURCES)[0]
        return _LETTERS.sub(lambda _: source.draw(self._random), word, count=1)
