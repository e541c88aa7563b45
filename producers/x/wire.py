"""X API v2 as it comes over the wire, as far as veille reads it; unknown fields are ignored.

docs.x.com, data dictionary. A flattened twarc line holds the same objects, one inside the other instead of under
`includes`; hence the fields that say so. Ids are texts, but rules had numbers for ids and null for tags in 2021.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Raw, Struct, field

Id = Annotated[str, Meta(pattern=r"^[0-9]{1,19}$")]


class Tagged(Struct):
    """A hashtag or cashtag."""

    tag: str


class Mentioned(Struct):
    """An account that the text names."""

    username: str


class Url(Struct):
    """A link; one with a media key, or to pic.twitter.com, is the network's own picture or film."""

    url: str
    expanded_url: str | None = None
    display_url: str | None = None
    unwound_url: str | None = None
    title: str | None = None
    description: str | None = None
    media_key: str | None = None


class WireEntities(Struct):
    """What X found in a text."""

    hashtags: list[Tagged] = []
    mentions: list[Mentioned] = []
    cashtags: list[Tagged] = []
    urls: list[Url] = []


class Note(Struct):
    """The whole of a post over 280 characters."""

    text: str
    entities: WireEntities | None = None


class Withheld(Struct):
    """Where X does not show a post or an account."""

    country_codes: list[str] = []


class Point(Struct):
    """GeoJSON: longitude, latitude."""

    coordinates: list[float] | None = None


class WirePlace(Struct, kw_only=True):
    """A place of X's own list."""

    id: str | None = None
    full_name: str | None = None
    country_code: str | None = None
    place_type: str | None = None


class Geo(WirePlace, kw_only=True):
    """Where a post was tagged; twarc flattens the place into it."""

    place_id: str | None = None
    coordinates: Point | None = None


class UserCounts(Struct):
    """Counts of an account."""

    followers_count: int | None = None
    following_count: int | None = None
    tweet_count: int | None = None
    listed_count: int | None = None


class ProfileUrl(Struct):
    """The link of a profile."""

    urls: list[Url] = []


class ProfileEntities(Struct):
    """What X found in a profile."""

    url: ProfileUrl | None = None


class User(Struct):
    """An account."""

    id: str
    username: str | None = None
    name: str | None = None
    description: str | None = None
    location: str | None = None
    profile_image_url: str | None = None
    url: str | None = None
    entities: ProfileEntities | None = None
    public_metrics: UserCounts = field(default_factory=UserCounts)
    verified: bool | None = None
    verified_type: str | None = None
    protected: bool = False
    withheld: Withheld = field(default_factory=Withheld)


class Medium(Struct):
    """A picture or film. Media may also be known by key alone."""

    media_key: str
    type: str = ""


class Attachments(Struct):
    """What hangs on a post; `media` in flattened lines."""

    media_keys: list[str] = []
    media: list[Medium] = []


class Counts(Struct):
    """Counts of a post."""

    like_count: int | None = None
    retweet_count: int | None = None
    reply_count: int | None = None
    quote_count: int | None = None


class Rule(Struct):
    """A rule of the stream, with its value where X lists its rules, without where one matched."""

    id: str | int = ""
    tag: str | None = None
    value: str = ""


class WireTweet(Struct, kw_only=True):
    """A post; of a post that another refers to, often no more than `type` and id."""

    id: Id
    text: str | None = None
    type: str = ""
    """As another post refers to it: `replied_to`, `retweeted`, `quoted`."""
    note_tweet: Note | None = None
    author_id: str = ""
    created_at: str | None = None
    edit_history_tweet_ids: list[Id] = []
    lang: str | None = None
    source: str | None = None
    conversation_id: Id | None = None
    in_reply_to_user_id: str | None = None
    referenced_tweets: list[WireTweet] = []
    entities: WireEntities | None = None
    attachments: Attachments = field(default_factory=Attachments)
    geo: Geo = field(default_factory=Geo)
    public_metrics: Counts = field(default_factory=Counts)
    possibly_sensitive: bool = False
    withheld: Withheld = field(default_factory=Withheld)
    author: User | None = None
    """In flattened lines."""
    in_reply_to_user: User | None = None
    """In flattened lines."""
    matching_rules: list[Rule] = []
    """In flattened lines of a stream."""


class Includes(Struct):
    """What posts refer to, once each."""

    users: list[User] = []
    tweets: list[WireTweet] = []
    places: list[WirePlace] = []
    media: list[Medium] = []


class Problem(Struct):
    """What X says went wrong, in a stream or in an answer. See docs.x.com, response codes and errors."""

    title: str = ""
    type: str = ""
    detail: str = ""
    connection_issue: str = ""
    value: str = ""
    """The rule that was not taken."""
    details: list[str] = []
    """Why it was not."""


class Answer(Problem):
    """The body of an answer that refuses, or takes only some rules."""

    errors: list[Problem] = []


class Job(Struct):
    """A compliance job (docs.x.com, batch compliance)."""

    id: str
    status: str = ""
    """`created`, `in_progress`, `complete`, `failed`, `expired`."""
    upload_url: str = ""
    download_url: str = ""


class JobAnswer(Struct):
    """What X says of one job."""

    data: Job


class Redacted(Struct):
    """A line of a job's result: a post with which something has happened."""

    id: str
    action: str = ""
    reason: str = ""
    """`deleted`, `protected`, `suspended`, `deactivated`, `scrub_geo`, `bounced`."""


class RuleList(Struct):
    """The rules that X holds."""

    data: list[Rule] = []


class UserList(Struct):
    """Accounts that were asked for by name."""

    data: list[User] = []


class HourCount(Struct):
    """How many posts there were from one moment to another."""

    start: datetime
    end: datetime
    tweet_count: int


class HourCounts(Struct):
    """The answer to a request for counts."""

    data: list[HourCount] = []


class PageMeta(Struct):
    """What a page says of itself."""

    next_token: str | None = None
    newest_id: str = ""


class PageEnd(Struct):
    """As much of a page as says whether another follows."""

    meta: PageMeta = field(default_factory=PageMeta)


class Message(Struct):
    """One line: of the stream (`data` is a post) or a page (`data` is a list of them)."""

    data: Raw = field(default_factory=Raw)
    includes: Includes = field(default_factory=Includes)
    matching_rules: list[Rule] = []
    errors: list[Problem] = []
