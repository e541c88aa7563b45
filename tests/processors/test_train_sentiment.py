"""How the shipped sentiment is trained: what it is taught by the larger model, and the solver."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from veille.processors.data.train_sentiment.__main__ import PRECISE_NEGATIVE, thresholds
from veille.processors.data.train_sentiment.solver import solve
from veille.processors.data.train_sentiment.sources import Labelled
from veille.processors.data.train_sentiment.teach import taught, teach
from veille.processors.data.train_sentiment.variations import Variations

POSTS = [
    Labelled("@acme #fail la bouilloire est nulle, vraiment https://example.com/x", "negative", "fr", "ours"),
    Labelled("the kettle is great and I love it, thanks!", "positive", "en", "ours"),
]
FREQUENT = {"fr": ["maison", "superbe", "horrible"], "en": ["house", "lovely", "awful"]}
LISTED = {"superbe", "horrible", "lovely", "awful"}


def vary(seed: int) -> Variations:
    return Variations(POSTS, FREQUENT, LISTED, seed)


class Teacher:
    """Finds every text as positive as it is long."""

    def __init__(self) -> None:
        self.asked = 0

    def logits(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.asked += len(texts)
        return np.array([[0.0, 0.0, len(text) / 10] for text in texts], np.float32)


@pytest.mark.parametrize("post", POSTS, ids=["fr", "en"])
def test_variations_are_parts_with_words_of_the_same_language_in_place_of_others(post: Labelled) -> None:
    made = [vary(seed).of(post) for seed in range(200)]
    own = {word.strip(",!").lower() for word in post.text.split()} | set(re.findall(r"\w+", post.text.lower()))
    words = {word.strip(",!").lower() for text in made for word in text.split()}
    assert words <= own | set(FREQUENT[post.lang])
    assert words & set(FREQUENT[post.lang])
    assert any(len(text.split()) < len(post.text.split()) for text in made)
    assert post.text in made


def test_handles_hashtags_and_links_are_never_replaced() -> None:
    signs = {word for seed in range(200) for word in vary(seed).of(POSTS[0]).split() if word[0] in "@#" or ":" in word}
    assert signs == {"@acme", "#fail", "https://example.com/x"}


def test_rounds_have_the_teachers_probabilities_and_are_made_once(tmp_path: Path) -> None:
    teacher = Teacher()
    assert len(list(teach(POSTS, vary, teacher.logits, tmp_path, 2))) == 2
    assert not list(teach(POSTS, vary, teacher.logits, tmp_path, 2))
    assert teacher.asked == 2 * len(POSTS)
    rows = taught(tmp_path)
    assert [row.lang for row in rows] == ["fr", "en", "fr", "en"]
    for row in rows:
        assert row.probabilities[2] == pytest.approx(1 / (1 + 2 * np.exp(-len(row.text) / 10)), abs=1e-3)


def test_the_solver_finds_where_no_weight_can_do_better() -> None:
    from scipy.sparse import csr_matrix

    random = np.random.default_rng(3)
    rows = csr_matrix(random.normal(size=(60, 7)) * (random.random((60, 7)) < 0.5))
    goals = random.dirichlet([1, 1, 1], 60)
    costs = random.random((60, 2)) * [[1.0, 3.0]]
    costs[:30, 1] = 0
    for problem, (weights, intercepts) in enumerate(zip(*solve(rows, goals, costs, passes=500), strict=True)):
        chances = 1 / (1 + np.exp(-(rows @ weights + intercepts)))
        slopes = costs[:, [problem]] * (goals - chances)
        assert weights == pytest.approx(rows.T @ slopes, abs=0.02)
        assert intercepts == pytest.approx(slopes.sum(axis=0), abs=0.02)


def test_a_sure_negative_is_precise_on_the_natural_posts_of_both_collections_together() -> None:
    random = np.random.default_rng(5)

    def collection(count: int, name: str, flipped: float) -> tuple[npt.NDArray[np.float64], list[Labelled]]:
        scores = random.uniform(0.1, 6, count)
        right = random.random(count) < 1 / (1 + np.exp(-scores)) - flipped
        posts = [Labelled("", "negative" if each else "neutral", "en", name) for each in right]
        return np.column_stack([scores, np.full(count, -9.0)]), posts

    given = [collection(900, "semeval", 0.1), collection(300, "semeval", 0.0), collection(500, "umsab", 0.9)]
    said: list[str] = []
    sure = thresholds(given, [1.0, 0.0, 0.0], said.append)["negative"]
    told = [
        post.label == "negative"
        for scores, posts in given[:2]
        for (score, _), post in zip(scores, posts, strict=True)
        if 1 / (1 + np.exp(-score)) >= sure
    ]
    assert np.mean(told) == pytest.approx(PRECISE_NEGATIVE, abs=0.02)
    assert sum(int(line.split()[4]) for line in said) == pytest.approx(len(told), abs=2)
