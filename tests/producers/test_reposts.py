"""What becomes of a repost of which the network tells no more than what it repeats."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from contracts.records import record
from veille.author import AuthorState
from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.identity import DELETED, at_revision
from veille.mention import as_published
from veille.post import Author, Entities, Post, Quoted, Reference, Tombstone, decode
from veille.producers.authors import States, admit, nobody
from veille.producers.cursors import CursorRecord
from veille.producers.judge import Judge
from veille.producers.reposts import ASK_AGAIN_S
from veille.producers.source import Deleted, Received, Reposted
from veille.settings import KafkaSettings, Watch

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ANA, BEN = Author(id="did:plc:ana", handle="ana.example"), Author(id="did:plc:ben")
WATCHES = (Watch("acme", "brand", "acme"), Watch("own", "brand", "acme -is:retweet"))


def made(text: str, **fields: Any) -> Post:
    return as_published(record("bluesky:did:plc:x/1", 5 << 40, text, **fields).value or b"")


FIRST = made(
    "acme makes kettles",
    native_id="at://did:plc:ana/app.bsky.feed.post/1",
    author=ANA,
    langs=["en"],
    entities=Entities(hashtags=["tea"]),
    url="https://bsky.app/profile/did:plc:ana/post/1",
)


class Shelf:
    """An archive of some posts, by doc id."""

    def __init__(self, *posts: Post, away: bool = False) -> None:
        self.posts, self.away, self.asked = {post.doc_id: post for post in posts}, away, list[set[str]]()

    def known(self, doc_ids: Iterable[str]) -> set[str]:
        self.asked.append(set(doc_ids))
        if self.away:
            raise Unavailable("away")
        return self.asked[-1] & self.posts.keys()

    def stored(self, doc_id: str) -> Post | None:
        return self.posts.get(doc_id)

    def reposts_of(self, source: str, native_id: str) -> list[str]:
        if self.away:
            raise Unavailable("away")
        return [each.doc_id for each in self.posts.values() if (each.source, each.ref.repost_of) == (source, native_id)]


def judge(shelf: Shelf | None = None, states: States = nobody, clock: FakeClock | None = None) -> Judge:
    shelf = shelf or Shelf()
    return Judge(
        CursorRecord(source="bluesky"), KafkaSettings(), WATCHES, clock or FakeClock(NOW), shelf.known, in_order=True,
        states=states, stored=shelf.stored, reposts_of=shelf.reposts_of,
    )  # fmt: skip


def fresh(post: Post) -> Received:
    return Received(msgspec.structs.replace(post))


def repost(number: int = 2, of: str = FIRST.doc_id) -> Reposted:
    name = f"repost/{number}"
    uri = f"at://did:plc:ben/app.bsky.feed.repost/{number}"
    shell = made("", native_id=uri, author=BEN, kind="repost")
    shell.doc_id = f"bluesky:did:plc:ben/{name}"
    return Reposted(shell, of)


def posts(rows: Iterable[object]) -> list[Post]:
    return [decode(row.value) for row in rows if row.value]  # type: ignore[attr-defined]  # rows of the outlet


@pytest.mark.parametrize("where", ["this batch", "an earlier batch", "the archive"])
def test_a_repost_carries_what_it_repeats_wherever_that_is_known_from(where: str) -> None:
    judging = judge(Shelf(FIRST) if where == "the archive" else None)
    if where == "this batch":
        _, found = posts(judging.rows([fresh(FIRST), repost()]))
    else:
        if where == "an earlier batch":
            judging.rows([fresh(FIRST)])
        (found,) = posts(judging.rows([repost()]))
    assert (found.doc_id, found.author, found.kind) == ("bluesky:did:plc:ben/repost/2", BEN, "repost")
    assert (found.text, found.langs, found.entities, found.url) == (FIRST.text, ["en"], FIRST.entities, FIRST.url)
    assert found.ref == Reference(
        repost_of=FIRST.native_id, repost_author="ana.example", repost_author_id="did:plc:ana"
    )
    assert [match.id for match in found.matched] == ["acme"]


def test_a_repost_of_what_is_not_known_or_hidden_is_counted_and_dropped() -> None:
    hidden = msgspec.structs.replace(FIRST, visibility="hidden")
    for shelf in (Shelf(), Shelf(hidden), Shelf(FIRST, away=True)):
        judging = judge(shelf)
        assert judging.rows([repost(), repost(3)]) == []
        assert judging.counts.dropped == {"unknown_repost": 2}
        assert judging.counts.closes()
        assert shelf.asked == [{FIRST.doc_id}]


def test_what_is_remembered_is_not_asked_for() -> None:
    shelf = Shelf()
    judging = judge(shelf)
    judging.rows([fresh(FIRST)])
    judging.rows([repost()])
    assert shelf.asked == []


@pytest.mark.parametrize("where", ["memory", "archive"])
def test_a_deleted_post_takes_its_reposts_along(where: str) -> None:
    before = judge()
    before.rows([fresh(FIRST), repost()])
    (kept,) = posts(before.rows([repost(3)]))
    judging = judge(Shelf(FIRST, kept)) if where == "archive" else before
    delete = Tombstone(FIRST.doc_id, at_revision(9 << 40, DELETED), "bluesky", FIRST.native_id)
    rows = judging.rows([Deleted(delete), repost(4)])
    gone = {FIRST.doc_id, "bluesky:did:plc:ben/repost/3"}
    if where == "memory":
        gone.add("bluesky:did:plc:ben/repost/2")
    assert {row.key.decode() for row in rows if row.value is None and row.key} >= gone
    assert {dict(row.headers)["version"] for row in rows if row.value is None} == {str(delete.version).encode()}
    assert judging.counts.closes()


def test_reposts_in_an_archive_that_was_away_go_when_it_is_back() -> None:
    (kept,) = posts(judge(Shelf(FIRST)).rows([repost(3)]))
    shelf, clock = Shelf(FIRST, kept, away=True), FakeClock(NOW)
    judging = judge(shelf, clock=clock)
    delete = Tombstone(FIRST.doc_id, at_revision(9 << 40, DELETED), "bluesky", FIRST.native_id)
    assert [row.key for row in judging.rows([Deleted(delete)])] == [FIRST.doc_id.encode()]
    clock.advance(ASK_AGAIN_S)
    assert judging.rows([]) == []
    shelf.away = False
    assert judging.rows([]) == []  # left alone for a moment
    clock.advance(ASK_AGAIN_S)
    (row,) = judging.rows([])
    assert (row.key, row.value, dict(row.headers)["version"]) == (
        kept.doc_id.encode(), None, str(delete.version).encode(),
    )  # fmt: skip
    clock.advance(ASK_AGAIN_S)
    assert judging.rows([]) == []


def test_a_delete_of_what_was_never_here_asks_for_no_reposts() -> None:
    judging = judge(Shelf())
    judging.rows([fresh(FIRST)])
    assert judging.rows([Deleted(Tombstone("bluesky:did:plc:x/9", 1023, "bluesky", "at://x"))]) == []


GONE, HIDDEN = AuthorState(erased_at=1), AuthorState(hidden={"suspended": (1, True)}, withheld=("DE",))


@pytest.mark.parametrize("state", [GONE, HIDDEN], ids=["gone", "hidden"])
def test_what_is_known_of_the_second_author_is_applied_before_publishing(state: AuthorState) -> None:
    def states(_source: str, author: str) -> AuthorState | None:
        return state if author == ANA.id else None

    quote = made("as if", quoted=Quoted(text="acme", author=ANA), author=BEN)
    assert admit(quote, states)
    assert (quote.quoted, quote.flags, quote.text) == (None, ["quote_removed"], "as if")
    again = made("acme", kind="repost", ref=Reference(repost_of="1", repost_author_id=ANA.id), author=BEN)
    assert admit(again, states) is (state is HIDDEN)
    if state is HIDDEN:
        assert (again.flags, again.withheld, again.visibility) == (["original_hidden"], ["DE"], "public")
