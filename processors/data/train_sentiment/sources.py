"""What the sentiment model is trained from: labelled posts, and word lists that say how a word sounds alone.

Formats and where to get them: `processors/data/sentiment.md`.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Literal

from msgspec import Struct
from msgspec.json import Decoder

from veille.errors import Misused

NOISE = "hi"
"""The language most of whose labels are not those of their texts (see sentiment.md)."""

Label = Literal["negative", "neutral", "positive"]


class Labelled(Struct, frozen=True):
    """One labelled post. `set` names the collection that it comes from; `semeval` is a natural mix of labels."""

    text: str
    label: Label
    lang: str
    set: str


def labelled(file: Path) -> list[Labelled]:
    """Posts from gzipped JSON lines. Raises Misused when there is no such file."""
    if not file.exists():
        raise Misused(f"{file} is not there: give the folder that holds train.jsonl.gz and val.jsonl.gz")
    decoder = Decoder(Labelled)
    with gzip.open(file) as lines:
        return [decoder.decode(line) for line in lines]


def lexicon(folder: Path) -> dict[str, float]:
    """Words and emoticons with their mean valence over all lists that know them, -1 to 1; zeros are left out."""
    found: dict[str, list[float]] = defaultdict(list)
    for file in sorted(folder.rglob("*")):
        for word, valence in _entries(file):
            if word and valence:
                found[word.lower()].append(max(-1.0, min(1.0, valence)))
    if not found:
        raise Misused(f"{folder} holds none of the word lists that processors/data/sentiment.md names")
    return {word: mean for word, values in sorted(found.items()) if (mean := fmean(values))}


def _entries(file: Path) -> Iterator[tuple[str, float]]:
    """The lists by their names: VADER and its French and Portuguese kin (-4 to 4), AFINN by language (-5 to 5)."""
    if file.name in AFINN:
        for word, valence in json.loads(file.read_text("utf-8")).items():
            yield word.strip(), valence / 5
    elif (file.name, file.parent.name) in VADER:
        for line in file.read_text("utf-8").splitlines():
            word, _, rest = line.partition("->" if "->" in line else "\t")
            try:
                yield word.strip(), float(rest.split("\t")[0]) / 4
            except ValueError:
                continue  # a heading


AFINN = frozenset(f"AFINN-{code}.json" for code in ("ar", "de", "en", "es", "fr", "hi", "it", "pt"))
VADER = frozenset(
    {
        ("vader_lexicon.txt", "vaderSentiment"),
        ("fr_lexicon.txt", "vaderSentiment_fr"),
        ("vader_lexicon_ptbr.txt", "lexicons"),
    }
)
