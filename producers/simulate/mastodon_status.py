"""A post of the seeded world as Mastodon's REST API shows it: the JSON of a status, its text as HTML.

Entities as in docs.joinmastodon.org/entities/Status and /Account, without fields that no reader of a timeline needs.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal
from zlib import crc32

from veille.post import Author, Post

Refusal = Literal["noindex", "not_indexable"]

SHOWN = 30
"""Characters of an address that Mastodon shows."""

REFUSING = 12
"""One account in so many says `noindex`, and one that it is not `indexable`."""


def refusal(author_id: str) -> Refusal | None:
    """Whether an account refuses to be indexed, and in which of Mastodon's two words."""
    kind = crc32(author_id.encode()) % REFUSING
    return {0: "noindex", 1: "not_indexable"}.get(kind)  # type: ignore[return-value]  # the two words of Refusal


def status(
    post: Post,
    local_id: str,
    edited: datetime | None,
    local_id_of: Callable[[str], str | None],
    host: str,
) -> dict[str, Any]:
    """The status under its id on one instance; `local_id_of` knows the ids there, by URI."""
    answered = local_id_of(post.ref.reply_to) if post.ref.reply_to else None
    return {
        "id": local_id,
        "uri": post.uri,
        "url": post.url,
        "created_at": time(post.created_at),
        "edited_at": None if edited is None else time(edited),
        "in_reply_to_id": answered,
        "in_reply_to_account_id": None if answered is None else str(crc32((post.ref.reply_author or "").encode())),
        "visibility": "public",
        "language": post.langs[0] if post.langs else None,
        "sensitive": post.sensitive,
        "spoiler_text": "",
        "content": content(post, host),
        "account": account(post.author, host),
        "application": None,
        "media_attachments": [{"id": local_id, "type": kind, "url": None} for kind in post.media],
        "mentions": [],
        "tags": [{"name": tag.lower(), "url": f"https://{host}/tags/{tag}"} for tag in post.entities.hashtags or ()],
        "emojis": [],
        "reblog": None,
        "quote": _quote(post, local_id_of, host),
        "card": None,
        "poll": None,
        "favourites_count": 0,
        "reblogs_count": 0,
        "replies_count": 0,
    }


def _quote(post: Post, local_id_of: Callable[[str], str | None], host: str) -> dict[str, Any] | None:
    if post.ref.quote_of is None or post.quoted is None:
        return None
    quoted = Post(
        doc_id="",
        version="0",
        source="mastodon",
        native_id=post.ref.quote_of,
        uri=post.ref.quote_of,
        url=post.quoted.url,
        created_at=post.created_at,
        received_at=post.received_at,
        text=post.quoted.text,
        author=post.quoted.author,
        entities=post.quoted.entities,
    )
    local = local_id_of(post.ref.quote_of)
    return None if local is None else {"state": "accepted", "quoted_status": status(quoted, local, None, str, host)}


def account(author: Author, host: str) -> dict[str, Any]:
    """Whoever published; those of the instance itself go without its name."""
    name, _, home = (author.handle or "").partition("@")
    refused = refusal(author.id)
    return {
        "id": str(crc32((author.handle or "").encode())),
        "username": name,
        "acct": name if home == host else author.handle,
        "uri": author.id,
        "url": f"https://{home}/@{name}",
        "display_name": author.name or "",
        "note": f"<p>{html.escape(author.bio or '')}</p>",
        "avatar": "",
        "bot": False,
        "noindex": refused == "noindex",
        "indexable": refused != "not_indexable",
        "discoverable": True,
        "followers_count": author.followers or 0,
        "following_count": author.following or 0,
        "statuses_count": author.posts or 0,
        "fields": [],
        "emojis": [],
    }


def content(post: Post, host: str) -> str:
    """The text as Mastodon writes it: escaped, with its links and hashtags marked."""
    marked = [(link.url, _link(link.url)) for link in post.entities.links or ()]
    marked += [(f"#{tag}", _tag(tag, host)) for tag in post.entities.hashtags or ()]
    pattern = "|".join(re.escape(written) for written, _ in marked)
    pieces = re.split(f"({pattern})", post.text) if marked else [post.text]
    lines = "".join(dict(marked).get(piece) or html.escape(piece, quote=False) for piece in pieces)
    return f"<p>{lines.replace(chr(10), '<br />')}</p>"


def _tag(tag: str, host: str) -> str:
    return f'<a href="https://{host}/tags/{tag}" class="mention hashtag" rel="tag">#<span>{html.escape(tag)}</span></a>'


def _link(url: str) -> str:
    scheme, _, rest = url.partition("://")
    shown, hidden = rest[:SHOWN], rest[SHOWN:]
    return (
        f'<a href="{html.escape(url)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{scheme}://</span>'
        f'<span class="{"ellipsis" if hidden else ""}">{html.escape(shown)}</span>'
        f'<span class="invisible">{html.escape(hidden)}</span></a>'
    )


def time(moment: datetime) -> str:
    """As Mastodon writes times."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
