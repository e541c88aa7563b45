"""From a mention to what is kept of it in the windows process: no text, no name, author keys instead of ids."""

from __future__ import annotations

from sys import intern
from typing import TypeVar, cast

from veille.mention import Found, Mention
from veille.own import OwnAccounts
from veille.processors.seen import Seen
from veille.processors.whose import Whose
from veille.processors.words import terms

MOST_LINKS = 8
UNTOUCHED = Found()


class Sight:
    """Makes `Seen` of mentions, as enrichment found them. `own`: which accounts are ours."""

    def __init__(self, whose: Whose, own: OwnAccounts) -> None:
        self._whose, self._own = whose, own
        self._watches: dict[tuple[str, ...], tuple[str, ...]] = {}

    def __call__(self, mention: Mention, story: str) -> Seen:
        """What is kept of a mention that belongs to this story; texts that many have are held once."""
        found = mention.people.found if mention.people is not None else UNTOUCHED
        author, ref = mention.author, mention.ref
        sentiment, geo = found.sentiment or mention.sentiment, found.geo or mention.geo
        watches = tuple(sorted({intern(watch.id) for watch in found.watches or mention.tags.watches}))
        repeated = ref.repost_author_id if mention.kind == "repost" else None
        return Seen(
            doc_id=mention.doc_id,
            version=int(mention.version),
            source=_once(mention.source),
            at=mention.created_at,
            watches=self._watches.setdefault(watches, watches),
            kind=_once(mention.kind),
            author=intern(self._whose.author(mention.source, author, mention.doc_id)),
            original=intern(self._whose.key(mention.source, repeated)) if repeated else "",
            own=self._own(mention.source, author),
            followers=author.followers,
            story=intern(story),
            label=_once(sentiment.label),
            score=sentiment.score,
            question=mention.tags.question if found.question is None else found.question,
            terms=tuple(map(intern, terms(mention.text))),
            links=tuple(map(intern, dict.fromkeys(mention.tags.links)))[:MOST_LINKS],
            country=_once(geo.country),
            region=_once(geo.region),
            answers=ref.reply_to,
        )


T = TypeVar("T", bound=str | None)


def _once(text: T) -> T:
    return text if text is None else cast("T", intern(str(text)))
