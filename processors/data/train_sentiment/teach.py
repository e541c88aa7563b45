"""Lets the transformer say how variations of posts sound: what the sentiment model learns from besides the labels.

    python -m veille.processors.data.train_sentiment.teach POSTS LISTS TRANSFORMER TAUGHT --rounds 4

TRANSFORMER is the folder that `veille sentiment build` makes. A round is one variation of every post of the balanced
collections, written to TAUGHT/round-0.jsonl.gz and so on; those that are there already are not made again. Some three
minutes a round on one core.
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from veille.processors.data.train_sentiment.sources import Labelled, labelled, lexicon
from veille.processors.data.train_sentiment.variations import Variations
from veille.processors.transformer import Transformer

COMMON = 15_000
"""Frequent words of a language that may come in."""

LIKE = {"hi": "en"}
"""Hindi posts are in Latin letters, half in English: its frequent words would be in another script."""

Judge = Callable[[Sequence[str]], npt.NDArray[np.float32]]
"""Logits of negative, neutral and positive for each text."""


class Taught(Struct, frozen=True):
    """A text and the probabilities of negative, neutral and positive that the transformer gives it."""

    text: str
    lang: str
    probabilities: tuple[float, float, float]


def teach(
    known: Sequence[Labelled], vary: Callable[[int], Variations], judge: Judge, out: Path, rounds: int
) -> Iterator[Path]:
    """Write the rounds that are missing, each with a row for each of the posts, in their order."""
    out.mkdir(parents=True, exist_ok=True)
    for number in range(rounds):
        file = out / f"round-{number}.jsonl.gz"
        if file.exists():
            continue
        variations = vary(number)
        texts = [variations.of(post) for post in known]
        logits = judge(texts).astype(np.float64)
        chances = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).round(4).tolist()
        rows = [
            Taught(text, post.lang, (each[0], each[1], each[2]))
            for text, post, each in zip(texts, known, chances, strict=True)
        ]
        file.write_bytes(gzip.compress(b"\n".join(map(msgspec.json.encode, rows)), mtime=0))
        yield file


def frequent(codes: Collection[str]) -> dict[str, list[str]]:
    """Frequent words of each language: of three letters or more, nothing but letters."""
    from wordfreq import top_n_list

    return {
        code: [word for word in top_n_list(LIKE.get(code, code), COMMON) if len(word) > 2 and word.isalpha()]
        for code in sorted(codes)
    }


def balanced(posts: Path) -> list[Labelled]:
    """The posts that rounds are made of. Raises Misused when they are not there."""
    return [post for post in labelled(posts / "train.jsonl.gz") if post.set != "semeval"]


def taught(folder: Path) -> list[Taught]:
    """All rounds of the folder, one after the other."""
    decoder = msgspec.json.Decoder(Taught)
    return [
        decoder.decode(line)
        for file in sorted(folder.glob("round-*.jsonl.gz"))
        for line in gzip.decompress(file.read_bytes()).splitlines()
    ]


def main() -> None:
    """Read the arguments and teach."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("posts", type=Path, help="folder with train.jsonl.gz")
    parser.add_argument("lists", type=Path, help="folder with the unpacked word lists")
    parser.add_argument("transformer", type=Path, help="folder of the transformer")
    parser.add_argument("taught", type=Path, help="folder to write the rounds to")
    parser.add_argument("--rounds", type=int, default=4, help="variations of each post (default: 4)")
    arguments = parser.parse_args()
    known, listed, teacher = balanced(arguments.posts), lexicon(arguments.lists), Transformer(arguments.transformer)
    common = frequent({post.lang for post in known})

    def vary(number: int) -> Variations:
        return Variations(known, common, listed, seed=number)

    for file in teach(known, vary, teacher.logits, arguments.taught, arguments.rounds):
        print(file)  # noqa: T201 -- a command's output


if __name__ == "__main__":
    main()
