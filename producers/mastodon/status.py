"""One status as the API sends it --> one event of ours.

raw --> Status --> not public, or its author refuses   Skipped, with its reason
               |-> boost                               Received, a repost with the whole text of what it repeats
               |-> all the rest                        Received
               `-> cannot be read                      Broken

Entities: docs.joinmastodon.org/entities/Status and /Account. Software that speaks the same API leaves fields out, so
only what nothing can be done without is required.

What is the same on every instance: `uri`, and times in whole seconds, since that is how they travel between them. So
versions are made from these. Ids are each instance's own; `native_id` and `ref` hold those of `instance`.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
from msgspec import Raw, Struct

from veille.decoding import NOT_READ, decoded
from veille.errors import Invalid
from veille.identity import EPOCH, hashed, mastodon_doc_id, microseconds, plausible, version
from veille.post import Author, Entities, Kind, Link, Metrics, Origin, Post, Quoted, Reference, utc
from veille.producers.mastodon.client import id_of
from veille.producers.mastodon.cursor import time_of
from veille.producers.mastodon.html import plain
from veille.producers.nul import refuse_nul
from veille.producers.source import Broken, Received, Skipped

INVENTED = ".example"
"""What ends in this exists nowhere (RFC 2606): posts of the stand-in, never of the network."""

EDITED = timedelta(milliseconds=500)
"""How far into its second an edit counts, so that it is newer than a post of that very second."""

MEDIA = {"image": "image", "video": "video", "gifv": "gif", "audio": "audio"}
LONGEST_HTML = 1 << 20
"""Characters; Mastodon's own limit is 500 of text, others allow some ten thousand."""


class Account(Struct):
    """Who published. `uri` is the same everywhere; older servers leave it out, and then `url` is."""

    id: str
    acct: str
    url: str | None = None
    uri: str | None = None
    username: str = ""
    display_name: str | None = None
    note: str | None = None
    avatar: str | None = None
    avatar_static: str | None = None
    bot: bool | None = None
    noindex: bool | None = None
    indexable: bool | None = None
    followers_count: int | None = None
    following_count: int | None = None
    statuses_count: int | None = None


class Mention(Struct):
    """An account that the text names."""

    id: str = ""
    acct: str = ""
    username: str = ""
    url: str | None = None


class Tag(Struct):
    """A hashtag, without its sign."""

    name: str


class Attachment(Struct):
    """A picture, film or sound."""

    type: str = ""


class Card(Struct):
    """The linked page as the instance saw it."""

    url: str | None = None
    title: str | None = None
    description: str | None = None


class Application(Struct):
    """What it was published with."""

    name: str | None = None


class Quote(Struct):
    """What a status quotes; where the quoted author has not agreed, there is no status in it."""

    quoted_status: Status | None = None
    quoted_status_id: str | None = None


class Status(Struct):
    """A status; a boost is one whose `reblog` is the status that it repeats."""

    id: str
    uri: str
    created_at: str
    account: Account
    content: str | None = None
    visibility: str = "public"
    url: str | None = None
    edited_at: str | None = None
    in_reply_to_id: str | None = None
    in_reply_to_account_id: str | None = None
    reblog: Status | None = None
    quote: Quote | None = None
    sensitive: bool | None = None
    spoiler_text: str | None = None
    language: str | None = None
    application: Application | None = None
    media_attachments: list[Attachment] | None = None
    mentions: list[Mention] | None = None
    tags: list[Tag] | None = None
    card: Card | None = None
    favourites_count: int | None = None
    reblogs_count: int | None = None
    replies_count: int | None = None
    quotes_count: int | None = None


class Glanced(Struct):
    """As much of a status as tells whether it was seen before."""

    uri: str
    created_at: str
    edited_at: str | None = None
    reblog: Glanced | None = None


_MAY_REFUSE = re.compile(r"no(?:bot|index)", re.IGNORECASE)
_REFUSAL = re.compile(r"(?<![\w/])[#＃]no(?:bots?|index)(?!\w)", re.IGNORECASE)
"""A custom older than the flags, and the only word that most other software has for it; in HTML the tag is in parts."""

_STATUS = msgspec.json.Decoder(Status)
_GLANCED = msgspec.json.Decoder(Glanced)


class Glance(NamedTuple):
    """What a status is about, and how new it says that it is."""

    key: str
    """Its doc id; of what is no status, a name that is the same whenever it is shown."""
    at: int
    """Microseconds since 1970, whether plausible or not; 0 where it says nothing."""


def glance(raw: Raw, instance: str) -> Glance:
    """Enough to know a status again, at a tenth of the cost of reading it."""
    try:
        seen = _GLANCED.decode(raw)
    except NOT_READ:
        return Glance(f"{instance}/{id_of(raw) or hashed(bytes(raw).decode('utf-8', 'replace'))}", 0)
    return Glance(mastodon_doc_id(seen.uri), microseconds(_changed(seen) or EPOCH))


def read_status(raw: Raw, instance: str, received: datetime) -> Received | Skipped | Broken:
    """What a status says, read from an instance at a moment."""
    try:
        status = _decoded(raw)
        reason = _left_out(status)
        return Skipped(reason) if reason else Received(_post(status, instance, received))
    except Invalid as error:
        return Broken(bytes(raw), error.reason, error.detail)


def _decoded(raw: Raw) -> Status:
    written = bytes(raw)
    refuse_nul(written)
    status = decoded(_STATUS, written)
    if not status.uri or not status.id:
        raise Invalid("missing_field", "a status without its uri or id")
    if len(status.content or "") > LONGEST_HTML:
        raise Invalid("too_large", f"content of more than {LONGEST_HTML:,} characters")
    return status


def _left_out(status: Status) -> str:
    """Why a status is left out, a reason of DROP_REASONS; a boost also for the sake of what it repeats."""
    for each in (status, status.reblog):
        if each is not None and each.visibility != "public":
            return "not_public"
        if each is not None and refuses(each.account):
            return "noindex"
    return ""


def refuses(account: Account) -> bool:
    """Whether an author asks not to be found: by Mastodon's flags, or by what people write into their profile."""
    if account.noindex is True or account.indexable is False:
        return True
    note = account.note or ""
    return _MAY_REFUSE.search(note) is not None and _REFUSAL.search(plain(note)[0]) is not None


def _post(status: Status, instance: str, received: datetime) -> Post:
    told = status.reblog or status
    text, links = plain(told.content or "")
    created, claimed = _created(status.created_at, received)
    return Post(
        doc_id=mastodon_doc_id(status.uri),
        version=str(_version(status, received)),
        source="mastodon",
        native_id=status.id,
        uri=status.uri,
        url=status.url or told.url,
        instance=instance,
        origin=_origin(status.uri),
        op="update" if _edited(status) else "create",
        kind=_kind(status),
        created_at=created,
        created_at_claimed=claimed,
        received_at=received,
        text=text,
        langs=[told.language.lower()] if told.language and told.language != "und" else [],
        author=_author(status.account),
        entities=_entities(told, links),
        ref=_references(status),
        quoted=_quoted(told),
        metrics=Metrics(
            likes=told.favourites_count,
            reposts=told.reblogs_count,
            replies=told.replies_count,
            quotes=told.quotes_count,
        ),
        media=_media(told),
        sensitive=bool(told.sensitive),
        warning=told.spoiler_text or None,
        bot=bool(status.account.bot),
        app=status.application.name if status.application else None,
        flags=[] if claimed is None else ["time_clamped"],
    )


# --- time -----------------------------------------------------------------------------------------------------------


def _created(claimed: str, received: datetime) -> tuple[datetime, str | None]:
    """When it was published, and what was claimed instead where that cannot be."""
    moment = _moment(claimed)
    if moment is None or not plausible(moment, received):
        return received, claimed[:100]
    return min(moment, received), None


def _moment(text: str | None) -> datetime | None:
    try:
        return utc(datetime.fromisoformat(text)) if text else None
    except (ValueError, OverflowError):
        return None


def _edited(status: Status | Glanced) -> datetime | None:
    """When the text was last changed; that of a boost is what it repeats."""
    return _moment((status.reblog or status).edited_at)


def _changed(status: Status | Glanced) -> datetime | None:
    """When it was published or last edited, by its own word, in what travels of that."""
    created, edited = _moment(status.created_at), _edited(status)
    moments = [created.replace(microsecond=0)] if created else []
    moments += [edited.replace(microsecond=0) + EDITED] if edited else []
    return max(moments, default=None)


def _version(status: Status, received: datetime) -> int:
    """By its own word; where that cannot be, a post by its id, which says when it came to the instance."""
    changed = _changed(status)
    if not plausible(changed, received):
        changed = None if _edited(status) else time_of(status.id)
    return version(changed, received)


# --- who and what ---------------------------------------------------------------------------------------------------


def _origin(uri: str) -> Origin:
    try:
        host = urlsplit(uri).hostname or ""
    except ValueError:
        return "live"
    return "simulated" if host.endswith(INVENTED) else "live"


def _kind(status: Status) -> Kind:
    if status.reblog is not None:
        return "repost"
    if status.in_reply_to_id is not None:
        return "reply"
    return "quote" if _quote_id(status) else "post"


def _quote_id(status: Status) -> str | None:
    if status.quote is None:
        return None
    return status.quote.quoted_status.id if status.quote.quoted_status else status.quote.quoted_status_id


def _author(account: Account) -> Author:
    return Author(
        id=account.uri or account.url or account.acct,
        handle=_full(account.acct, account.url),
        name=account.display_name or account.username or None,
        bio=plain(account.note)[0] or None if account.note else None,
        avatar=account.avatar_static or account.avatar,  # the one that does not move
        url=account.url,
        followers=account.followers_count,
        following=account.following_count,
        posts=account.statuses_count,
    )


def _full(acct: str, url: str | None) -> str:
    """`name@host`: instances leave their own host out."""
    if "@" in acct or not url:
        return acct
    try:
        host = urlsplit(url).netloc
    except ValueError:
        return acct
    return f"{acct}@{host}" if host else acct


def _references(status: Status) -> Reference:
    if (first := status.reblog) is not None:
        author = _author(first.account)
        return Reference(repost_of=first.id, repost_author=author.handle, repost_author_id=author.id)
    if status.in_reply_to_id is None:
        return Reference(quote_of=_quote_id(status), conversation=status.id)
    return Reference(
        reply_to=status.in_reply_to_id,
        reply_author=_reply_author(status),
        quote_of=_quote_id(status),
    )


def _reply_author(status: Status) -> str | None:
    """The handle of whom it answers: themselves, or somebody whom the text names; else nobody knows."""
    answered = status.in_reply_to_account_id
    if answered == status.account.id:
        return _full(status.account.acct, status.account.url)
    named = next((each for each in status.mentions or () if each.id == answered), None)
    return None if named is None else _full(named.acct, named.url)


def _entities(status: Status, links: list[Link]) -> Entities:
    """What the instance lists. An account goes by its name, as the text has it, and by name and host."""
    handles = [name for each in status.mentions or () for name in (each.username, _full(each.acct, each.url)) if name]
    return Entities(
        hashtags=None if status.tags is None else list(dict.fromkeys(tag.name for tag in status.tags)),
        handles=None if status.mentions is None else list(dict.fromkeys(handles)),
        links=_with_card(links, status.card),
    )


def _with_card(links: list[Link], card: Card | None) -> list[Link]:
    if card is None or not card.url:
        return links
    link = next((each for each in links if each.url == card.url), None)
    if link is None:
        link = Link(url=card.url)
        links = [*links, link]
    link.title, link.description = card.title or None, card.description or None
    return links


def _media(status: Status) -> list[str]:
    return [MEDIA[each.type] for each in status.media_attachments or () if each.type in MEDIA]


def _quoted(status: Status) -> Quoted | None:
    """The quoted status, unless its author refuses what the quoting one allows."""
    first = status.quote.quoted_status if status.quote is not None else None
    if first is None or _left_out(first):
        return None
    text, links = plain(first.content or "")
    return Quoted(
        text=text,
        author=_author(first.account),
        entities=_entities(first, links),
        media=_media(first),
        kind=_kind(first),
        url=first.url,
    )
