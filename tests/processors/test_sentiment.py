"""The sentiment that is shipped: what it says of plain sentences, and that it is what it claims to be."""

from __future__ import annotations

import hashlib
import io
import json
import re
import time
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.errors import Corrupt
from veille.mention import Enrichment, Language, Sentiment
from veille.post import Post
from veille.processors import sentiment_features as features
from veille.processors.data.train_sentiment.extract import Extractor
from veille.processors.data.train_sentiment.fold import STEP, fold
from veille.processors.sentiment import LABELS, Model, add_sentiment, model

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SHIPPED = files("veille.processors") / "data" / "sentiment.npz"
LANGUAGES = ("en", "fr")
Numbers = npt.NDArray[Any]

CLEAR = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "fixtures" / "sentiment" / "clear.jsonl").read_text("utf-8").splitlines()
]
"""Sentences written for the tests, with the label that every reader would give them."""

CONTRASTS = {
    "en": (
        ("I like this kettle", "I don't like this kettle"),
        ("They are happy", "They are not happy"),
        ("This is a good product", "This is not a good product"),
        ("It works great", "It never works"),
        ("I would recommend it", "I wouldn't recommend it"),
        ("Thanks for the delivery 😍", "Thanks for the delivery 😡"),
        ("The film was okay", "The film was really terrible"),
        ("Great, thank you", "Great, my flight is cancelled again 🙄"),
    ),
    "fr": (
        ("J'aime cette bouilloire", "Je n'aime pas cette bouilloire"),
        ("Ils sont contents", "Ils ne sont pas contents"),
        ("C'est un bon produit", "Ce n'est pas un bon produit"),
        ("Ça marche très bien", "Ça ne marche jamais"),
        ("Je recommande", "Je ne recommande pas"),
        ("Merci pour la livraison 😍", "Merci pour la livraison 😡"),
        ("Le film était correct", "Le film était vraiment nul"),
        ("Super, merci", "Super, encore un train supprimé 🙄"),
    ),
}
"""Two sentences of which the first sounds better."""


def clear(label: str, code: str) -> list[str]:
    return [case["text"] for case in CLEAR if (case["label"], case["lang"]) == (label, code)]


def post(text: str) -> Post:
    return Post(
        doc_id="x:1", version="1", source="x", native_id="1", created_at=NOON, received_at=NOON, text=text, langs=[]
    )


def found(text: str, code: str = "und") -> Sentiment:
    enrichment = Enrichment(language=Language(code=code))
    add_sentiment(post(text), enrichment)
    return enrichment.sentiment


@pytest.mark.parametrize("code", LANGUAGES)
def test_clear_sentences_lean_to_their_side(code: str) -> None:
    for text in clear("negative", code):
        assert found(text, code).score < 0, text
    for text in clear("positive", code):
        assert found(text, code).score > 0, text


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_clear_sentence_is_surely_the_opposite_and_most_are_surely_right(code: str) -> None:
    negative = [found(text, code).label for text in clear("negative", code)]
    positive = [found(text, code).label for text in clear("positive", code)]
    assert set(negative) <= {"negative", "unsure"}
    assert set(positive) <= {"positive", "unsure"}
    assert negative.count("negative") >= 5
    assert positive.count("positive") >= 9


@pytest.mark.parametrize("code", LANGUAGES)
def test_announcements_are_not_surely_negative_or_positive(code: str) -> None:
    assert {found(text, code).label for text in clear("neutral", code)} <= {"neutral", "unsure"}


@pytest.mark.parametrize(("code", "better", "worse"), [(code, *pair) for code in LANGUAGES for pair in CONTRASTS[code]])
def test_negation_emphasis_emoji_and_mockery_make_a_sentence_worse(code: str, better: str, worse: str) -> None:
    assert found(better, code).score > found(worse, code).score


def test_confidence_is_about_how_often_the_label_is_right_on_clear_sentences() -> None:
    """They are clearer than life, so they may be right more often than the confidence says, but not less."""
    judged = [(found(case["text"], case["lang"]), case["label"]) for case in CLEAR]
    sure = [
        (sentiment.confidence, sentiment.label == label) for sentiment, label in judged if sentiment.label != "unsure"
    ]
    assert len(sure) >= 25
    assert np.mean([right for _, right in sure]) >= np.mean([confidence for confidence, _ in sure]) - 0.05


def test_a_language_that_it_was_not_trained_on_gets_less_confidence() -> None:
    texts = clear("negative", "fr") + clear("positive", "fr")
    confidence = {code: np.mean([found(text, code).confidence for text in texts]) for code in ("fr", "nl", "und")}
    assert confidence["nl"] == confidence["und"] < confidence["fr"]


@pytest.mark.parametrize("text", ["", "   ", "...", "!?", "-- // --", "\x00", ":"])
def test_a_text_that_says_nothing_is_unsure_without_confidence(text: str) -> None:
    assert found(text) == Sentiment(model=model().name)


def test_a_text_of_a_mebibyte_is_judged_by_its_beginning() -> None:
    long = "I love this wonderful kettle! " * 35_000
    assert found(long, "en") == found(long[: features.LONGEST], "en")
    assert found(long, "en").label == "positive"


@given(st.text(st.characters(codec=None)), st.sampled_from(["en", "fr", "hi", "ja", "und"]))
def test_any_text_gets_a_label_within_bounds_and_unsure_exactly_below_the_threshold(text: str, code: str) -> None:
    sentiment = found(text, code)
    assert -1 <= sentiment.score <= 1
    assert 0 <= sentiment.confidence <= 1
    if sentiment.label != "unsure":
        assert sentiment.confidence >= round(model().sure[sentiment.label], 4)
    else:
        assert sentiment.confidence <= max(model().sure.values())


@given(st.text(), st.text())
def test_the_same_text_gets_the_same_whatever_was_read_before(first: str, second: str) -> None:
    alone = found(first, "fr")
    found(second, "fr")
    assert found(first, "fr") == alone


@given(st.text(st.characters(codec="utf-8")))
def test_only_the_sentiment_is_filled_and_the_post_stays_as_it_was(text: str) -> None:
    given_post, before = post(text), post(text)
    enrichment = Enrichment(language=Language(code="fr"))
    add_sentiment(given_post, enrichment)
    assert given_post == before
    enrichment.sentiment = Sentiment()
    assert enrichment == Enrichment(language=Language(code="fr"))


@given(st.text(alphabet="abné'’ !#@😀", max_size=60))
def test_a_vocabulary_that_forgets_reads_as_one_that_does_not(text: str) -> None:
    small = features.Vocabulary(lambda token, negated: (token, negated), most=2)
    large = features.Vocabulary(lambda token, negated: (token, negated))
    assert small.read(text) == large.read(text)


def test_a_negation_reaches_three_words_and_stops_at_punctuation() -> None:
    vocabulary = features.Vocabulary(lambda token, negated: f"¬{token}" if negated else token)
    assert vocabulary.read("Ce n'est pas très bon, dommage").values == (
        "ce", "n'", "est", "pas", "¬très", "¬bon", ",", "dommage",
    )  # fmt: skip
    assert vocabulary.read("I don't like this kettle at all").values == (
        "i", "don't", "¬like", "¬this", "¬kettle", "at", "all",
    )  # fmt: skip


def test_elongation_hashtags_links_and_handles_are_brought_to_one_form() -> None:
    vocabulary = features.Vocabulary(lambda token, _: token)
    read = vocabulary.read("@Acme SOOOOO #bad!!!! https://example.com/a?b :-( l’horreur ❤️").values
    assert read == ("@", "soo", "bad", "!!", "://", ":-(", "l'", "horreur", "❤️")


def test_what_training_sees_adds_up_to_what_enrichment_says() -> None:
    """Invented weights, folded and loaded: scores by the columns that training sees, and by the model."""
    texts = [case["text"] for case in CLEAR]
    vectors = {"kettle": np.array([0.1, 0.2, -0.3]), "like": np.array([0.2, -0.1, 0.0])}
    extractor = Extractor({"nul": -0.5, "love": 0.8}, vectors)
    read = [extractor.features(text) for text in texts]
    columns = np.unique(np.concatenate([columns for columns, _ in read]))
    weights = np.random.default_rng(7).normal(0, 0.5, (len(columns), 2))
    folded = fold(weights, columns, extractor)
    judge = Model(packed(folded.rows, folded.keys, folded.words, scales=folded.scales, step=STEP))
    for text, (used, times) in zip(texts, read, strict=True):
        score = times @ weights[np.searchsorted(columns, used)]
        assert judge.scores(text) == pytest.approx(score, abs=0.05), text


def test_a_word_that_training_never_met_is_known_by_its_parts() -> None:
    rows = np.zeros((features.ROWS, 2), np.int8)
    rows[features.part_columns("bouilloires")] = (127, 0)
    negative, positive = Model(packed(rows)).scores("bouilloires")
    assert negative > 0.5
    assert positive == 0


def packed(rows: Numbers, keys: Numbers | None = None, words: Numbers | None = None, **changed: object) -> bytes:
    """A model file around weights."""
    about = {
        "name": "invented-1",
        "features": features.REVISION,
        "bias": [0.0, 0.0],
        "scales": [1 / 127, 1 / 127],
        "step": 1 / 50,
        "calibrations": {"other": [1.0, 0.0, 0.0]},
        "sure": dict.fromkeys(LABELS, 0.5),
    }
    described = np.frombuffer(json.dumps(about | changed).encode(), np.uint8)
    file = io.BytesIO()
    np.savez_compressed(
        file,
        rows=rows,
        keys=np.zeros(0, np.uint32) if keys is None else keys.astype(np.uint32),
        words=np.zeros((0, 2), np.int16) if words is None else words,
        about=described,
    )
    return file.getvalue()


def test_a_model_that_was_made_for_other_features_is_refused() -> None:
    with pytest.raises(Corrupt, match="make it again"):
        Model(packed(np.zeros((features.ROWS, 2), np.int8), features=features.REVISION + 1))
    with pytest.raises(Corrupt, match="make it again"):
        Model(packed(np.zeros((7, 2), np.int8)))


@pytest.mark.parametrize("cut", [0, 10, 100_000])
def test_a_damaged_model_is_refused(cut: int) -> None:
    with pytest.raises(Corrupt, match="cannot be read"):
        Model(SHIPPED.read_bytes()[:cut])


def test_the_model_is_the_one_that_its_description_gives_figures_for() -> None:
    data = SHIPPED.read_bytes()
    description = (files("veille.processors") / "data" / "sentiment.md").read_text("utf-8")
    assert re.search(rf"SHA-256 `{hashlib.sha256(data).hexdigest()}`", description)
    assert f"`{model().name}`" in description
    assert len(data) < 4_000_000


def test_the_model_says_its_name_and_version() -> None:
    assert re.fullmatch(r"[a-z-]+-\d+", found("bonjour").model)


def test_the_model_loads_in_less_than_a_third_of_a_second() -> None:
    data = SHIPPED.read_bytes()
    took = []
    for _ in range(3):
        started = time.process_time()
        Model(data)
        took.append(time.process_time() - started)
    assert min(took) < 0.3
