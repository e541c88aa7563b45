"""A rule in plain English, so that its author sees what was understood.

tree --> `posts that contain “acme corp” or mention @acme, and are not reposts`
"""

from __future__ import annotations

from veille.query.parser import Query
from veille.query.terms import COUNTS
from veille.query.tree import And, Node, Not, Operator, Or, Tag, Text

Wording = tuple[str, str]
"""What holds, and what holds when it is negated."""

_IS = {
    "retweet": ("are reposts", "are no reposts"),
    "reply": ("are replies", "are no replies"),
    "quote": ("quote another post", "quote no other post"),
    "verified": ("are by verified accounts", "are not by verified accounts"),
    "followed": ("are replies to what the watch has", "are no replies to what the watch has"),
    "handled": ("are handled", "are not handled"),
    "assigned": ("are given to somebody", "are given to nobody"),
    "nullcast": ("are shown as advertisements only", "are no pure advertisements"),
}
_ASKING: Wording = ("ask something", "ask nothing")
_WHOLE = {"is": _IS, "question": {"yes": _ASKING, "no": _ASKING[::-1]}}
_HAS = {
    "hashtags": "a hashtag",
    "cashtags": "a cashtag",
    "mentions": "a mention",
    "links": "a link",
    "media": "an image, a video or other media",
    "images": "an image",
    "video_link": "a video",
    "geo": "a place",
    "question": "a question",
    "note": "a note of ours",
}
_ARE = {
    "from": "by {}",
    "to": "replies to {}",
    "retweets_of": "reposts of {}",
    "lang": "declared to be in the language {}",
    "language": "in the language {}",
    "sentiment": "of sentiment {}",
    "source": "from {}",
    "country": "from the country {}",
    "place_country": "tagged with the country {}",
    "place": "tagged with the place {}",
    "region": "from the region {}",
    "about": "about places in {}",
    "author": "by {}, by handle or name",
    "watch": "matched by the watch {}",
    "story": "of the story {}",
    "domain": "with a link to {}",
    "assigned": "given to {}",
    "corrected": "put right by people ({})",
    "matched": "matched by “{}”, a watch and its term",
    "since": "from {} or later",
    "until": "from before {}",
    "conversation_id": "in the conversation {}",
    "in_reply_to_tweet_id": "replies to the post {}",
    "retweets_of_tweet_id": "reposts of the post {}",
    "min_followers": "by accounts with {} followers",
    "followers_count": "by accounts with {} followers",
    "tweets_count": "by accounts with {} posts",
    "following_count": "by accounts that follow {} others",
    "listed_count": "by accounts on {} lists",
    "min_likes": "liked {} times",
    "min_replies": "answered {} times",
    "min_reposts": "reposted {} times",
    "sample": "among a fixed sample of {} %",
    "bio": "by accounts whose profile says “{}”",
    "bio_name": "by accounts whose name says “{}”",
    "bio_location": "by accounts whose place says “{}”",
}
_URLS = {
    "url": "the words “{}” in order",
    "url_contains": "“{}”",
    "url_title": "“{}” in its page's title",
    "url_description": "“{}” in its page's description",
}


def words(query: Query) -> str:
    """The query as one English sentence without its full stop."""
    return f"posts that {_said(query.tree, negated=False, nested=False)}"


def _said(node: Node, *, negated: bool, nested: bool) -> str:
    match node:
        case And(items=items) if not negated:
            joined = ", and ".join(_said(item, negated=False, nested=True) for item in items)
        case Or(items=items) if not negated:
            joined = " or ".join(_said(item, negated=False, nested=True) for item in items)
        case And() | Or():
            return f"are not posts that {_said(node, negated=False, nested=True)}"
        case Not(item=item):
            return _said(item, negated=not negated, nested=nested)
        case Text() | Tag() | Operator():
            return _leaf(node)[negated]
    return f"({joined})" if nested else joined


def _leaf(term: Text | Tag | Operator) -> Wording:
    match term:
        case Text(raw=raw, slop=0):
            return f"contain “{raw}”", f"do not contain “{raw}”"
        case Text(raw=raw, slop=slop):
            near = f"“{raw}” with its words up to {slop} from their places"
            return f"contain {near}", f"do not contain {near}"
        case Tag(kind="handle", raw=raw):
            return f"mention {raw}", f"do not mention {raw}"
        case Tag(raw=raw):
            return f"carry {raw}", f"do not carry {raw}"
    return _operator(term)


def _operator(term: Operator) -> Wording:
    name, value = term.name, term.value
    if name in _WHOLE:
        return _WHOLE[name][value]
    if name == "has":
        return f"have {_HAS[value]}", f"do not have {_HAS[value]}"
    if name in _ARE:
        said = _ARE[name].format(_value(name, value))
        return f"are {said}", f"are not {said}"
    if name in _URLS:
        said = _URLS[name].format(value)
        return f"have a link with {said}", f"have no link with {said}"
    if name in {"point_radius", "bounding_box"}:
        return f"stand inside {name}:[{value}]", f"do not stand inside {name}:[{value}]"
    return f"meet X's own {name}:{value}", f"do not meet X's own {name}:{value}"


def _value(name: str, value: str) -> str:
    if name == "lang" and value == "und":
        return "“undetermined”"
    if name not in COUNTS:
        return value
    low, _, high = value.partition("..")
    if not high:
        return f"at least {low}"
    return f"{low} to {high}" if low else f"at most {high}"
