"""Which fields of a message X sends: the few that it always does, and those that the request names.

message, query (`tweet.fields`, `expansions` ...) --> the message without the rest (docs.x.com, fields and expansions)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ALWAYS = {"tweet": {"id", "text", "edit_history_tweet_ids"}, "user": {"id", "name", "username"}}


def shown(message: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """No more of a message than the reader asked for, as X does."""
    asked = {name: set(query.get(f"{name}.fields", "").split(",")) for name in ("tweet", "user", "place", "media")}
    tweet_fields = ALWAYS["tweet"] | asked["tweet"]
    expansions = set(query.get("expansions", "").split(","))
    wanted = {
        "users": (ALWAYS["user"] | asked["user"], {"author_id", "referenced_tweets.id.author_id"}),
        "tweets": (tweet_fields, {"referenced_tweets.id"}),
        "places": ({"id", "full_name"} | asked["place"], {"geo.place_id"}),
        "media": ({"media_key", "type"} | asked["media"], {"attachments.media_keys"}),
    }
    includes = {
        name: [_only(each, fields) for each in message.get("includes", {}).get(name, [])]
        for name, (fields, expanded) in wanted.items()
        if expansions & expanded
    }
    kept = {"data": _only(message["data"], tweet_fields), "includes": {k: v for k, v in includes.items() if v}}
    return {name: each for name, each in {**message, **kept}.items() if each}


def _only(record: Mapping[str, Any], fields: set[str]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name in fields}
