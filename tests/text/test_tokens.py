"""Tokens are a function of the text alone, in order, and each stands for a stretch of it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.text import tokens as module
from veille.text.addresses import address_words, readable
from veille.text.folding import fold
from veille.text.tokens import Token, place, texts, tokens, words

TRICKY = st.text(
    st.one_of(
        st.sampled_from("aé ßœİı™™'’-_./:@#$&1²½①㎏ﬃｿﾆﾟがか\u3099ー東京กำน้ЙйЁё\u0301\u0308\u0336\u0654أؤـ\u064eשָ"),
        st.sampled_from(
            "👍🏽❤\ufe0f👩\u200d💻🇫🇷\u20e3\u200b\u200c\u00ad\u0600\r\n\t\u2028\u00a0क्ष한\u1112\u1161\u11ab"
        ),
        st.characters(),
    )
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I like coca-cola", ["i", "like", "coca", "cola"]),
        ("Acme™ l’été C++ 3.5", ["acme", "l", "ete", "c", "3", "5"]),
        ("see https://a.example/x, ok", ["see", "://", "ok"]),
        ("hi @Acme and @acme.bsky.social.", ["hi", "@acme", "and", "@acme.bsky.social"]),
        ("@bob@social.example: hi", ["@bob@social.example", "hi"]),
        ("mail help@acme.example", ["mail", "help", "acme", "example"]),
        ("👍🏽❤️👩\u200d💻🇩🇪🇫🇷", ["👍", "❤", "👩\u200d💻", "🇩🇪", "🇫🇷"]),
        ("東京iPhone用", ["東", "京", "iphone", "用"]),
        ("", []),
    ],
)
def test_text_gives_these_tokens(text: str, expected: list[str]) -> None:
    assert expected == [token.text for token in tokens(text)]


def test_a_token_knows_its_stretch_of_the_text() -> None:
    assert [Token("coeur", 0, 4), Token("ete", 6, 9)] == tokens("cœur, été")


def test_a_long_token_is_cut_and_keeps_its_stretch() -> None:
    assert [Token("a" * 100, 0, 130)] == tokens("a" * 130)


@given(TRICKY)
def test_tokens_are_ordered_and_inside_the_text(text: str) -> None:
    found = tokens(text)
    assert all(0 <= token.start < token.end <= len(text) and token.text for token in found)
    assert all(one.start <= other.start and one.end <= other.end for one, other in itertools.pairwise(found))


@given(TRICKY)
def test_the_short_way_gives_what_the_long_way_gives(text: str) -> None:
    assert list(module._slow(text)) == words(text)


@given(TRICKY)
def test_texts_are_the_tokens_without_places(text: str) -> None:
    assert [token.text for token in tokens(text)] == texts(text)


@given(TRICKY, st.data())
def test_any_stretch_of_tokens_is_found_in_the_text(text: str, data: st.DataObject) -> None:
    found = tokens(text)
    if not found:
        with pytest.raises(IndexError):
            place(text, 0, 0)
        return
    first = data.draw(st.integers(0, len(found) - 1))
    last = data.draw(st.integers(first, len(found) - 1))
    assert place(text, first, last) == (found[first].start, found[last].end)


@given(TRICKY)
def test_tokens_joined_by_spaces_give_themselves_to_the_archives(text: str) -> None:
    assert texts(text) == " ".join(texts(text)).split()


@given(TRICKY)
def test_folding_twice_changes_nothing_more_in_a_token(text: str) -> None:
    assert all(fold(token.text) == token.text for token in words(text) if token.text.isascii())


def test_an_address_is_read_as_people_read_it() -> None:
    assert readable("https://a.example/%C3%A9t%C3%A9") == "https://a.example/été"
    assert address_words("https://xn--mnchen-3ya.example/a") == ["https", "munchen", "example", "a"]
