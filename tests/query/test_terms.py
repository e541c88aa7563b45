"""Facts as the archives index them: one spelling for one value, whether made one by one or many at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.corpus import corpus
from contracts.records import NOON
from veille.document import Document, document
from veille.mention import Note, decode
from veille.post import encode
from veille.processors.pipeline import mention_bytes
from veille.query.terms import LONGEST, term, terms

VALUES = st.text(st.one_of(st.sampled_from("aÉßİ \t\n\0\x1c\u00a0\u2028"), st.characters(exclude_categories=["Cs"])))


@given(st.lists(VALUES))
def test_many_terms_are_what_each_alone_is(values: list[str]) -> None:
    assert terms([f"#{value}" for value in values]) == [term("#", value) for value in values]


@given(VALUES)
def test_a_term_is_one_word_whatever_the_value_holds(value: str) -> None:
    assert term("source", value).split() == [term("source", value)]
    assert "\0" not in term("source", value)


def test_a_term_is_no_longer_than_is_compared() -> None:
    assert terms(["#" + "a" * 2 * LONGEST, "#b"]) == [term("#", "a" * 2 * LONGEST), "#b"]
    assert len(term("#", "a" * 2 * LONGEST)) == LONGEST


def test_a_mention_is_indexed_alike_whether_its_enrichment_worked_or_not() -> None:
    for mention in corpus().values():
        value, _ = mention_bytes(encode(mention), NOON)
        enriched = decode(value)
        noted = replace(enriched, notes=[Note("language", "ValueError")])
        assert not enriched.notes
        assert _known(document(enriched)) == _known(document(noted))


def _known(index: Document) -> Document:
    return index._replace(terms=sorted(set(index.terms)))
