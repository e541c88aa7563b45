"""Closed lists: stages, why a record was dropped or died, and the counts that every stage keeps.

A name that is not here cannot be counted: `StageCounts` refuses it, so a typo is an error in the first test.
"""

from __future__ import annotations

import msgspec

DEAD_REASONS = {
    "not_json": "the bytes are no JSON text (truncated, not UTF-8, or something else)",
    "wrong_type": "a field has another type than the record's schema says",
    "missing_field": "a field that nothing can be done without is absent",
    "too_large": "the record is larger than a stage takes",
    "not_a_feed": "a document that is neither RSS, nor Atom, nor JSON Feed (any more)",
    "unsafe_xml": "XML that declares entities or is too deep: refused before it was read",
    "bad_text": "a text or an id holds what no system downstream can store (a NUL, half of a character)",
    "refused": "the archive refuses the document for good",
    "no_version": "a record of our own without a usable version header",
    "undelivered": "a notification that its receiver did not take, after all attempts",
    "enrichment": "no enrichment of the record could be made at all",
}
DROP_REASONS = {
    "unmatched": "no watch matches the post",
    "unknown_kind": "an event kind that this version does not know; counted by kind",
    "not_a_post": "an event that carries no post (likes, follows, keep-alives)",
    "not_public": "its author does not show it to everybody",
    "noindex": "its author refuses to be indexed or searched",
    "unpublished_delete": "a delete of something that was never published",
    "author_gone": "its author's account was deleted, or its author was erased here",
    "unknown_author": "an order about an author of whom nothing was published",
    "unknown_repost": "a repost of a post that is not known here, of which the network tells no text",
    "unknown_mention": "said of a mention that is not in the archive, which has taken all: it was refused there",
    "superseded": "a newer version of the same post was already seen by the stage",
}
NEVER_OURS = frozenset({"unmatched", "unknown_repost"})
"""Of those: what is read and left to others, so that no account asks for it."""

AVATAR_OUTCOMES = {
    "fetched": "read from its network, and shown",
    "kept": "read earlier that day, and shown again",
    "forbidden": "its address is not https, not one of its network's, or leads into a private network",
    "too_large": "more than 512 KB, or 1,024 pixels a side",
    "not_a_picture": "neither JPEG, PNG nor WebP by its own bytes, or one that moves",
    "refused": "its server says that there is none, or answers with something else",
    "away": "its server, or the way there, does not answer in time, or did not a minute ago",
    "busy": "so many others were asked for at the same time that it was not",
}
"""What became of each picture of an author that a page asked for; where there is none, a letter stands."""

STAGES = (
    "x",
    "bluesky",
    "mastodon",
    "feeds",
    "files",
    "world",
    "replay",
    "enrich",
    "windows",
    "elasticsearch",
    "sqlite",
    "sweep",
)


class StageCounts(msgspec.Struct, omit_defaults=True):
    """What one stage did with all that it read; cumulative, small enough for a commit's metadata.

    Closes when `read == out + dropped + dead`; `repeated` and `kinds` (unknown event kinds) stand outside the sum.
    """

    read: int = 0
    """Records read."""
    out: int = 0
    """Records passed on, or in effect."""
    repeated: int = 0
    """Versions seen again."""
    dropped: dict[str, int] = {}
    """Left out on purpose, by reason."""
    dead: dict[str, int] = {}
    """Made dead letters, by reason."""
    kinds: dict[str, int] = {}
    """Events of kinds that are not known, by name."""

    def drop(self, reason: str, times: int = 1) -> None:
        """Count records left out on purpose; `reason` must be in DROP_REASONS."""
        if reason not in DROP_REASONS:
            raise KeyError(f"{reason!r} is no drop reason: add it to veille.metrics.DROP_REASONS first")
        self.dropped[reason] = self.dropped.get(reason, 0) + times

    def die(self, reason: str, times: int = 1) -> None:
        """Count dead letters; `reason` must be in DEAD_REASONS."""
        if reason not in DEAD_REASONS:
            raise KeyError(f"{reason!r} is no dead reason: add it to veille.metrics.DEAD_REASONS first")
        self.dead[reason] = self.dead.get(reason, 0) + times

    def unknown(self, kind: str) -> None:
        """Count an unknown event kind by name; at most 50 names are kept, the rest is `other`."""
        name = kind[:40] if kind[:40] in self.kinds or len(self.kinds) < 50 else "other"
        self.kinds[name] = self.kinds.get(name, 0) + 1
        self.drop("unknown_kind")

    def closes(self) -> bool:
        """Whether everything read is accounted for."""
        return self.read == self.out + sum(self.dropped.values()) + sum(self.dead.values())

    def since(self, earlier: StageCounts) -> StageCounts:
        """What was counted after an earlier state of the same counts."""
        return StageCounts(
            read=self.read - earlier.read,
            out=self.out - earlier.out,
            repeated=self.repeated - earlier.repeated,
            dropped=_difference(self.dropped, earlier.dropped),
            dead=_difference(self.dead, earlier.dead),
            kinds=_difference(self.kinds, earlier.kinds),
        )

    def add(self, other: StageCounts) -> None:
        """Take another's counts into this one."""
        self.read += other.read
        self.out += other.out
        self.repeated += other.repeated
        for mine, theirs in ((self.dropped, other.dropped), (self.dead, other.dead), (self.kinds, other.kinds)):
            for name, times in theirs.items():
                mine[name] = mine.get(name, 0) + times


def _difference(now: dict[str, int], earlier: dict[str, int]) -> dict[str, int]:
    return {name: times - earlier.get(name, 0) for name, times in now.items() if times != earlier.get(name, 0)}
