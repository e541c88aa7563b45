"""Why: what is over-represented is told, and nothing that may name somebody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from veille.processors.seen import Seen
from veille.processors.why import Group, samples, why
from veille.processors.words import asked
from veille.settings import Watch

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def seen(number: int, author: str, *terms: str) -> Seen:
    return Seen(
        doc_id=f"post{number}",
        version=1,
        source="bluesky",
        at=NOON + timedelta(seconds=number),
        watches=("acme",),
        kind="post",
        author=author,
        own=False,
        followers=None,
        story=f"story{number}",
        label="neutral",
        score=0.0,
        question=False,
        terms=terms,
        links=(),
        country=None,
        region=None,
        answers=None,
    )


def test_a_word_of_one_author_alone_is_no_reason_however_often_it_comes() -> None:
    loud = [seen(number, "one", "kettle", "jane-doe") for number in range(20)]
    reasons = why(Group([*loud, seen(20, "other", "kettle")], 10), Group([], 120))
    assert [term.value for term in reasons.terms] == ["kettle"]
    assert [author.value for author in reasons.authors] == ["one"]


def test_words_that_the_watch_asks_for_are_no_reason() -> None:
    watches = [
        Watch("acme", "brand", '("Acmé Corp" OR #acme_kettle OR @tea) -(tasse OR "fuite grave")'),
        Watch("b", "market", "b"),
    ]
    words = asked(watches)
    assert words["acme"] == {"acme", "corp", "kettle", "tea"}
    found = [seen(number, f"author{number % 3}", "acme", "corp", "fuite") for number in range(9)]
    assert [term.value for term in why(Group(found, 10), Group([], 120), words["acme"]).terms] == ["fuite"]


def test_samples_each_say_something_else_than_the_first_and_the_most_copied() -> None:
    burnt = ("burnt", "plastic")
    said = [
        seen(0, "one", "seal"),
        *(replace(seen(number, f"author{number}", *burnt), story="smoke") for number in range(1, 6)),
        seen(6, "six", "burnt", "seal"),
        replace(seen(7, "seven", "burnt", "plastic", "seal"), story="story0"),
        *(seen(number, f"author{number}", "burnt") for number in (8, 9)),
        seen(11, "eleven", "burnt", "plastic", "furious"),  # the copied sentence, with another end
        replace(seen(10, "ten", "good"), label="positive"),
    ]
    now = Group(said, 10)
    assert [(each.role, each.doc_id) for each in samples(now, why(now, Group([], 120)))] == [
        ("first", "post0"),
        ("most_copied", "post1"),
        ("typical", "post6"),
        ("typical", "post8"),
        ("dissenting", "post10"),
    ]
