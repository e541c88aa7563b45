"""Stories by themselves: what is held has a bound, and within it nothing depends on the bound."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from counted import NOON
from veille.mention import Mention
from veille.post import Author
from veille.processors.fingerprint import fingerprint
from veille.processors.stories import LASTS, Stories
from veille.story import Membership, story_of

DAY = LASTS + timedelta(hours=1)
"""Apart by so much, the same text makes another story."""

TEXTS = [
    "La bouilloire acme fuit de partout, ne l'achetez surtout pas !",
    "Three weeks for a reply, and then they ask me for the receipt again",
    "Quelqu'un sait où trouver le filtre de rechange de ce modèle ?",
    "Best thing in my kitchen since the toaster, would buy it twice",
]
UNBOUNDED = 100_000


def said(doc_id: str, text: str, day: int = 0, revision: int = 1) -> Mention:
    return Mention(
        doc_id=doc_id,
        version=str(revision),
        source="bluesky",
        native_id=doc_id,
        created_at=NOON + day * DAY,
        received_at=NOON,
        author=Author(id="did:plc:ana"),
        text=text,
        fingerprint=fingerprint(text),
    )


class Told:
    """Stories, and what they said of each mention; a mention that came before has its story, as in the stage."""

    def __init__(self, room: int) -> None:
        self.stories = Stories(room)
        self._story_of: dict[str, str] = {}

    def take(self, mention: Mention) -> list[Membership]:
        story, memberships = self.stories.place(mention, NOON, self._story_of.get(mention.doc_id))
        self._story_of[mention.doc_id] = story
        return memberships


MENTIONS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(TEXTS), st.integers(0, 9)), min_size=2, max_size=40)


@given(MENTIONS)
def test_what_is_said_of_edits_and_copies_is_the_same_in_any_room_that_holds_all(
    steps: list[tuple[int, str, int]],
) -> None:
    bounded, unbounded = Told(len(TEXTS) + 10), Told(UNBOUNDED)
    for revision, (doc, text, day) in enumerate(steps, 1):
        mention = said(f"b:{doc}", text, day, revision)
        assert bounded.take(mention) == unbounded.take(mention)


@given(MENTIONS)
def test_what_is_said_of_copies_needs_room_for_their_texts_alone(steps: list[tuple[int, str, int]]) -> None:
    """However many mentions were alone with a text: those that no copy can find go first."""
    bounded, unbounded = Told(len(TEXTS)), Told(UNBOUNDED)
    for number, (_, text, day) in enumerate(steps):
        mention = said(f"b:{number}", text, day)
        assert bounded.take(mention) == unbounded.take(mention)
        assert len(bounded.stories) <= 2 * len(TEXTS)


def test_a_text_that_comes_a_day_apart_each_time_does_not_fill_memory() -> None:
    room, told = 10, Told(10)
    for day in range(20 * room):
        assert told.take(said(f"b:{day}", TEXTS[0], day)) == []
    assert len(told.stories) <= 2 * room
    assert [each.doc_id for each in told.take(said("b:copy", TEXTS[0], day))] == [f"b:{day}", "b:copy"]


def test_the_first_mention_is_told_with_its_copy_after_an_edit_whose_earlier_text_is_forgotten() -> None:
    stories = Stories(2)
    first = said("b:1", TEXTS[0])
    stories.place(first, NOON)
    edited = msgspec.structs.replace(first, version="2", text=TEXTS[1], fingerprint=fingerprint(TEXTS[1]))
    stories.place(edited, NOON, story_of("b:1"))
    stories.place(said("b:2", TEXTS[2]), NOON)  # takes the room of the text before the edit
    _, told = stories.place(said("b:3", TEXTS[1]), NOON)
    assert [(each.doc_id, each.version, each.story) for each in told] == [
        ("b:1", "2", story_of("b:1")),
        ("b:3", "1", story_of("b:1")),
    ]
