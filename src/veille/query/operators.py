"""The operators: one table that says how each is written, what it may hold, and where it works.

What a place cannot do is refused by name, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from veille.query import values
from veille.query.values import Check

Type = Literal["S", "C"]
"""S may stand alone in a watch; C needs an S beside it."""


@dataclass(frozen=True)
class Refusal:
    """Why a use does not know an operator: the kind of the error, what follows the operator's name, and the hint."""

    kind: str
    why: str
    hint: str = "Leave it out."


ARCHIVE_ONLY = Refusal(
    "archive_only",
    "works in searches; a watch sees posts as they come.",
    "Leave it out of the watch, and search for it.",
)
KNOWN_LATER = Refusal(
    "search_only", "exists in X's search alone.", "Leave it out: it is not known when a post arrives."
)
NOT_STORED = Refusal("search_only", "exists in X's search alone: no post says so, and no archive can know.")
X_DECIDES = Refusal("unsupported", "is decided by X alone, in watches: no post shows it, so no archive can know.")


@dataclass(frozen=True)
class OperatorType:
    """One operator. `watch`, `search`: why it is refused there; None where it works."""

    name: str
    type: Type
    check: Check
    aliases: tuple[str, ...] = ()
    watch: Refusal | None = None
    search: Refusal | None = None
    may_negate: bool = True


IS = {
    value: value for value in ("retweet", "reply", "quote", "verified", "nullcast", "followed", "handled", "assigned")
}
HAS = {
    **{value: value for value in ("hashtags", "cashtags", "mentions", "links", "media", "images", "video_link", "geo")},
    "symbols": "cashtags",
    "media_link": "media",
    "videos": "video_link",
    "question": "question",
    "note": "note",
}
YES_OR_NO = {"yes": "yes", "no": "no", "true": "yes", "false": "no"}
CORRECTED = {value: value for value in ("sentiment", "language", "country", "question", "watch")}
ARCHIVE_ONLY_OPTIONS = frozenset(
    {("has", "question"), ("has", "note"), ("is", "followed"), ("is", "handled"), ("is", "assigned")}
)
MUST_BE_NEGATED = frozenset({("is", "nullcast")})


def _range(name: str, *aliases: str) -> OperatorType:
    return OperatorType(name, "C", values.count_range, aliases)


def _user(name: str, *aliases: str) -> OperatorType:
    return OperatorType(name, "S", values.handle, aliases)


def _words(name: str, *aliases: str) -> OperatorType:
    return OperatorType(name, "S", values.phrase, aliases)


def _id(name: str, *aliases: str) -> OperatorType:
    return OperatorType(name, "S", values.identifier, aliases)


def _x_alone(name: str, type: Type, check: Check, *, may_negate: bool = True) -> OperatorType:  # noqa: A002 -- the field
    return OperatorType(name, type, check, search=X_DECIDES, may_negate=may_negate)


def _x_search(name: str, check: Check, *, search: Refusal | None = None) -> OperatorType:
    return OperatorType(name, "S", check, watch=KNOWN_LATER, search=search)


def _archive(name: str, check: Check, *, search: Refusal | None = None) -> OperatorType:
    return OperatorType(name, "S", check, watch=ARCHIVE_ONLY, search=search)


OPERATORS = (
    _user("from"),
    _user("to"),
    _user("retweets_of", "retweets_of_user"),
    _x_alone("from_affiliate_of", "S", values.handle),
    _x_alone("to_affiliate_of", "S", values.handle),
    OperatorType("url", "S", values.address),
    OperatorType("url_contains", "S", values.literal),
    _words("url_title", "within_url_title"),
    _words("url_description", "within_url_description"),
    _words("bio", "user_bio"),
    _words("bio_name", "user_bio_name"),
    _words("bio_location", "user_bio_location"),
    _x_alone("context", "S", values.annotation),
    _x_alone("entity", "S", values.identifier),
    _id("conversation_id"),
    _id("in_reply_to_tweet_id", "in_reply_to_status_id"),
    _id("retweets_of_tweet_id", "retweets_of_status_id"),
    _words("place"),
    OperatorType("place_country", "S", values.country),
    OperatorType("point_radius", "S", values.point_radius, ("geo_point_radius",)),
    OperatorType("bounding_box", "S", values.bounding_box, ("geo_bounding_box",)),
    OperatorType("is", "C", values.option(IS)),
    OperatorType("has", "C", values.option(HAS)),
    OperatorType("lang", "C", values.language),
    OperatorType("sample", "C", values.sample, may_negate=False),
    OperatorType("min_followers", "C", values.at_least),
    _range("followers_count"),
    _range("tweets_count", "statuses_count"),
    _range("following_count", "friends_count"),
    _range("listed_count", "user_in_lists_count"),
    OperatorType("source", "C", values.source),
    _x_alone("embedding", "S", values.identifier, may_negate=False),
    _x_alone("embedding_threshold", "C", values.threshold),
    _x_search("min_likes", values.count_range),
    _x_search("min_replies", values.count_range),
    _x_search("min_reposts", values.count_range),
    _x_search("list", values.identifier, search=NOT_STORED),
    _x_search("quotes_of_tweet_id", values.identifier, search=NOT_STORED),
    _archive("since", values.moment),
    _archive("until", values.moment),
    _archive("sentiment", values.sentiment),
    _archive("country", values.country),
    _archive("region", values.region),
    _archive("about", values.about),
    _archive("language", values.language),
    _archive("watch", values.identifier),
    _archive("author", values.author),
    _archive("story", values.identifier),
    _archive("matched", values.watch_and_term),
    _archive("domain", values.domain),
    _archive("question", values.option(YES_OR_NO)),
    _archive("assigned", values.literal),
    _archive("corrected", values.option(CORRECTED)),
)

X_ALONE_KNOWS = frozenset(operator.name for operator in OPERATORS if operator.search is X_DECIDES)
"""Operators about what no post shows: false wherever X does not decide."""

X_STREAM_ALONE_KNOWS = frozenset({"sample", "bio", "bio_name", "bio_location"})
"""Operators that X's search has not (docs.x.com, search and filtered stream compared)."""

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
