"""One post of X in our form.

    WireTweet + what it refers to (Known) --> Post

A repost carries the whole text, entities and media of what it repeats, since X cuts its own text. A link to the
network's own pictures is no link. X escapes `&`, `<` and `>` in texts, and in texts alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from veille.errors import Invalid
from veille.identity import plausible, snowflake_time, version, x_doc_id
from veille.post import (
    Author,
    Entities,
    Kind,
    Link,
    Metrics,
    Origin,
    Place,
    Post,
    Quoted,
    Reference,
    WatchMatch,
    utc,
)
from veille.producers.x.wire import Includes, Rule, Url, User, WireEntities, WirePlace, WireTweet

TAG_PREFIX = "veille:"
"""Begins the tags of our own rules at X, so that those of others are left alone; ids of watches follow, with commas."""

NO_LANGUAGE = frozenset({"und", "zxx", "art"})
"""Beside X's own `q..` codes (only hashtags, only links, too short ...): nothing that a person speaks."""

MEDIA = {"photo": "image", "video": "video", "animated_gif": "gif"}
MEDIA_KEYS = {"3": "image", "7": "video", "13": "video", "16": "gif"}
"""First part of a media key, for payloads without the media themselves."""

OWN_PICTURES = ("pic.twitter.com/", "pic.x.com/")
SITE = "https://x.com"

INVENTED_IDS = 1 << 63
"""From here on no id is X's, whose ids are signed 64-bit numbers: the stand-in's posts cannot pass for real ones."""


class Known:
    """What a message or page tells about the accounts, posts and places that its posts refer to."""

    def __init__(self, includes: Includes) -> None:
        self.users = {user.id: user for user in includes.users}
        self.tweets = {tweet.id: tweet for tweet in includes.tweets}
        self.places = {place.id: place for place in includes.places}
        self.media = {medium.media_key: medium for medium in includes.media}

    def author(self, tweet: WireTweet) -> User:
        """Who published; no more than the id when nothing is told."""
        return tweet.author or self.users.get(tweet.author_id) or User(tweet.author_id)

    def referred(self, tweet: WireTweet, how: str) -> WireTweet | None:
        """The post that `tweet` refers to in that way, as whole as it is told."""
        found = next((each for each in tweet.referenced_tweets if each.type == how), None)
        return found if found is None or found.text is not None else self.tweets.get(found.id, found)


def post_of(tweet: WireTweet, known: Known, rules: Iterable[Rule], received: datetime, origin: Origin) -> Post:
    """The post. Raises Invalid for one without text."""
    original = known.referred(tweet, "retweeted")
    shown = original if original is not None and original.text is not None else tweet
    quoted = known.referred(shown, "quoted")
    text = _text(shown)
    if text is None:
        raise Invalid("missing_field", "Object missing required field `text`")
    created, claimed = _created(tweet, received)
    history = tweet.edit_history_tweet_ids or [tweet.id]
    author = known.author(tweet)
    cut = original is not None and shown is tweet and text.endswith("…")
    return Post(
        doc_id=x_doc_id(history[0]),
        version=str(version(_edited(tweet, created, received), received)),
        source="x",
        native_id=tweet.id,
        url=_address(author, tweet.id),
        origin="simulated" if int(tweet.id) >= INVENTED_IDS else origin,
        op="create" if tweet.id == history[0] else "update",
        kind=_kind(tweet),
        created_at=created,
        created_at_claimed=claimed,
        received_at=received,
        text=text,
        langs=_langs(tweet.lang),
        author=_author(author),
        place=_place(tweet, known),
        entities=_entities(shown),
        ref=_reference(tweet, original, quoted, known),
        quoted=_quoted(quoted, known),
        metrics=_metrics(tweet),
        media=_media(shown, known),
        matched=_matched(rules),
        visibility="hidden" if author.protected else "public",
        withheld=sorted({*tweet.withheld.country_codes, *shown.withheld.country_codes, *author.withheld.country_codes}),
        sensitive=tweet.possibly_sensitive or shown.possibly_sensitive,
        app=tweet.source,
        flags=[flag for flag, holds in (("time_clamped", claimed), ("text_cut", cut)) if holds],
    )


# --- time -----------------------------------------------------------------------------------------------------------


def _created(tweet: WireTweet, received: datetime) -> tuple[datetime, str | None]:
    """When it was published, and what X claimed where that cannot be."""
    said = _moment(tweet.created_at)
    if said is not None and plausible(said, received):
        return said, None
    made = snowflake_time(tweet.id)
    fallback = made if made is not None and plausible(made, received) else received
    return fallback, (tweet.created_at or "")[:100] or None


def _edited(tweet: WireTweet, created: datetime, received: datetime) -> datetime:
    """When this version was made: each edit has an id of its own, exact to the millisecond."""
    made = snowflake_time(tweet.id)
    return made if made is not None and plausible(made, received) else created


def _moment(text: str | None) -> datetime | None:
    try:
        return utc(datetime.fromisoformat(text)) if text else None
    except (ValueError, OverflowError):
        return None


# --- what it says ---------------------------------------------------------------------------------------------------


def _text(tweet: WireTweet) -> str | None:
    text = tweet.note_tweet.text if tweet.note_tweet else tweet.text
    return text and text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _langs(code: str | None) -> list[str]:
    if code is None or code in NO_LANGUAGE or (len(code) == 3 and code.startswith("q")):
        return []
    return [code.lower()]


def _entities(tweet: WireTweet) -> Entities:
    found = tweet.note_tweet.entities if tweet.note_tweet else tweet.entities
    return Entities() if found is None else _sent(found)


def _sent(found: WireEntities) -> Entities:
    links = {url.url: _link(url) for url in found.urls if not _own_picture(url)}
    return Entities(
        hashtags=[each.tag for each in found.hashtags],
        handles=[each.username for each in found.mentions],
        cashtags=[each.tag for each in found.cashtags],
        links=list(links.values()),
    )


def _own_picture(url: Url) -> bool:
    return url.media_key is not None or (url.display_url or "").startswith(OWN_PICTURES)


def _link(url: Url) -> Link:
    return Link(url.url, url.unwound_url or url.expanded_url, url.display_url, url.title, url.description)


def _media(tweet: WireTweet, known: Known) -> list[str]:
    keys = tweet.attachments.media_keys or [medium.media_key for medium in tweet.attachments.media]
    told = known.media | {medium.media_key: medium for medium in tweet.attachments.media}
    kinds = (MEDIA.get(told[key].type) if key in told else MEDIA_KEYS.get(key.partition("_")[0]) for key in keys)
    return [kind for kind in kinds if kind is not None]


# --- who and where --------------------------------------------------------------------------------------------------


def _author(user: User) -> Author:
    counts = user.public_metrics
    link = user.entities.url.urls[0] if user.entities and user.entities.url and user.entities.url.urls else None
    return Author(
        id=user.id,
        handle=user.username or None,
        name=user.name or None,
        bio=user.description or None,
        location=user.location or None,
        avatar=user.profile_image_url or None,
        url=(link.expanded_url if link else user.url) or None,
        followers=counts.followers_count,
        following=counts.following_count,
        posts=counts.tweet_count,
        listed=counts.listed_count,
        verified=user.verified if user.verified_type is None else user.verified_type != "none",
    )


def _place(tweet: WireTweet, known: Known) -> Place | None:
    geo = tweet.geo
    place: WirePlace = known.places.get(geo.place_id, geo)
    point = _point(geo.coordinates.coordinates if geo.coordinates else None)
    if point is None and geo.place_id is None:
        return None
    country = place.country_code
    return Place(point, place.full_name, geo.place_id, country.upper() if country else None, place.place_type)


def _point(pair: list[float] | None) -> tuple[float, float] | None:
    if pair is None or len(pair) != 2 or not (abs(pair[0]) <= 180 and abs(pair[1]) <= 90):
        return None
    return pair[0], pair[1]


# --- what it refers to ----------------------------------------------------------------------------------------------


def _kind(tweet: WireTweet) -> Kind:
    how = {each.type for each in tweet.referenced_tweets}
    if "retweeted" in how:
        return "repost"
    if "replied_to" in how or tweet.in_reply_to_user_id is not None:
        return "reply"
    return "quote" if "quoted" in how else "post"


def _reference(tweet: WireTweet, original: WireTweet | None, quoted: WireTweet | None, known: Known) -> Reference:
    answered = known.referred(tweet, "replied_to")
    return Reference(
        reply_to=answered.id if answered else None,
        reply_author=_answered_author(tweet, known),
        repost_of=original.id if original else None,
        repost_author=_name(known.author(original)) if original else None,
        repost_author_id=(known.author(original).id or None) if original else None,
        quote_of=quoted.id if quoted else None,
        conversation=tweet.conversation_id,
    )


def _answered_author(tweet: WireTweet, known: Known) -> str | None:
    if tweet.in_reply_to_user_id is None:
        return None
    told = tweet.in_reply_to_user or known.users.get(tweet.in_reply_to_user_id)
    return _name(told) if told else tweet.in_reply_to_user_id


def _name(user: User) -> str | None:
    return user.username or user.id or None


def _quoted(quoted: WireTweet | None, known: Known) -> Quoted | None:
    text = _text(quoted) if quoted else None
    if quoted is None or text is None:
        return None
    author = known.author(quoted)
    return Quoted(
        text=text,
        author=_author(author),
        entities=_entities(quoted),
        media=_media(quoted, known),
        kind=_kind(quoted),
        url=_address(author, quoted.id),
    )


def _address(user: User, post_id: str) -> str | None:
    return None if int(post_id) >= INVENTED_IDS else f"{SITE}/{user.username or 'i/web'}/status/{post_id}"


def _metrics(tweet: WireTweet) -> Metrics:
    counts = tweet.public_metrics
    return Metrics(counts.like_count, counts.retweet_count, counts.reply_count, counts.quote_count)


def _matched(rules: Iterable[Rule]) -> list[WatchMatch]:
    """By watch: X may hold a long query as several rules under one tag."""
    found: dict[str, WatchMatch] = {}
    for rule in rules:
        for name in watch_ids(rule.tag):
            found.setdefault(name, WatchMatch(name)).rules.append(str(rule.id))
    return list(found.values())


def watch_ids(tag: str | None) -> list[str]:
    """The watches that a rule's tag names: several of ours, when their rules are the same; else the tag itself."""
    if not tag:
        return []
    return tag.removeprefix(TAG_PREFIX).split(",") if tag.startswith(TAG_PREFIX) else [tag]
