"""The operators: one table that says how each is written, what it may hold, and where it works.

What a place cannot do is refused by name: `archive_only` and `search_only` for good, `unsupported` until it comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from veille.query import values
from veille.query.values import Check

Type = Literal["S", "C"]
"""S may stand alone in a watch; C needs an S beside it."""


@dataclass(frozen=True)
class OperatorType:
    """One operator. `only`: it exists in searches of our archive, or in X's own search, alone."""

    name: str
    type: Type
    check: Check
    aliases: tuple[str, ...] = ()
    stream: bool = True
    archive: bool = False
    only: Literal["archive_only", "search_only"] | None = None
    may_negate: bool = True


IS = {value: value for value in ("retweet", "reply", "quote", "verified", "nullcast", "followed")}
HAS = {
    **{value: value for value in ("hashtags", "cashtags", "mentions", "links", "media", "images", "video_link", "geo")},
    "symbols": "cashtags",
    "media_link": "media",
    "videos": "video_link",
    "question": "question",
}
ARCHIVE_ONLY_OPTIONS = frozenset({("has", "question"), ("is", "followed")})
MUST_BE_NEGATED = frozenset({("is", "nullcast")})


def _range(name: str, *aliases: str) -> OperatorType:
    return OperatorType(name, "C", values.count_range, aliases)


def _user(name: str, *aliases: str, archive: bool = False) -> OperatorType:
    return OperatorType(name, "S", values.handle, aliases, archive=archive)


def _words(name: str, *aliases: str) -> OperatorType:
    return OperatorType(name, "S", values.phrase, aliases)


def _id(name: str, *aliases: str) -> OperatorType:
    return OperatorType(name, "S", values.identifier, aliases)


def _x_search(name: str, check: Check) -> OperatorType:
    return OperatorType(name, "S", check, stream=False, only="search_only")


def _archive(name: str, check: Check, *, archive: bool = True) -> OperatorType:
    return OperatorType(name, "S", check, stream=False, archive=archive, only="archive_only")


OPERATORS = (
    _user("from", archive=True),
    _user("to"),
    _user("retweets_of", "retweets_of_user"),
    _user("from_affiliate_of"),
    _user("to_affiliate_of"),
    OperatorType("url", "S", values.address, archive=True),
    OperatorType("url_contains", "S", values.literal),
    _words("url_title", "within_url_title"),
    _words("url_description", "within_url_description"),
    _words("bio", "user_bio"),
    _words("bio_name", "user_bio_name"),
    _words("bio_location", "user_bio_location"),
    OperatorType("context", "S", values.annotation),
    _id("entity"),
    _id("conversation_id"),
    _id("in_reply_to_tweet_id", "in_reply_to_status_id"),
    _id("retweets_of_tweet_id", "retweets_of_status_id"),
    _words("place"),
    OperatorType("place_country", "S", values.country),
    OperatorType("point_radius", "S", values.point_radius, ("geo_point_radius",)),
    OperatorType("bounding_box", "S", values.bounding_box, ("geo_bounding_box",)),
    OperatorType("is", "C", values.option(IS), archive=True),
    OperatorType("has", "C", values.option(HAS), archive=True),
    OperatorType("lang", "C", values.language, archive=True),
    OperatorType("sample", "C", values.sample, may_negate=False),
    OperatorType("min_followers", "C", values.at_least),
    _range("followers_count"),
    _range("tweets_count", "statuses_count"),
    _range("following_count", "friends_count"),
    _range("listed_count", "user_in_lists_count"),
    OperatorType("source", "C", values.source, archive=True),
    OperatorType("embedding", "S", values.identifier, may_negate=False),
    OperatorType("embedding_threshold", "C", values.threshold),
    _x_search("min_likes", values.count_range),
    _x_search("min_replies", values.count_range),
    _x_search("min_reposts", values.count_range),
    _x_search("list", values.identifier),
    _x_search("quotes_of_tweet_id", values.identifier),
    _archive("since", values.moment),
    _archive("until", values.moment),
    _archive("sentiment", values.sentiment),
    _archive("country", values.country),
    _archive("language", values.language),
    _archive("watch", values.identifier),
    _archive("region", values.region),
    _archive("author", values.identifier, archive=False),
    _archive("story", values.identifier, archive=False),
)

X_ALONE_KNOWS = frozenset(
    {"from_affiliate_of", "to_affiliate_of", "context", "entity", "embedding", "embedding_threshold"}
)
"""Operators about what no post shows: false wherever X does not decide."""

BY_NAME = {name: operator for operator in OPERATORS for name in (operator.name, *operator.aliases)}

INSTEAD = {
    "min_faves": "min_likes:",
    "min_retweets": "min_reposts:",
    "filter": "has:",
    "contains": '"acme corp"',
    "user": "from:",
    "by": "from:",
    "hashtag": "#",
    "near": "point_radius:",
    "geocode": "point_radius:",
}
"""What people write by habit from elsewhere, and what it is called here."""
