"""A post becomes a mention whatever its text, and no step that fails stops it."""

from __future__ import annotations

import copy

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from posts import NOW, POSTS, VERSION, post
from veille import identity
from veille.errors import Corrupt, Invalid
from veille.mention import Enrichment, Note, decode
from veille.post import Post, encode
from veille.processors import ENRICHMENTS, REVISION
from veille.processors.pipeline import enrich, mention_bytes, mentions, step_name

ORDER = ["tags", "language", "geo", "places", "sentiment", "towards", "fingerprint"]


def test_the_steps_run_in_their_order() -> None:
    assert [step_name(step) for step in ENRICHMENTS] == ORDER


def test_a_mention_is_the_post_and_what_was_found_at_the_revision_of_the_enrichment() -> None:
    value, version = mention_bytes(encode(post("Pourquoi la #bouilloire de Paris est-elle en panne ?")), NOW)
    mention = decode(value)
    assert version == VERSION + REVISION
    assert mention.version == str(version)
    assert mention.public_id == identity.public_id(mention.doc_id)
    assert mention.enriched is not None
    assert (mention.enriched.revision, mention.enriched.at) == (REVISION, NOW)
    assert (mention.tags.hashtags, mention.tags.question, mention.language.code) == (["bouilloire"], True, "fr")
    assert mention.notes == []


def test_a_version_of_an_older_enrichment_is_raised_to_this_one() -> None:
    enriched = post("a text")
    enriched.version = str(VERSION + 1023)
    assert mention_bytes(encode(enriched), NOW)[1] == VERSION + REVISION


def test_a_step_that_raises_leaves_a_note_and_the_others_their_fields() -> None:
    def add_trouble(post: Post, found: Enrichment) -> None:
        raise ZeroDivisionError(f"{post.text} {found}")

    (found,) = enrich([post("an #acme kettle")], NOW, [add_trouble, *ENRICHMENTS])
    assert found.notes == [Note("trouble", "ZeroDivisionError")]
    assert found.tags.hashtags == ["acme"]


def test_a_table_of_our_own_that_cannot_be_read_stops_everything() -> None:
    def add_trouble(post: Post, found: Enrichment) -> None:
        raise Corrupt(f"no table for {post.doc_id} {found.public_id}")

    with pytest.raises(Corrupt, match="no table"):
        enrich([post("an #acme kettle")], NOW, [add_trouble])


@pytest.mark.parametrize(
    ("value", "reason"),
    [(b"", "not_json"), (b'{"doc_id": "x:1"', "not_json"), (b'{"doc_id": 1}', "wrong_type"), (b"{}", "missing_field")],
)
def test_what_is_no_post_is_invalid(value: bytes, reason: str) -> None:
    with pytest.raises(Invalid) as raised:
        mention_bytes(value, NOW)
    assert raised.value.reason == reason


def test_a_batch_gives_what_its_posts_give_alone_in_their_order() -> None:
    values = [encode(post(f"kettle number {number} in Paris")) for number in range(600)]
    values[17], values[400] = b"{", b'{"doc_id": 1}'
    made = mentions(values, NOW)
    assert [each.reason for each in made if isinstance(each, Invalid)] == ["not_json", "wrong_type"]
    assert isinstance(made[17], Invalid)
    assert isinstance(made[400], Invalid)
    assert [made[at] for at in (0, 249, 250, 599)] == [mention_bytes(values[at], NOW) for at in (0, 249, 250, 599)]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the tables load with the first
@given(POSTS)
def test_any_post_becomes_a_mention_that_can_be_read_and_nothing_fails(any_post: Post) -> None:
    value = encode(any_post)
    made, _ = mention_bytes(value, NOW)
    mention = decode(made)
    assert mention.notes == []
    assert mention.text == any_post.text
    assert mention_bytes(value, NOW)[0] == made


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(POSTS)
def test_a_step_leaves_the_post_as_it_is(any_post: Post) -> None:
    before = copy.deepcopy(any_post)
    enrich([any_post], NOW)
    assert msgspec.structs.asdict(any_post) == msgspec.structs.asdict(before)
