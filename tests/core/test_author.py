"""Orders about an author fold into the same state in any sequence, each any number of times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.author import CAUSES, SECRET_KEY, AuthorState, Book, Order, OrderKind, fold
from veille.errors import Corrupt, Invalid
from veille.identity import DELETED, REVISIONS, is_delete, microseconds

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
KINDS: tuple[OrderKind, ...] = (*CAUSES, "restored", "deleted", "withheld", "geo_scrubbed", "erase")


def order(kind: OrderKind, second: int = 0, **fields: object) -> Order:
    given_fields: dict[str, object] = {"geo_scrubbed": {"up_to": str(100 + second)}, "withheld": {"countries": ("DE",)}}
    more = given_fields.get(kind, {})
    assert isinstance(more, dict)
    values = {"source": "x", "author": "7", "kind": kind, "at": NOON + timedelta(seconds=second), **more, **fields}
    return msgspec.convert(values, Order)


def folded(*orders: Order) -> AuthorState:
    state = AuthorState()
    for each in orders:
        state = fold(state, each)
    return state


ORDERS = st.builds(order, st.sampled_from(KINDS), st.integers(0, 3))


@given(st.lists(ORDERS, max_size=8), st.randoms())
def test_any_sequence_and_any_repetition_ends_in_the_same_state(orders: list[Order], random: object) -> None:
    shuffled = [*orders, *orders]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert folded(*shuffled) == folded(*orders)


def test_restored_ends_every_cause_or_the_one_that_it_names() -> None:
    both = folded(order("protected"), order("suspended"))
    assert both.visibility == "hidden"
    assert fold(both, order("restored", 1)).visibility == "public"
    assert fold(both, order("restored", 1, cause="suspended")).visibility == "hidden"
    assert fold(both, order("restored", -1)).visibility == "hidden"


def test_a_deleted_account_takes_what_was_published_before_and_an_erased_one_everything() -> None:
    then = microseconds(NOON) * REVISIONS
    deleted = folded(order("deleted"))
    assert deleted.marker(then - 1) == deleted.marker(then + 5) == then + DELETED
    assert deleted.marker(then + REVISIONS) == 0
    later = folded(order("erase")).marker(then + 9 * REVISIONS)
    assert later > then + 9 * REVISIONS
    assert is_delete(later)
    assert AuthorState().marker(then) == 0


def test_places_are_scrubbed_up_to_a_post_id_as_a_number() -> None:
    state = folded(order("geo_scrubbed", up_to="100"), order("geo_scrubbed", up_to="99"))
    assert [state.scrubs(native) for native in ("9", "100", "101", "at://x")] == [True, True, False, False]
    assert not AuthorState().scrubs("1")


def test_an_id_of_thousands_of_digits_is_never_in_reach_and_no_order_names_one() -> None:
    endless = "1" * 5_000  # more than Python makes a number of
    assert not AuthorState(geo_up_to="9").scrubs(endless)
    with pytest.raises(Invalid):
        fold(AuthorState(), Order(source="x", author="7", kind="geo_scrubbed", at=NOON, up_to=endless))


def test_an_order_that_names_no_post_is_invalid() -> None:
    with pytest.raises(Invalid, match="post id"):
        folded(order("geo_scrubbed", up_to="all"))


def test_a_book_knows_authors_by_a_hash_that_needs_the_secret() -> None:
    book, other = Book(), Book()
    book.take(SECRET_KEY, b"one")
    other.take(SECRET_KEY, b"two")
    state = folded(order("erase"))
    book.take(book.key("x", "7"), msgspec.json.encode(state))
    assert book.of("x", "7") == state
    assert (book.of("bluesky", "7"), book.of("x", "8"), book.of("x", "")) == (None, None, None)
    assert book.key("x", "7") != other.key("x", "7")
    assert book.key("x", "7") != b"7"
    book.take(book.key("x", "7"), None)
    assert book.of("x", "7") is None


def test_a_state_that_cannot_be_read_is_corrupt() -> None:
    with pytest.raises(Corrupt, match="authors topic"):
        Book().take(b"key", b"{")
