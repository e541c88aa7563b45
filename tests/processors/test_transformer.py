"""The transformer of sentiment beside the shipped model: what it says, and what happens where it is missing."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_transformer as tiny
from posts import NOW, VERSION, post
from veille.again import again
from veille.clock import FakeClock
from veille.errors import Corrupt, Misused
from veille.mention import Note, Towards, decode
from veille.post import encode
from veille.processors import REVISION, WITH_TRANSFORMER, revision
from veille.processors.data.train_transformer.encoder import judge, layers, normed
from veille.processors.data.train_transformer.export import graph
from veille.processors.four_bits import unpacked
from veille.processors.pipeline import enrich, mentions
from veille.processors.sentiment import heard, model
from veille.processors.sentiment_tiers import ENOUGH, FOLDER, Asked, Tiers, chosen, open_tiers
from veille.processors.transformer import ABOUT, GRAPH, TOGETHER, VOCABULARY, Transformer, batches
from veille.settings import SentimentSettings, Settings

TEXTS = ["a kettle", "what a bad kettle!", "é" * 40, "?", "the kettle is on and on and on " * 5, "ok"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("data") / FOLDER)


@pytest.fixture(scope="module")
def tiers(folder: Path) -> Tiers:
    return open_tiers(folder)


def test_integers_say_what_floats_say(folder: Path, tmp_path: Path) -> None:
    in_floats = Transformer(tiny.write(tmp_path / "floats", small=False)).logits(TEXTS)
    in_integers = Transformer(folder).logits(TEXTS)
    assert in_floats.std(axis=0).min() > 0.1
    assert np.abs(in_integers - in_floats).mean() < 0.1


def test_the_graph_computes_what_was_trained() -> None:
    import onnxruntime

    random = np.random.default_rng(3)
    states = random.normal(size=(3, 7, tiny.WIDTH)).astype(np.float32)
    mask = np.array([[1] * 7, [1] * 4 + [0] * 3, [1] + [0] * 6], np.float32)
    tensors, (weights, offsets) = tiny.tensors(), tiny.head()
    top = {"layers": layers(tensors, 0, tiny.LAYERS), "head.w": weights, "head.b": offsets}
    trained = np.asarray(judge(top, normed(tensors, "emb.ln", states), mask))
    session = onnxruntime.InferenceSession(graph(tensors, tiny.LAYERS, (weights, offsets), small=False))
    (found,) = session.run(None, {"states": states, "mask": mask})
    assert np.abs(found - trained).max() < 0.05  # training multiplies numbers of 8 bits of precision


def test_what_is_said_of_a_text_does_not_depend_on_the_texts_beside_it(folder: Path) -> None:
    transformer = Transformer(folder)
    together = transformer.logits(TEXTS)
    alone = np.concatenate([transformer.logits([text]) for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-4


@given(st.lists(st.integers(2, 96), max_size=200))
def test_batches_hold_every_text_once_and_never_more_than_fits(lengths: list[int]) -> None:
    found = list(batches(lengths))
    assert sorted(text for batch in found for text in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[text] for text in batch) <= TOGETHER for batch in found)


def test_four_bits_are_numbers_from_minus_eight_to_seven_times_a_scale() -> None:
    scale = np.array([0.5], np.float16).tobytes()
    block = np.frombuffer(scale + bytes([0xF0] + [0x88] * 15), np.uint8).reshape(1, 1, 18)
    (numbers,) = unpacked(block)
    assert (numbers[0], numbers[16]) == (-4.0, 3.5)
    assert set(numbers[1:16]) | set(numbers[17:]) == {0.0}


def test_both_tiers_are_added_up_and_calibrated_by_language(tiers: Tiers, folder: Path) -> None:
    text = "what a bad kettle!"
    ((negative, neutral, positive),) = Transformer(folder).logits([text]).tolist()
    beside = model().scores(text)
    scores = negative - neutral + 0.5 * beside[0], positive - neutral + 0.5 * beside[1]
    odds = np.exp([scores[0], 0, scores[1]])
    other, french = tiers.both([Asked(text), Asked(text, "fr")])
    assert other.confidence == pytest.approx((odds / odds.sum()).max(), abs=1e-3)
    flatter = odds**0.5 / (odds**0.5).sum()
    assert french.confidence == pytest.approx(flatter.max(), abs=1e-3)
    assert french.likeliest == other.likeliest == ("negative", "neutral", "positive")[odds.argmax()]


SURE, UNSURE = "I love this kettle, it is great!", "what a bad kettle!"


def test_the_transformer_is_asked_where_the_shipped_model_is_not_sure_enough(tiers: Tiers) -> None:
    alone = [heard(text) for text in (SURE, UNSURE)]
    assert alone[1].confidence < ENOUGH <= alone[0].confidence
    both = tiers.both([Asked(SURE), Asked(UNSURE)])
    assert both[0] != alone[0]
    assert tiers.heard([Asked(SURE), Asked(UNSURE)]) == [alone[0], both[1]]
    found = enrich([post(SURE), post(UNSURE)], NOW, tiers=tiers)
    assert [each.sentiment.model for each in found] == [model().name, tiers.name]
    assert found[1].sentiment.confidence == tiers.both([Asked(UNSURE, found[1].language.code)])[0].confidence


def test_repeated_texts_get_the_same_in_their_places_and_texts_without_words_none(tiers: Tiers) -> None:
    asked = [Asked("a kettle"), Asked("..."), Asked("bad"), Asked("a kettle")]
    first = tiers.heard(asked)
    assert (first[0], first[1].label, first[1].confidence) == (first[3], "unsure", 0.0)
    assert tiers.heard(asked) == first
    assert tiers.heard([]) == []


def test_a_mention_has_what_both_say_at_a_revision_that_wins_over_the_shipped_model_alone(tiers: Tiers) -> None:
    value = encode(post(UNSURE))
    ((one, version),) = [made for made in mentions([value], NOW, tiers) if isinstance(made, tuple)]
    mention = decode(one)
    assert mention.sentiment.model == f"tiny-1+{model().name}" == tiers.name
    assert version == VERSION + REVISION + WITH_TRANSFORMER == VERSION + revision(_settings(Path()))
    assert mention.enriched is not None
    assert mention.enriched.revision == version - VERSION
    assert mention.notes == []


def test_what_is_said_towards_each_name_stays(tiers: Tiers) -> None:
    (found,) = enrich([post(UNSURE)], NOW)
    found.sentiment.towards.append(Towards("acme", "negative", -0.4))
    tiers.add([post(UNSURE)], [found])
    assert found.sentiment.towards == [Towards("acme", "negative", -0.4)]
    assert found.sentiment.model == tiers.name


def test_where_it_fails_what_the_shipped_model_said_stays(tiers: Tiers, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    (before,) = enrich([post(UNSURE + " of mine")], NOW)
    monkeypatch.setattr(Transformer, "logits", fail)
    (found,) = enrich([post(UNSURE + " of mine")], NOW, tiers=tiers)
    assert found.sentiment == before.sentiment
    assert found.notes == [Note("transformer", "MemoryError")]


def _settings(data: Path) -> Settings:
    return Settings(data=data, sentiment=SentimentSettings("transformer"))


def test_without_the_setting_nothing_is_opened_and_with_it_the_folder_in_the_data_folder(folder: Path) -> None:
    assert chosen(Settings(data=folder.parent)) is None
    tiers = chosen(_settings(folder.parent))
    assert tiers is not None
    assert tiers.name.startswith("tiny-1+")


def test_without_a_model_one_is_told_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(Misused, match="veille sentiment build"):
        chosen(_settings(tmp_path))


def test_an_archive_is_not_made_anew_without_it_either(tmp_path: Path) -> None:
    with pytest.raises(Misused, match="veille sentiment build"):
        again(_settings(tmp_path), FakeClock(), threading.Event())


def test_without_the_package_one_is_told_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(Misused, match=r"pip install 'veille\[transformer\]'"):
        chosen(_settings(folder.parent))


def test_one_that_was_weighed_beside_another_shipped_model_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    open_tiers(tiny.write(tmp_path, about=msgspec.structs.replace(tiny.ABOUT_IT, beside="veille-linear-0")))
    assert "weighed beside veille-linear-0" in caplog.text


@pytest.mark.parametrize("file", [GRAPH, VOCABULARY, ABOUT])
def test_a_file_of_its_folder_that_is_cut_short_stops_everything(file: str, tmp_path: Path) -> None:
    whole = (tiny.write(tmp_path) / file).read_bytes()
    (tmp_path / file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Corrupt, match="veille sentiment build"):
        open_tiers(tmp_path)
