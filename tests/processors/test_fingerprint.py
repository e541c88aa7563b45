"""Fingerprints of nearly the same texts are alike, of other texts are not, and of one text are always the same."""

from __future__ import annotations

from base64 import b64decode
from itertools import combinations
from pathlib import Path

import msgspec
import pytest
from hypothesis import given

from posts import TEXTS
from veille.evaluate import evaluate
from veille.evaluate.copies import ANY, OF_LONG, copies, texts
from veille.evaluate.duplicates import Case
from veille.processors.fingerprint import MOST, SAME, VALUES, as_number, fingerprint, shared, similarity

TEXT = "The new Acme kettle boils a litre in two minutes and switches itself off, says the magazine."
OTHER = "Nobody at the support line answers, and my parcel has been on its way for nine days now."


def alike(one: str, other: str) -> float:
    left, right = fingerprint(one), fingerprint(other)
    assert left is not None
    assert right is not None
    return similarity(left, right)


@pytest.mark.parametrize(
    "copy",
    [
        TEXT.upper(),
        f"RT @someone: {TEXT}",
        f"@someone @else {TEXT} https://t.co/abcdef",
        TEXT.replace(" ", "  ").replace(".", " !!! 😀"),
        TEXT.replace("kettle", "kéttle"),
    ],
)
def test_what_people_add_to_a_copy_does_not_count(copy: str) -> None:
    assert alike(TEXT, copy) >= 0.9


def test_a_word_changed_or_a_tag_added_is_nearly_the_same() -> None:
    assert alike(TEXT, TEXT.replace("two", "three")) >= 0.6
    assert alike(TEXT, f"{TEXT} #deal") >= 0.8


def test_other_texts_are_not_alike() -> None:
    assert alike(TEXT, OTHER) <= 0.1


@pytest.mark.parametrize(
    "text", ["", "ok", "merci à tous", "😀" * 50, "https://a.example/a-long-path-to-nowhere @someone", "日本語です"]
)
def test_too_little_text_has_no_fingerprint(text: str) -> None:
    assert fingerprint(text) is None


def test_a_fingerprint_never_changes_without_a_new_revision() -> None:
    # New fingerprints are compared with stored ones. Where this fails: raise processors.REVISION, write the new value.
    assert fingerprint(TEXT) == (
        "dIrkCxcyL8gel/YJ/AJOge+G0FyuXlNwQDQxcVvooOEl4dizIIVs4GmO9Ze1WYRts0FvDxrMdvh9imqc4KgtuQ=="
    )


def test_only_the_beginning_of_an_endless_text_counts() -> None:
    assert fingerprint("kettle " * 200_000) == fingerprint("kettle " * MOST)


@pytest.mark.parametrize("edit", [*ANY, *OF_LONG])
def test_mild_edits_of_texts_in_ten_languages_are_nearly_the_same(edit: str) -> None:
    pairs = [(fingerprint(case.one), fingerprint(case.other)) for case in copies(edit, 300, seed=7)]
    long_enough = [(one, other) for one, other in pairs if one is not None]
    assert len(long_enough) >= 295
    found = sum(other is not None and similarity(one, other) >= SAME for one, other in long_enough)
    assert found >= 0.99 * len(long_enough)


def test_of_unrelated_texts_no_two_are_nearly_the_same() -> None:
    prints = [as_number(found) for found in map(fingerprint, texts(1_000, seed=8)) if found is not None]
    most = max(shared(one, other) for one, other in combinations(prints, 2))
    assert most < 0.45 * VALUES  # the bound is at a half: room for the 10,000 of the benchmark


def test_the_evaluation_finds_generated_copies_and_nothing_else(tmp_path: Path) -> None:
    unrelated = [Case(one, other, same=False) for one, other in zip(texts(200, 9), texts(200, 10), strict=True)]
    cases = [*copies("hashtag", 200, seed=11), *copies("cut", 200, seed=12), *unrelated]
    file = tmp_path / "pairs.jsonl"
    file.write_bytes(b"\n".join(map(msgspec.json.encode, cases)))
    report = evaluate("duplicates", file)
    assert report.precision == 1.0
    assert report.recall is not None
    assert report.recall >= 0.98  # a few have too little text for a fingerprint


@given(TEXTS)
def test_a_fingerprint_is_a_function_of_the_text_and_equals_itself(text: str) -> None:
    found = fingerprint(text)
    assert found == fingerprint(text)
    if found is not None:
        assert len(b64decode(found)) == VALUES
        assert similarity(found, found) == 1.0


@given(TEXTS, TEXTS)
def test_similarity_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    left, right = fingerprint(one + TEXT), fingerprint(other + OTHER)
    assert left is not None
    assert right is not None
    assert 0.0 <= similarity(left, right) <= 1.0
    assert similarity(left, right) == similarity(right, left)


@pytest.mark.parametrize("broken", ["", "AAAA", "not base64!"])
def test_what_is_no_fingerprint_is_not_compared(broken: str) -> None:
    with pytest.raises(ValueError, match=r"fingerprint|base64|padding"):
        similarity(broken, broken)
