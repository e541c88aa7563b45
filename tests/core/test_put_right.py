"""Labels put right: whatever comes first, and however often, what people say counts, and can be taken back."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from contracts.people import FOUND, RIGHT, did, enriched
from veille.action import Action, Field
from veille.mention import Mention
from veille.put_right import as_found, with_actions

PLAIN: dict[str, Any] = msgspec.json.decode(enriched().value or b"")

VALUES: dict[Field, tuple[str, ...]] = {
    "sentiment": ("negative", "neutral", "positive"),
    "language": ("fr", "und", "ast"),
    "country": ("FR", "none"),
    "question": ("yes", "no"),
    "handled": ("yes",),
    "assigned": ("ana", "ben"),
}

ACTION = st.one_of(
    st.sampled_from([did(field, value) for field, values in VALUES.items() for value in values]),
    st.sampled_from([did("not_about", "yes", watch=watch) for watch in ("acme", "rival", "never")]),
)
ACTIONS = st.lists(ACTION, max_size=6, unique_by=lambda action: action.key)


@given(ACTIONS, ACTIONS)
def test_only_what_is_in_effect_counts_whatever_stood_before(earlier: list[Action], now: list[Action]) -> None:
    plain = with_actions(PLAIN, now)
    assert with_actions(with_actions(PLAIN, earlier), now) == plain
    assert with_actions(plain, reversed(now)) == plain
    assert as_found(plain) == PLAIN
    read = msgspec.json.decode(msgspec.json.encode(plain), type=Mention)
    for action in now:
        if action.field == "not_about":
            assert action.watch not in {match.id for match in read.tags.watches}


def test_a_mention_without_enrichment_takes_labels_too() -> None:
    bare = {name: value for name, value in PLAIN.items() if name not in {"tags", "language", "geo", "sentiment"}}
    put = with_actions(bare, [did(field, value) for field, value in RIGHT.items()])
    read = msgspec.json.decode(msgspec.json.encode(put), type=Mention)
    assert (read.sentiment.label, read.language.code, read.geo.country) == ("positive", "fr", "FR")
    empty = msgspec.json.decode(msgspec.json.encode(as_found(put)), type=Mention)
    assert empty == msgspec.json.decode(msgspec.json.encode(bare), type=Mention)


def test_a_value_that_is_no_label_changes_nothing() -> None:
    nonsense = [
        did("sentiment", "furious"),
        did("language", "français"),
        did("country", "fr"),
        did("question", "maybe"),
    ]
    assert with_actions(PLAIN, nonsense) == PLAIN


def test_towards_each_watch_and_fields_of_others_stay() -> None:
    towards = [{"watch": "acme", "label": "negative", "score": -0.5}]
    plain = PLAIN | {"sentiment": PLAIN["sentiment"] | {"towards": towards}, "more": 1}
    put = with_actions(plain, [did("sentiment", "neutral")])
    assert put["sentiment"]["towards"] == towards
    assert put["more"] == 1
    assert FOUND.sentiment.label == "negative"
