"""Makes `language_words.txt`: `python -m veille.processors.data.make_language_words`. What is in it: language.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import wordfreq

WORDS = 3_000
"""Words of a language."""

OWN_PLACE = 190
"""Where a word of ours stands that is not found before."""

OTHER_CODES = {"fil": "tl", "nb": "no", "sh": "hr"}
"""Names that the model has for what wordfreq calls otherwise."""

ALONE = frozenset({"bn", "el", "he", "hi", "ja", "ko", "ta", "zh"})
"""Languages whose letters are enough to know them."""

FOLDER = Path(__file__).parent
HEAD = "# Frequent words of languages that share an alphabet, the most frequent first; made, see language.md"


def main() -> None:
    """Write the file."""
    lists = {OTHER_CODES.get(name, name): list(_frequent(name)) for name in wordfreq.available_languages("best")}
    lists["sr"] = list(lists["hr"])
    for code, words in _own().items():
        lists[code] = _with(lists.get(code, []), words)
    lines = (f"{code}: {' '.join(words)}" for code, words in sorted(lists.items()) if code not in ALONE)
    (FOLDER / "language_words.txt").write_text("\n".join((HEAD, *lines)) + "\n", encoding="utf-8")


def _frequent(name: str) -> Iterator[str]:
    """Words of letters and apostrophes."""
    if OTHER_CODES.get(name, name) not in ALONE:
        words = (word for word in wordfreq.top_n_list(name, 2 * WORDS) if word.replace("'", "").isalpha())
        yield from (word for _, word in zip(range(WORDS), words, strict=False))


def _own() -> dict[str, list[str]]:
    lines = (FOLDER / "language_own_words.txt").read_text("utf-8").splitlines()
    return {code: words.split() for code, _, words in (line.partition(":") for line in lines if line[0] != "#")}


def _with(frequent: list[str], own: list[str]) -> list[str]:
    first = frequent[:OWN_PLACE]
    added = [word for word in own if word not in first]
    return [*first, *added, *(word for word in frequent[OWN_PLACE:] if word not in added)]


if __name__ == "__main__":
    main()
