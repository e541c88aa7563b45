"""`veille sentiment build`: one command makes the transformer from a folder of posts, and `veille eval` judges it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from cli.command import Command

WORDS = {
    "negative": "I hate this awful kettle",
    "neutral": "The kettle is blue",
    "positive": "I love this great kettle",
}


def sentences(path: Path, count: int) -> None:
    """Labelled sentences as the folder of posts has them."""
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for number in range(count):
            for label, text in WORDS.items():
                row = {"text": f"{text} {number}", "label": label, "lang": "en", "set": ("ours", "semeval")[number % 2]}
                file.write(json.dumps(row) + "\n")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_one_command_makes_it_and_veille_eval_judges_it(veille: Command, tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    sentences(tmp_path / "posts" / "train.jsonl.gz", 12)
    sentences(tmp_path / "posts" / "val.jsonl.gz", 4)
    (tmp_path / "veille.yaml").write_text("sentiment: {model: transformer}\n", "utf-8")
    refused = veille("eval", "sentiment", "posts/val.jsonl.gz")
    assert refused.code == 2
    assert "veille sentiment build" in refused.err
    made = veille("sentiment", "build", "posts")
    assert made.code == 0, made.err
    assert "mean of the balanced" in made.out
    judged = veille("eval", "sentiment", "posts/val.jsonl.gz", "--json")
    assert judged.code == 0, judged.err
    assert json.loads(judged.out)["cases"] == 12
    weighed = veille("sentiment", "build", "posts")
    assert weighed.code == 0, weighed.err
    assert "weighed anew" in weighed.out
    assert "epoch" not in weighed.out
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["transformer"]
