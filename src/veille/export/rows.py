"""Rows: what an export says of each mention. One flat list of columns for every format.

Of X's posts a row has the id and the address alone, as X's terms let nobody pass on more than ids; whoever has the
ids looks the posts up at X, as they are then. A row whose `removed` is true says that the mention is gone: deleted,
hidden, or edited so that the query does not find it any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from veille.errors import Misused
from veille.identity import public_id
from veille.mention import Mention
from veille.query.terms import MOST
from veille.text.addresses import link_key

Kind = Literal["text", "integer", "real", "time", "flag", "list"]
"""What a column holds; a list is one of texts. Any may be empty (None)."""

Row = dict[str, object]


class Column(NamedTuple):
    """One column, and what a mention has for it; what it holds is in words under `column_` and its name."""

    name: str
    kind: Kind
    of: Callable[[Mention], object]
    id_alone: bool = False
    """Part of a row that has nothing but the post's id."""


def _terms(mention: Mention) -> list[str]:
    return list(dict.fromkeys(term for watch in mention.tags.watches for term in watch.terms))


def _campaigns(mention: Mention) -> list[str]:
    return list(dict.fromkeys(campaign.name for campaign in mention.tags.campaigns if campaign.name))


def _link_keys(mention: Mention) -> list[str]:
    return list(dict.fromkeys(filter(None, map(link_key, mention.tags.links))))


def _count(of: Callable[[Mention], int | None]) -> Callable[[Mention], int | None]:
    """A count as tables hold it, in 64 bits: any server may say that somebody has 10^30 followers."""

    def bounded(mention: Mention) -> int | None:
        number = of(mention)
        return None if number is None else max(-MOST, min(number, MOST))

    return bounded


def _longitude(mention: Mention) -> float | None:
    return mention.geo.point[0] if mention.geo.point else None


def _latitude(mention: Mention) -> float | None:
    return mention.geo.point[1] if mention.geo.point else None


COLUMNS = (
    Column("public_id", "text", lambda m: public_id(m.doc_id), id_alone=True),
    Column("removed", "flag", lambda _: False, id_alone=True),
    Column("source", "text", lambda m: m.source, id_alone=True),
    Column("id", "text", lambda m: m.native_id, id_alone=True),
    Column("url", "text", lambda m: m.url, id_alone=True),
    Column("version", "text", lambda m: m.version),
    Column("created_at", "time", lambda m: m.created_at.astimezone(UTC)),
    Column("received_at", "time", lambda m: m.received_at.astimezone(UTC)),
    Column("kind", "text", lambda m: m.kind),
    Column("author_id", "text", lambda m: m.author.id or None),
    Column("author_handle", "text", lambda m: m.author.handle),
    Column("author_name", "text", lambda m: m.author.name),
    Column("followers", "integer", _count(lambda m: m.author.followers)),
    Column("text", "text", lambda m: m.text),
    Column("language", "text", lambda m: m.language.code),
    Column("country", "text", lambda m: m.geo.country),
    Column("region", "text", lambda m: m.geo.region),
    Column("city", "text", lambda m: m.geo.city),
    Column("longitude", "real", _longitude),
    Column("latitude", "real", _latitude),
    Column("sentiment", "text", lambda m: m.sentiment.label),
    Column("score", "real", lambda m: m.sentiment.score),
    Column("confidence", "real", lambda m: m.sentiment.confidence),
    Column("watches", "list", lambda m: [watch.id for watch in m.tags.watches]),
    Column("terms", "list", _terms),
    Column("hashtags", "list", lambda m: m.tags.hashtags),
    Column("links", "list", lambda m: m.tags.links),
    Column("domains", "list", lambda m: m.tags.domains),
    Column("campaigns", "list", _campaigns),
    Column("link_keys", "list", _link_keys),
    Column("question", "flag", lambda m: m.tags.question),
    Column("story", "text", lambda m: m.story),
    Column("likes", "integer", _count(lambda m: m.metrics.likes)),
    Column("reposts", "integer", _count(lambda m: m.metrics.reposts)),
    Column("replies", "integer", _count(lambda m: m.metrics.replies)),
)

BY_ID = {"x": "https://x.com/i/status/"}
"""Networks whose posts may be passed on by id alone, with the address of a post that names nobody."""

IDS_ALONE = frozenset(BY_ID)


def chosen(names: Sequence[str]) -> tuple[Column, ...]:
    """These columns, in this order; all of them where none is named. Raises Misused."""
    known = {column.name: column for column in COLUMNS}
    if unknown := [name for name in names if name not in known]:
        raise Misused(f"there is no column {unknown[0]!r}: {', '.join(known)}")
    if twice := [name for name in names if names.count(name) > 1]:
        raise Misused(f"the column {twice[0]!r} is named twice")
    if "text" in names and not ({"source", "url"} <= {*names} and {"author_handle", "author_name"} & {*names}):
        raise Misused("`text` goes with its attribution: name `source`, `url` and an author's name too")
    return tuple(known[name] for name in names) or COLUMNS


def zone_of(name: str) -> ZoneInfo:
    """The zone of this name. Raises Misused."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise Misused(f"there is no zone {name!r}: expected one like `Europe/Paris`") from error


def in_zone(columns: Sequence[Column], zone: ZoneInfo) -> tuple[Column, ...]:
    """The same, with times of a zone other than UTC."""

    def zoned(column: Column) -> Column:
        def of(mention: Mention) -> object:
            moment = column.of(mention)
            return moment.astimezone(zone) if isinstance(moment, datetime) else moment

        return column._replace(of=of)

    return tuple(zoned(column) if column.kind == "time" else column for column in columns)


def check_for_changes(columns: Sequence[Column]) -> None:
    """Raises Misused where rows of these columns cannot tell what is gone."""
    if not {"public_id", "removed"} <= {column.name for column in columns}:
        raise Misused("what changed cannot be told without the columns `public_id` and `removed`: name them too")


def row(mention: Mention, *, ids_alone: frozenset[str] = IDS_ALONE, columns: Sequence[Column] = COLUMNS) -> Row:
    """The row of a mention; of networks in `ids_alone` all but the id is left empty."""
    told = _of_the_id if mention.source in ids_alone else _of_all
    return {column.name: told(column, mention) for column in columns}


def _of_all(column: Column, mention: Mention) -> object:
    return column.of(mention)


def _of_the_id(column: Column, mention: Mention) -> object:
    if column.name == "url" and mention.url:
        return BY_ID[mention.source] + mention.native_id
    return column.of(mention) if column.id_alone else None


def removed(page_id: str, columns: Sequence[Column] = COLUMNS) -> Row:
    """The row of a mention that is gone, by its public id."""
    said: Row = {"public_id": page_id, "removed": True}
    return {column.name: said.get(column.name) for column in columns}
