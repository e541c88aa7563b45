"""What a source's posts, deletes and orders come to on the real broker's topics: only the network is a script here."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest

from publishing import (
    ACME,
    RECEIVED,
    cursors,
    deleted,
    on,
    post,
    posts,
    publish,
    received,
)
from veille import kafka
from veille.author import SECRET_KEY, AuthorState, Book, OrderKind
from veille.author import Order as AuthorOrder
from veille.errors import Misused, Unavailable
from veille.identity import DELETED, at_revision
from veille.post import Author, Place, WatchMatch, decode
from veille.producers.source import (
    Broken,
    Ordered,
    Received,
    Skipped,
)
from veille.settings import KafkaSettings, Watch, watches_hash
from veille.topics import AUTHORS, DEAD, ORDERS, parse_headers

# --- authors --------------------------------------------------------------------------------------------------------


def by(author: str, number: int) -> Received:
    found = received(number)
    found.post.author = Author(id=author)
    found.post.place = Place(country="ES")
    return found


def ordered(author: str, kind: OrderKind = "suspended") -> Ordered:
    return Ordered(AuthorOrder(source="x", author=author, kind=kind, at=RECEIVED))


def remember(settings: KafkaSettings, **states: AuthorState) -> None:
    """Put states of authors on their topic, under a secret."""
    book, producer = Book(), kafka.open_producer(settings)
    book.take(SECRET_KEY, b"secret of a test")
    topic = AUTHORS.full_name(settings.prefix)
    producer.send(topic, key=SECRET_KEY, value=book.secret)
    for author, state in states.items():
        producer.send(topic, key=book.key("x", author), value=msgspec.json.encode(state))
    producer.flush()
    producer.close()


def test_an_author_who_was_erased_is_kept_out_and_counted(settings: KafkaSettings) -> None:
    remember(settings, ana=AuthorState(erased_at=1), eve=AuthorState(deleted_at=1 << 40))
    record = publish(settings, by("ana", 1), by("eve", 2), by("ben", 3))
    assert posts(settings).keys() == {"x:3"}
    assert record.counts.dropped == {"author_gone": 2}
    assert record.counts.closes()


def test_what_is_known_of_an_author_holds_for_a_new_post(settings: KafkaSettings) -> None:
    remember(
        settings,
        ana=AuthorState(hidden={"suspended": (1, True)}, withheld=("DE",)),
        ben=AuthorState(hidden={"suspended": (1, False)}, geo_up_to="2"),
    )
    publish(settings, by("ana", 1), by("ben", 2), by("ben", 3))
    found = {key: decode(records[0].value or b"") for key, records in posts(settings).items()}
    assert [(each.visibility, each.withheld, each.place) for _, each in sorted(found.items())] == [
        ("hidden", ["DE"], Place(country="ES")), ("public", [], None), ("public", [], Place(country="ES")),
    ]  # fmt: skip


def test_orders_are_published_about_authors_who_are_known_and_no_others(settings: KafkaSettings) -> None:
    events = (by("ana", 1), ordered("ana"), ordered("ben"), ordered("stranger"))
    record = publish(settings, *events, known_authors=frozenset({"x:ben"}))
    found = [msgspec.json.decode(each.value or b"", type=AuthorOrder) for each in on(settings, ORDERS)]
    assert found == [ordered("ana").order, ordered("ben").order]
    assert [each.key for each in on(settings, ORDERS)] == [b"x:ana", b"x:ben"]
    assert (record.cursor, record.counts.dropped) == ("4", {"unknown_author": 1})
    assert record.counts.closes()


# --- posts ----------------------------------------------------------------------------------------------------------


def test_what_a_watch_matches_is_published_and_the_rest_is_not(settings: KafkaSettings) -> None:
    record = publish(settings, received(1, "I like Acme"), received(2, "nothing to see"))
    (only,) = posts(settings).values()
    found = decode(only[0].value or b"")
    assert (found.doc_id, found.matched) == ("x:1", [WatchMatch("acme", ["acme"], [(7, 11)])])
    assert found.watches_hash == watches_hash(ACME)
    said = parse_headers(only[0].headers)
    assert said is not None
    assert (said.version, said.op, said.source) == (1024, "create", "x")
    assert (record.cursor, record.counts.read, record.counts.out) == ("2", 2, 1)
    assert record.counts.dropped == {"unmatched": 1}
    assert record.counts.closes()


def test_without_a_watch_everything_matches(settings: KafkaSettings) -> None:
    publish(settings, received(1, "whatever"), watches=())
    ((record,),) = posts(settings).values()
    assert decode(record.value or b"").matched == [WatchMatch("all")]


def test_the_networks_word_on_what_matches_is_kept_with_our_terms(settings: KafkaSettings) -> None:
    trusted = post(1, "Acme again")
    trusted.matched = [WatchMatch("acme", rules=["77"]), WatchMatch("rival", rules=["78"])]
    none = post(2, "Acme unasked")
    watches = (*ACME, Watch("rival", "competitor", "rival"))
    publish(settings, Received(trusted, trusted=True), Received(none, trusted=True), watches=watches)
    ((record,),) = posts(settings).values()
    assert decode(record.value or b"").matched == [
        WatchMatch("acme", ["acme"], [(0, 4)], ["77"]),
        WatchMatch("rival", rules=["78"]),
    ]


def test_create_edit_and_delete_of_a_post_are_in_order_on_one_partition(settings: KafkaSettings) -> None:
    publish(settings, *(received(n) for n in range(50)), received(7, "acme!", version=5, op="update"), deleted(7))
    found = posts(settings)["x:7"]
    assert len({record.partition for record in found}) == 1
    assert [(parse_headers(record.headers) or ("",))[:2] for record in found] == [
        (1 << 10, "create"), (5 << 10, "update"), (at_revision(9 << 10, DELETED), "delete"),
    ]  # fmt: skip
    assert [record.value is None for record in found] == [False, False, True]


# --- deletes --------------------------------------------------------------------------------------------------------


def test_a_delete_of_what_was_never_published_is_dropped(settings: KafkaSettings) -> None:
    record = publish(settings, received(1, "nothing"), deleted(1), deleted(2))
    assert posts(settings) == {}
    assert record.counts.dropped == {"unmatched": 1, "unpublished_delete": 2}
    assert record.counts.closes()


def test_a_delete_of_what_the_archive_holds_is_forwarded(settings: KafkaSettings) -> None:
    asked: list[list[str]] = []

    def known(doc_ids: Iterable[str]) -> set[str]:
        asked.append(list(doc_ids))
        return {"x:2"}

    publish(settings, received(1), deleted(1), deleted(2), deleted(3), known=known)
    assert {key: records[-1].value for key, records in posts(settings).items()} == {"x:1": None, "x:2": None}
    assert [doc_id for some in asked for doc_id in some].count("x:2") == 1


def test_all_deletes_are_forwarded_while_the_archive_cannot_be_asked(settings: KafkaSettings) -> None:
    def away(_doc_ids: Iterable[str]) -> set[str]:
        raise Unavailable("the archive does not answer")

    record = publish(settings, deleted(1), deleted(2), known=away)
    assert sorted(posts(settings)) == ["x:1", "x:2"]
    assert record.counts.out == 2


def test_after_a_restart_all_deletes_are_forwarded_since_the_archive_may_be_behind(settings: KafkaSettings) -> None:
    publish(settings, received(1))
    publish(settings, received(1), deleted(1))
    assert [record.value is None for record in posts(settings)["x:1"]] == [False, True]


def test_an_edit_that_no_longer_matches_deletes_what_was_published(settings: KafkaSettings) -> None:
    record = publish(
        settings, received(1), received(1, "other", version=2, op="update"), received(2, "other", op="update")
    )
    _, tombstone = posts(settings)["x:1"]
    assert tombstone.value is None
    assert parse_headers(tombstone.headers) == (at_revision(2 << 10, DELETED), "delete", "x")
    assert "x:2" not in posts(settings)
    assert (record.counts.out, record.counts.dropped) == (2, {"unmatched": 1})


def test_where_a_post_may_come_after_its_delete_every_delete_and_every_edit_that_does_not_match_is_told(
    settings: KafkaSettings,
) -> None:
    edit = received(2, "nothing", version=9, op="update")
    record = publish(settings, deleted(1, version=9), edit, received(3, "nothing"), in_order=False)
    assert {key: some[0].value for key, some in posts(settings).items()} == {"x:1": None, "x:2": None}
    assert record.counts.dropped == {"unmatched": 1}


@pytest.mark.parametrize("text", ["acme " + "é" * (1 << 17), "acme " + "a" * (1 << 20)])
def test_a_text_that_no_network_shows_becomes_a_letter_and_costs_no_match(settings: KafkaSettings, text: str) -> None:
    record = publish(settings, received(1, text), received(2))
    assert list(posts(settings)) == ["x:2"]
    assert record.counts.dead == {"too_large": 1}


# --- what cannot be used --------------------------------------------------------------------------------------------


def test_what_is_broken_becomes_a_letter_and_the_source_goes_on(settings: KafkaSettings) -> None:
    odd = post(2, "acme \ud83d")
    record = publish(settings, Broken(b"{", "not_json", "cut off"), Received(odd), received(3))
    broken, unwritable = on(settings, DEAD)
    assert broken.value == b"{"
    said = dict(broken.headers)
    assert (said["stage"], said["source"], said["reason"]) == (b"files", b"files", b"not_json")
    assert dict(unwritable.headers)["reason"] == b"bad_text"
    assert msgspec.json.decode((unwritable.value or b"").replace(b"\\ud83d", b""))["doc_id"] == "x:2"
    assert list(posts(settings)) == ["x:3"]
    assert record.counts.dead == {"not_json": 1, "bad_text": 1}
    assert record.counts.closes()


def test_a_post_too_large_for_a_record_becomes_a_letter(settings: KafkaSettings) -> None:
    large = post(1)
    large.author.bio = "x" * (9 << 20)
    record = publish(settings, Received(large), received(2))
    (letter,) = on(settings, DEAD)
    said = dict(letter.headers)
    assert (said["reason"], said["truncated"], len(letter.value or b"")) == (b"too_large", b"1", 1 << 20)
    assert int(said["size"]) > 9 << 20
    assert (record.counts.out, record.counts.dead) == (1, {"too_large": 1})


def test_a_thousand_broken_records_in_a_row_stop_the_source(settings: KafkaSettings) -> None:
    broken = [Broken(b"?", "not_json")] * 999
    with pytest.raises(Misused, match=r"gave 1,000 records in a row that cannot be used .* `veille dead list`"):
        publish(settings, *broken, Skipped("not_a_post"), *broken, Broken(b"?", "wrong_type"), received(1))
    last = cursors(settings)[-1]
    assert (last.cursor, last.counts.dead) == ("2000", {"not_json": 1998, "wrong_type": 1})
    assert last.counts.closes()
    assert len(on(settings, DEAD)) == 1999


def test_posts_that_cannot_be_written_are_broken_records_too(settings: KafkaSettings) -> None:
    with pytest.raises(Misused, match="gave 1,000 records in a row"):
        publish(settings, received(0), *(received(n, "acme \ud83d") for n in range(1, 1_500)))
    assert cursors(settings)[-1].counts.dead == {"bad_text": 1_000}


def test_what_is_skipped_is_counted_by_reason_and_kind(settings: KafkaSettings) -> None:
    record = publish(settings, Skipped("unknown_kind", "poll"), Skipped("unknown_kind", "poll"), Skipped("not_a_post"))
    assert record.counts.kinds == {"poll": 2}
    assert record.counts.dropped == {"unknown_kind": 2, "not_a_post": 1}
    assert record.counts.closes()
