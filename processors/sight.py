"""From a mention to what is kept of it in the windows process: no text, no name, author keys instead of ids."""

from __future__ import annotations

from veille.mention import Mention
from veille.own import OwnAccounts
from veille.processors.seen import Seen
from veille.processors.whose import Whose
from veille.processors.words import terms

MOST_LINKS = 8


class Sight:
    """Makes `Seen` of mentions. `own`: which accounts are ours."""

    def __init__(self, whose: Whose, own: OwnAccounts) -> None:
        self._whose, self._own = whose, own

    def __call__(self, mention: Mention, story: str) -> Seen:
        """What is kept of a mention that belongs to this story."""
        author, ref, sentiment = mention.author, mention.ref, mention.sentiment
        repeated = ref.repost_author_id if mention.kind == "repost" else None
        return Seen(
            doc_id=mention.doc_id,
            version=int(mention.version),
            source=mention.source,
            at=mention.created_at,
            watches=tuple(sorted({watch.id for watch in mention.tags.watches})),
            kind=mention.kind,
            author=self._whose.author(mention.source, author, mention.doc_id),
            original=self._whose.key(mention.source, repeated) if repeated else "",
            own=self._own(mention.source, author),
            followers=author.followers,
            story=story,
            label=sentiment.label,
            score=sentiment.score,
            question=mention.tags.question,
            terms=terms(mention.text),
            links=tuple(dict.fromkeys(mention.tags.links))[:MOST_LINKS],
            country=mention.geo.country,
            region=mention.geo.region,
            answers=ref.reply_to,
        )
