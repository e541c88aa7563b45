"""The index of fingerprints finds what comparing with every text would find, as surely as its bands promise."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veille.processors.fingerprint import SAME, VALUES, similarity
from veille.processors.near import BAND, BANDS, LARGEST_ROOM, Near

START = datetime(2026, 11, 1, tzinfo=UTC)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def encoded(values: Iterable[int]) -> str:
    return b64encode(bytes(values)).decode()


def any_values(chance: random.Random) -> bytes:
    return chance.randbytes(VALUES)


def changed(values: bytes, chance: random.Random, kept: float) -> bytes:
    """Each byte kept with that chance: the fingerprint of a text of that similarity."""
    return bytes(value if chance.random() < kept else chance.randrange(256) for value in values)


def keys(near: Near[str], fingerprint: str, **asked: int) -> list[str]:
    return [alike.key for alike in near.find(fingerprint, **asked)]


ONE, TWO, THREE = (encoded(any_values(random.Random(seed))) for seed in (1, 2, 3))


def test_a_copy_is_found_with_its_similarity_and_another_text_is_not() -> None:
    near = Near[str](room=10)
    near.add("one", ONE, at(0))
    near.add("two", TWO, at(1))
    assert near.find(ONE) == [("one", 1.0)]
    assert near.find(THREE) == []


@pytest.mark.parametrize(("kept", "least"), [(0.55, 0.955), (0.6, 0.985), (0.7, 0.998), (0.9, 1.0)])
def test_what_is_similar_is_found_as_surely_as_the_bands_promise(kept: float, least: float) -> None:
    chance = random.Random(5)
    near = Near[int](room=3_000)
    originals = [any_values(chance) for _ in range(3_000)]
    for key, values in enumerate(originals):
        near.add(key, encoded(values), at(key))
    copies = [encoded(changed(values, chance, kept)) for values in originals]
    similar = [(key, copy) for key, copy in enumerate(copies) if similarity(encoded(originals[key]), copy) >= SAME]
    found = sum(key in {alike.key for alike in near.find(copy)} for key, copy in similar)
    assert found >= least * len(similar)


def test_what_is_found_is_what_comparing_with_every_text_finds() -> None:
    chance = random.Random(6)
    families = [any_values(chance) for _ in range(40)]
    texts = {key: encoded(changed(chance.choice(families), chance, 0.88)) for key in range(250)}
    near = Near[int](room=300)
    for key, fingerprint in texts.items():
        near.add(key, fingerprint, at(key))
    wanted = got = 0
    for fingerprint in texts.values():
        everything = {key: similarity(fingerprint, other) for key, other in texts.items()}
        found = near.find(fingerprint, most=100)
        assert all(everything[key] == alike >= SAME for key, alike in found)
        assert found == sorted(found, key=lambda alike: (-alike.similarity, -alike.key))
        wanted += sum(alike >= SAME for alike in everything.values())
        got += len(found)
    assert got >= 0.999 * wanted


def test_the_oldest_make_room_for_the_newest() -> None:
    chance = random.Random(7)
    texts = [encoded(any_values(chance)) for _ in range(1_000)]
    near = Near[str](room=300)
    for second, fingerprint in enumerate(texts):
        near.add(str(second), fingerprint, at(second))
    assert len(near) == 300
    assert [keys(near, fingerprint) for fingerprint in texts[:700]] == [[]] * 700
    assert [keys(near, fingerprint) for fingerprint in texts[700:]] == [[str(n)] for n in range(700, 1_000)]


def test_of_many_copies_some_of_the_newest_are_found_and_looking_ends() -> None:
    near = Near[str](room=10_000)
    for second in range(10_000):
        near.add(str(second), ONE, at(second))
    assert keys(near, ONE, most=3) == ["9999", "9998", "9997"]


def test_what_was_published_before_is_forgotten_in_whatever_order_it_came() -> None:
    near = Near[str](room=10)
    for key, fingerprint, second in (("late", ONE, 100), ("early", TWO, 10), ("now", THREE, 110)):
        near.add(key, fingerprint, at(second))
    near.forget(before=at(50))
    assert [keys(near, fingerprint) for fingerprint in (ONE, TWO, THREE)] == [["late"], [], ["now"]]
    near.forget(before=at(105))
    assert [keys(near, fingerprint) for fingerprint in (ONE, TWO, THREE)] == [[], [], ["now"]]
    assert len(near) == 1


def test_a_text_that_changed_is_found_by_its_new_words_alone() -> None:
    near = Near[str](room=10)
    near.add("a", ONE, at(0))
    near.add("a", TWO, at(1))
    assert (keys(near, ONE), keys(near, TWO), len(near)) == ([], ["a"], 1)


def test_a_text_taken_out_hides_none_of_its_copies() -> None:
    near = Near[str](room=10)
    near.add("a", ONE, at(0))
    near.add("b", ONE, at(1))
    near.remove("b")
    near.remove("nobody")
    assert keys(near, ONE) == ["a"]


@pytest.mark.parametrize("room", [0, -1, LARGEST_ROOM + 1])
def test_a_room_that_no_link_can_reach_is_refused(room: int) -> None:
    with pytest.raises(ValueError, match=str(room)):
        Near[str](room)


@pytest.mark.parametrize("broken", ["", "AAAA", "not base64!"])
def test_what_is_no_fingerprint_is_refused_and_changes_nothing(broken: str) -> None:
    near = Near[str](room=10)
    near.add("a", ONE, at(0))
    with pytest.raises(ValueError, match=r"fingerprint|base64|padding"):
        near.add("a", broken, at(1))
    with pytest.raises(ValueError, match=r"fingerprint|base64|padding"):
        near.find(broken)
    assert keys(near, ONE) == ["a"]


ADDED = st.tuples(st.just("add"), st.integers(0, 12), st.integers(0, 2), st.integers(0, 60))
REMOVED = st.tuples(st.just("remove"), st.integers(0, 12), st.just(0), st.just(0))
FORGOTTEN = st.tuples(st.just("forget"), st.just(0), st.just(0), st.integers(0, 60))


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 8), st.lists(ADDED | ADDED | REMOVED | FORGOTTEN, max_size=30))
def test_copies_are_found_whatever_was_done_before(room: int, steps: list[tuple[str, int, int, int]]) -> None:
    texts = [ONE, TWO, THREE]
    near, came, forgotten = Near[int](room), list[tuple[int, int, int] | None](), 0
    for step, key, text, second in steps:
        if step == "forget":
            near.forget(before=at(second))
            forgotten = max(second, forgotten)
            continue
        came = [None if each and each[0] == key else each for each in came]
        if step == "remove":
            near.remove(key)
        else:
            near.add(key, texts[text], at(second))
            came = [*came, (key, text, second)][-room:]
    alive = [each for each in reversed(came) if each and each[2] >= forgotten]
    for number, fingerprint in enumerate(texts):
        expected = [key for key, text, _ in alive if text == number]
        assert [alike.key for alike in near.find(fingerprint, most=100)] == expected


def test_bands_cover_the_fingerprint() -> None:
    assert BANDS * BAND in range(VALUES - BAND + 1, VALUES + 1)
