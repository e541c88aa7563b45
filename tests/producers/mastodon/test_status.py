"""What becomes of a status: real ones against checked output, and each field and fault on its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from veille.identity import mastodon_doc_id, microseconds, version
from veille.post import Link, Post, encode
from veille.producers.mastodon.html import plain
from veille.producers.mastodon.status import read_status
from veille.producers.source import Broken, Received, Skipped
from veille.text.entities import handles, hashtags
from veille.text.urls import urls

FIXTURES = Path(__file__).parents[2] / "fixtures" / "mastodon"
RECEIVED = datetime(2026, 8, 2, 12, tzinfo=UTC)


def account(**fields: Any) -> dict[str, Any]:
    name = fields.pop("name", "ada")
    return {
        "id": "7",
        "acct": name,
        "username": name,
        "url": f"https://tasse.example/@{name}",
        "uri": f"https://tasse.example/users/{name}",
        "noindex": False,
        "indexable": True,
        **fields,
    }


def status(**fields: Any) -> dict[str, Any]:
    return {
        "id": "117020593134559451",
        "uri": "https://tasse.example/users/ada/statuses/1",
        "url": "https://tasse.example/@ada/1",
        "created_at": "2026-08-01T13:55:46.609Z",
        "visibility": "public",
        "content": "<p>tea</p>",
        "account": account(),
        **fields,
    }


def read(fields: dict[str, Any], received: datetime = RECEIVED) -> Received | Skipped | Broken:
    return read_status(Raw(json.dumps(fields).encode()), "tasse.example", received)


def post(received: datetime = RECEIVED, **fields: Any) -> Post:
    event = read(status(**fields), received)
    assert isinstance(event, Received)
    return event.post


# --- real payloads --------------------------------------------------------------------------------------------------


def made_of(line: bytes) -> Any:
    event = read_status(Raw(line), "localhost:3000", RECEIVED)
    if isinstance(event, Received):
        return json.loads(encode(event.post))
    assert isinstance(event, Skipped)
    return {"left out": event.reason}


def lines(name: str) -> list[bytes]:
    return (FIXTURES / name).read_bytes().splitlines()


@pytest.mark.parametrize(("line", "expected"), list(zip(lines("statuses.jsonl"), lines("expected.jsonl"), strict=True)))
def test_real_statuses_become_what_was_checked(line: bytes, expected: bytes) -> None:
    assert made_of(line) == json.loads(expected)


# --- text -----------------------------------------------------------------------------------------------------------

MARKED = (
    '<p>Hi <span class="h-card" translate="no"><a href="https://a.example/@bob" class="u-url mention">@<span>bob</span>'
    '</a></span>, see <a href="https://gazette.example/a/very/long/path?x=1&amp;y=2" rel="nofollow"><span '
    'class="invisible">https://</span><span class="ellipsis">gazette.example/a/very/long/pa</span><span '
    'class="invisible">th?x=1&amp;y=2</span></a> &amp; <a href="https://tasse.example/tags/tea" class="mention '
    'hashtag" rel="tag">#<span>tea</span></a> :kettle:</p>'
)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one<br>two<br />three</p><p>four</p>", "one\ntwo\nthree\n\nfour"),
        ("<p>a</p>\n\n<p>b</p>", "a\n\nb"),
        ("<p>2 &lt; 3 &amp;amp; caf&#233; &hearts;</p>", "2 < 3 &amp; café ♥"),
        ("<p>list:</p><ul><li>one</li><li>two</li></ul>", "list:\n\n- one\n- two"),
        ("<blockquote><p>said</p></blockquote><p>me</p>", "said\n\nme"),
        ("<pre><code>a  b\n  c</code></pre>", "a  b\n  c"),
        ('so <img class="custom-emoji" alt=":kettle:" src="x"> nice', "so :kettle: nice"),
        ("<script>alert(1)</script><p>safe</p>", "safe"),
        ("no markup", "no markup"),
        ("<p>never <b>closed", "never closed"),
        ("", ""),
    ],
)
def test_html_becomes_the_text_that_its_author_sees(html: str, text: str) -> None:
    assert plain(html)[0] == text


def test_links_mentions_and_hashtags_stand_in_the_text_where_its_tokens_say() -> None:
    text, links = plain(MARKED)
    address = "https://gazette.example/a/very/long/path?x=1&y=2"
    assert text == f"Hi @bob, see {address} & #tea :kettle:"
    assert links == [Link(url=address, display="gazette.example/a/very/long/pa…")]
    assert [text[each.start : each.end] for each in urls(text)] == [address]
    assert [text[each.start : each.end] for each in hashtags(text)] == ["#tea"]
    assert [text[each.start : each.end] for each in handles(text)] == ["@bob"]


def test_words_that_lead_somewhere_are_shown_and_the_address_is_kept() -> None:
    assert plain('<p>look <a href="https://gazette.example/1">here</a>!</p>') == (
        "look here!",
        [Link(url="https://gazette.example/1", display="here")],
    )


@given(st.text(alphabet="<>/apbri&#;\"'= \n\0é🫖", max_size=80) | st.text(max_size=80))
def test_whatever_it_is_html_can_be_read(html: str) -> None:
    text, _ = plain(html)
    assert text == text.strip("\n ")


# --- fields ---------------------------------------------------------------------------------------------------------


def test_who_wrote_it_goes_by_names_that_are_the_same_everywhere() -> None:
    near, far = post(), post(account=account(acct="ada@tasse.example"))
    assert near.author == far.author
    assert (near.author.handle, near.author.id) == ("ada@tasse.example", "https://tasse.example/users/ada")
    assert post(account=account(uri=None)).author.id == "https://tasse.example/@ada"


def test_the_same_post_has_the_same_identity_and_version_on_every_instance() -> None:
    """Times travel between instances in whole seconds."""
    here, there = post(), post(id="9", created_at="2026-08-01T13:55:46.000Z")
    assert here.doc_id == there.doc_id == mastodon_doc_id("https://tasse.example/users/ada/statuses/1")
    assert here.version == there.version


def test_an_edit_is_newer_than_its_post_even_within_a_second() -> None:
    first = post()
    edited = post(edited_at="2026-08-01T13:55:46.900Z", content="<p>coffee</p>")
    assert (edited.op, edited.text) == ("update", "coffee")
    assert int(edited.version) > int(first.version)
    assert edited.version == post(created_at="2026-08-01T13:55:46Z", edited_at="2026-08-01T13:55:46Z").version


def test_a_boost_is_a_repost_with_the_whole_text_of_the_original() -> None:
    first = status(id="5", account=account(name="bob", id="8"), language="fr", spoiler_text="hot", sensitive=True)
    boost = post(reblog=first, content="", uri="https://tasse.example/users/ada/statuses/2/activity", url=None)
    assert (boost.kind, boost.text, boost.langs, boost.warning) == ("repost", "tea", ["fr"], "hot")
    assert (boost.ref.repost_of, boost.ref.repost_author) == ("5", "bob@tasse.example")
    assert boost.ref.repost_author_id == post(account=account(name="bob", id="8")).author.id
    assert boost.author.handle == "ada@tasse.example"
    assert boost.doc_id == mastodon_doc_id("https://tasse.example/users/ada/statuses/2/activity")


def test_replies_say_whom_they_answer_where_the_payload_does() -> None:
    named = {"id": "8", "acct": "bob@b.example", "username": "bob", "url": "https://b.example/@bob"}
    reply = post(in_reply_to_id="4", in_reply_to_account_id="8", mentions=[named])
    assert (reply.kind, reply.ref.reply_to, reply.ref.reply_author) == ("reply", "4", "bob@b.example")
    assert reply.entities.handles == ["bob", "bob@b.example"]
    own = post(in_reply_to_id="4", in_reply_to_account_id="7", mentions=[])
    assert own.ref.reply_author == "ada@tasse.example"
    assert post(in_reply_to_id="4", in_reply_to_account_id="9").ref.reply_author is None


def test_a_quote_carries_what_it_quotes_unless_that_author_refuses() -> None:
    quoted = status(id="5", content="<p>kettle</p>", account=account(name="bob"))
    quote = post(quote={"state": "accepted", "quoted_status": quoted})
    assert (quote.kind, quote.ref.quote_of) == ("quote", "5")
    assert quote.quoted is not None
    assert (quote.quoted.text, quote.quoted.author.handle) == ("kettle", "bob@tasse.example")
    refused = post(quote={"state": "accepted", "quoted_status": quoted | {"account": account(noindex=True)}})
    assert (refused.kind, refused.quoted) == ("quote", None)
    assert post(quote={"state": "pending", "quoted_status": None}).kind == "post"


def test_all_that_a_status_says_is_taken() -> None:
    full = post(
        content=MARKED,
        language="EN",
        sensitive=True,
        spoiler_text="steam",
        tags=[{"name": "tea", "url": "https://tasse.example/tags/tea"}],
        mentions=[{"id": "8", "acct": "bob@a.example", "username": "bob", "url": "https://a.example/@bob"}],
        media_attachments=[{"type": "image"}, {"type": "gifv"}, {"type": "unknown"}],
        card={"url": "https://gazette.example/a/very/long/path?x=1&y=2", "title": "Kettles", "description": ""},
        application={"name": "Web"},
        favourites_count=3,
        reblogs_count=2,
        replies_count=1,
        quotes_count=0,
        account=account(bot=True, display_name="Ada", note="<p>hot<br>water</p>", followers_count=5),
    )
    assert (full.langs, full.sensitive, full.warning, full.bot, full.app) == (["en"], True, "steam", True, "Web")
    assert full.entities.hashtags == ["tea"]
    assert full.entities.handles == ["bob", "bob@a.example"]
    assert full.entities.links is not None
    assert [(each.title, each.description) for each in full.entities.links] == [("Kettles", None)]
    assert full.media == ["image", "gif"]
    assert (full.metrics.likes, full.metrics.reposts, full.metrics.replies, full.metrics.quotes) == (3, 2, 1, 0)
    assert (full.author.name, full.author.bio, full.author.followers) == ("Ada", "hot\nwater", 5)
    assert (full.kind, full.origin, full.instance, full.ref.conversation) == (
        "post",
        "simulated",
        "tasse.example",
        "117020593134559451",
    )
    assert post(uri="https://mastodon.social/users/a/statuses/1").origin == "live"


def test_what_other_software_leaves_out_is_not_needed() -> None:
    spare = {name: status()[name] for name in ("id", "uri", "created_at", "account")}
    spare["account"] = {"id": "1", "acct": "eve", "url": "https://akko.example/users/eve"}
    event = read(spare)
    assert isinstance(event, Received)
    assert (event.post.text, event.post.author.handle) == ("", "eve@akko.example")
    assert (event.post.entities.hashtags, event.post.entities.handles) == (None, None)


# --- time -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claimed", ["2030-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "yesterday"])
def test_a_time_that_cannot_be_is_kept_as_claimed_and_the_instance_counts_instead(claimed: str) -> None:
    made = datetime(2026, 8, 1, 13, 55, 46, tzinfo=UTC)
    clamped = post(created_at=claimed, id=str(microseconds(made) // 1000 << 16))
    assert (clamped.created_at, clamped.created_at_claimed, clamped.flags) == (RECEIVED, claimed, ["time_clamped"])
    later = post(RECEIVED + timedelta(hours=1), created_at=claimed, id=clamped.native_id)
    assert clamped.version == later.version == str(version(made, RECEIVED))


@pytest.mark.parametrize("note", ["I make #nobotics", "no bots, no index", "see a.example/#noindex-me", "c#nobot"])
def test_a_profile_that_only_looks_so_refuses_nothing(note: str) -> None:
    assert isinstance(read(status(account=account(note=note))), Received)


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert post(content="<p>write \\u0000 for NUL</p>").text == "write \\u0000 for NUL"


# --- what is left out, and what cannot be used ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"visibility": "unlisted"}, "not_public"),
        ({"visibility": "private"}, "not_public"),
        ({"account": account(noindex=True)}, "noindex"),
        ({"account": account(indexable=False)}, "noindex"),
        ({"reblog": status(account=account(indexable=False))}, "noindex"),
        ({"reblog": status(visibility="unlisted")}, "not_public"),
        ({"account": account(note="<p>No thanks. #NoBot</p>")}, "noindex"),
        ({"account": account(note='<a href="https://a.example/tags/noindex">#<span>noindex</span></a>')}, "noindex"),
    ],
)
def test_who_refuses_to_be_indexed_or_speaks_to_some_alone_is_left_out(fields: dict[str, Any], reason: str) -> None:
    assert read(status(**fields)) == Skipped(reason)


@pytest.mark.parametrize("word", [None, True])
def test_who_says_nothing_of_indexing_is_read(word: bool | None) -> None:
    assert isinstance(read(status(account=account(noindex=None, indexable=word))), Received)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"id": "1", "type": "wave"}', "missing_field"),
        (json.dumps(status(content=5)).encode(), "wrong_type"),
        (json.dumps(status(uri="")).encode(), "missing_field"),
        (json.dumps(status(content="a\0b")).encode(), "bad_text"),
        (json.dumps(status(content="a\ud800b")).encode(), "bad_text"),
        (json.dumps(status(content="x" * (1 << 20 | 1))).encode(), "too_large"),
        (b'"a word"', "wrong_type"),
    ],
)
def test_what_is_no_status_is_broken_and_kept(raw: bytes, reason: str) -> None:
    event = read_status(Raw(raw), "tasse.example", RECEIVED)
    assert isinstance(event, Broken)
    assert (event.raw, event.reason) == (raw, reason)


if __name__ == "__main__":
    made = [msgspec.json.encode(made_of(line)) for line in lines("statuses.jsonl")]
    (FIXTURES / "expected.jsonl").write_bytes(b"\n".join(made) + b"\n")
