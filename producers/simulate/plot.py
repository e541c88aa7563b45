"""What happens in the seeded world: event number k, whenever and in whatever order it is asked for.

    number --(seed)--> kind --> a post of its own
                            |-> answer, repost, quote, copy of an earlier post
                            |-> edit or delete of an earlier post
                            `-> with faults: late post, edit or delete ahead of its post, repetition, broken line

Nothing is remembered: an event that speaks of another one finds it by its number and works it out again.
Edits follow their post closely and deletes from afar, so that no edit comes after the delete of its post.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from random import Random
from typing import Literal, TypeVar

import msgspec

from veille.identity import DELETED, version
from veille.post import Entities, Post, Quoted, Reference, Tombstone, encode
from veille.producers.simulate.people import Person, person
from veille.producers.simulate.sentences import AFTERTHOUGHTS, OPENINGS, RETRACTIONS, Subject
from veille.producers.simulate.speech import BRAND, COMPETITOR, Maker, Said, say
from veille.producers.simulate.timetable import Timetable
from veille.producers.source import Broken, Deleted, Event, Received, Skipped

Happening = Literal[
    "post", "reply", "repost", "quote", "copy", "edit", "retraction", "delete",
    "late", "doomed", "early_edit", "early_delete", "repetition", "broken", "unknown",
]  # fmt: skip

ORDINARY: dict[Happening, float] = {
    "post": 0.60, "reply": 0.12, "repost": 0.13, "quote": 0.04, "copy": 0.03,
    "edit": 0.04, "retraction": 0.01, "delete": 0.03,
}  # fmt: skip
"""Share of each kind of event. An edit adds to its post; a retraction leaves nothing that a watch matches."""

FAULTY: dict[Happening, float] = {
    "repetition": 0.05, "late": 0.02, "doomed": 0.01, "early_edit": 0.01, "early_delete": 0.01,
    "broken": 0.01, "unknown": 0.01,
}  # fmt: skip
"""What comes on top with faults, taken from the ordinary shares in proportion. `late` and `doomed` posts arrive long
after they were published: the first may be edited before they arrive, the second deleted."""

ALL_KINDS: dict[Happening, float] = {
    **{kind: share * (1 - sum(FAULTY.values())) for kind, share in ORDINARY.items()},
    **FAULTY,
}

ORIGINALS = frozenset[Happening]({"post", "late"})
CREATED = frozenset[Happening]({"post", "late", "reply", "repost", "quote", "copy"})
REPEATABLE = frozenset[Happening]({*CREATED, "doomed", "edit", "retraction", "delete"})

SUBJECTS: dict[Subject, float] = {"brand": 0.50, "market": 0.27, "other": 0.23}
"""Share of what people talk about on an ordinary day; two fifths of what is about a brand is the competitor's."""

POPULATION = 4000

LAG = timedelta(seconds=0.6)
"""From publication to receipt; the same for all that is not late, so that what refers to a post is younger than it."""

SEARCHED = 45
"""Numbers that are looked at for an event to refer to, before it becomes an ordinary post."""


T = TypeVar("T")


class Plot:
    """All that happens in one world."""

    def __init__(self, seed: int, timetable: Timetable, *, faults: bool) -> None:
        """The seed says what happens, the timetable when."""
        self._seed = seed
        self._timetable = timetable
        self._kinds = ALL_KINDS if faults else ORDINARY
        self._original = lru_cache(maxsize=2048)(self._new_original)

    def event(self, number: int, cursor: str) -> Event:
        """Event number k, received at its moment. Raises nothing: every number has its event."""
        return self._tell(number, self._timetable.moment(number), cursor)

    def kind(self, number: int) -> Happening:
        """What kind of event is planned; one that finds nothing to refer to becomes a post."""
        return _chosen(self._kinds, self._draw(number, "kind"))

    def gone(self, number: int) -> Post | None:
        """The post that an event deletes; None where it deletes nothing."""
        kind = self.kind(number)
        target = self._target(number, kind) if kind in {"delete", "early_delete"} else None
        return None if target is None else self._post(target, self.kind(target))

    def _tell(self, number: int, received: datetime, cursor: str) -> Event:
        kind = self.kind(number)
        if kind == "broken":
            return _broken(self._random(number), self._original(number), cursor)
        if kind == "unknown":
            return Skipped("unknown_kind", ("poll", "sticker", "wave")[number % 3], cursor)
        if kind == "repetition" and (again := self._behind(number, REPEATABLE, 1, 400)) is not None:
            return self._tell(again, received, cursor)
        if kind in {"delete", "early_delete"} and (gone := self._target(number, kind)) is not None:
            return Deleted(self._tombstone(gone, self._published(number), received), cursor)
        return Received(msgspec.structs.replace(self._post(number, kind), received_at=received), cursor)

    def _post(self, number: int, kind: Happening) -> Post:
        """The post that an event carries, as of the moment at which it was published."""
        target = self._target(number, kind)
        if target is None:
            return self._original(number)
        if kind in {"edit", "retraction", "early_edit"}:
            return self._edited(number, kind, target)
        return self._following(number, kind, target)

    def _target(self, number: int, kind: Happening) -> int | None:
        """The event that another one refers to."""
        match kind:
            case "reply" | "repost" | "quote" | "copy":
                return self._behind(number, ORIGINALS, 1, 100, social=True)
            case "edit" | "retraction":
                return self._behind(number, ORIGINALS, 1, 150)
            case "delete":
                return self._behind(number, CREATED, 200, 600, social=True)
            case "early_edit":
                return self._ahead(number, "late")
            case "early_delete":
                return self._ahead(number, "doomed")
            case _:
                return None

    def _behind(
        self, number: int, kinds: Collection[Happening], nearest: int, farthest: int, *, social: bool = False
    ) -> int | None:
        """An earlier event of one of some kinds, at about such a distance; `social`: by a person, not by a feed."""
        start = number - nearest - int(self._draw(number, "target") * (farthest - nearest))
        for candidate in range(start, max(start - SEARCHED, -1), -1):
            if self.kind(candidate) in kinds and not (social and self._author(candidate).network == "feed"):
                return candidate
        return None

    def _ahead(self, number: int, kind: Happening) -> int | None:
        """A later event that arrives late: its post is published by now, and not here yet."""
        now = self._published(number)
        for candidate in range(number + 1, number + 2 * SEARCHED):
            if self.kind(candidate) == kind and self._published(candidate) < now:
                return candidate
        return None

    def _published(self, number: int) -> datetime:
        """When an event happened at its network; late ones long before they arrive."""
        if self.kind(number) in {"late", "doomed"}:
            number = max(0, number - 20 - int(self._draw(number, "delay") * 280))
        return self._timetable.moment(number) - LAG

    def _author(self, number: int) -> Person:
        """Some say much more than others."""
        return person(self._seed, int(self._draw(number, "author") ** 2 * POPULATION))

    def _someone_on(self, network: str, random: Random) -> Person:
        while (found := person(self._seed, int(random.random() ** 2 * POPULATION))).network != network:
            pass
        return found

    def _new_original(self, number: int) -> Post:
        """A post that refers to nothing."""
        random, author = self._random(number), self._author(number)
        post = self._written(number, author, say(random, *self._topic(number), author.language), random)
        post.kind = "article" if author.network == "feed" else "post"
        return post

    def _topic(self, number: int) -> tuple[Subject, Maker]:
        """What an original talks about: the stories of the moment take their shares."""
        left = self._draw(number, "story")
        for story, share in self._timetable.shares(self._timetable.seconds(number)):
            left -= share
            if left < 0:
                return story.tale, COMPETITOR if story.competitor else BRAND
        maker = COMPETITOR if self._draw(number, "maker") < 0.4 else BRAND
        return _chosen(SUBJECTS, self._draw(number, "subject")), maker

    def _written(self, number: int, author: Person, said: Said, random: Random) -> Post:
        published, received = self._published(number), self._timetable.moment(number)
        identity = author.publish(published, number)
        by_person = author.network != "feed"
        return Post(
            doc_id=identity.doc_id,
            version=str(version(published, received)),
            source=author.network,
            native_id=identity.native_id,
            uri=identity.uri,
            url=identity.url,
            instance=author.home if author.network == "mastodon" else None,
            origin="simulated",
            created_at=published,
            received_at=received,
            text=said.text,
            langs=[said.language] if random.random() < 0.85 else [],
            author=author.author,
            entities=said.entities if by_person else Entities(),
            media=["image"] if by_person and random.random() < 0.12 else [],
        )

    def _edited(self, number: int, kind: Happening, target: int) -> Post:
        """An edit of an original: a word more, or all of it taken back."""
        before, changed, random = self._original(target), self._published(number), self._random(number)
        language = self._author(target).language
        language = language if language in AFTERTHOUGHTS else "en"
        took_back = kind == "retraction" or (kind == "early_edit" and random.random() < 0.4)
        text = RETRACTIONS[language] if took_back else f"{before.text} {random.choice(AFTERTHOUGHTS[language])}"
        return msgspec.structs.replace(
            before,
            op="update",
            version=str(version(changed, self._timetable.moment(number))),
            text=text,
            entities=Entities() if took_back else before.entities,
        )

    def _following(self, number: int, kind: Happening, target: int) -> Post:
        """A post that answers, repeats, quotes or copies an original of the same network."""
        first, random = self._original(target), self._random(number)
        author = self._someone_on(first.source, random)
        opening = random.choice(OPENINGS.get(author.language, OPENINGS["en"]))
        said = Said(opening, author.language, Entities(hashtags=[], handles=[], cashtags=[], links=[]))
        if kind == "repost":
            said = Said(first.text, first.langs[0] if first.langs else "und", first.entities)
        elif kind == "copy":
            said = Said(f"{opening} {first.text}", author.language, first.entities)
        elif kind == "reply" and random.random() < 0.6:
            said = say(random, *self._topic(target), author.language)
        post = self._written(number, author, said, random)
        _REFER[kind](post, first)
        return post

    def _tombstone(self, target: int, deleted: datetime, received: datetime) -> Tombstone:
        post = self._post(target, self.kind(target))
        return Tombstone(post.doc_id, version(deleted, received, DELETED), post.source)

    def _draw(self, number: int, question: str) -> float:
        """A number from 0 to 1 that belongs to one question about one event."""
        return self._digest(number, question) / (1 << 64)

    def _random(self, number: int) -> Random:
        """For all that is asked in a fixed order about one event."""
        return Random(self._digest(number, "details"))  # noqa: S311  # a story, no secret

    def _digest(self, number: int, question: str) -> int:
        return int.from_bytes(blake2b(f"{self._seed}/{number}/{question}".encode(), digest_size=8).digest())


def _chosen(shares: Mapping[T, float], drawn: float) -> T:
    """The name in whose share a number from 0 to 1 falls; the shares add up to 1."""
    place = bisect_right(tuple(accumulate(shares.values())), drawn)
    return tuple(shares)[min(place, len(shares) - 1)]


def _reply(post: Post, first: Post) -> None:
    post.kind = "reply"
    post.ref = Reference(reply_to=first.native_id, reply_author=first.author.handle, conversation=first.native_id)


def _repost(post: Post, first: Post) -> None:
    post.kind = "repost"
    post.langs = first.langs
    author = first.author
    post.ref = Reference(repost_of=first.native_id, repost_author=author.handle, repost_author_id=author.id)


def _quote(post: Post, first: Post) -> None:
    post.kind = "quote"
    post.ref = Reference(quote_of=first.native_id)
    post.quoted = Quoted(text=first.text, author=first.author, entities=first.entities, url=first.url)


def _copy(_post: Post, _first: Post) -> None:
    """A copy says nothing of where it comes from."""


_REFER: dict[Happening, Callable[[Post, Post], None]] = {
    "reply": _reply,
    "repost": _repost,
    "quote": _quote,
    "copy": _copy,
}


def _broken(random: Random, post: Post, cursor: str) -> Broken:
    """The line of a post, cut off, with a number for its text, or without its identity."""
    whole = encode(post)
    reason = random.choice(("not_json", "wrong_type", "missing_field"))
    if reason == "not_json":
        return Broken(whole[: random.randrange(1, len(whole))], reason, "cut off", cursor)
    fields = msgspec.json.decode(whole)
    if reason == "wrong_type":
        fields["text"] = random.randrange(1000)
    else:
        del fields["doc_id"]
    return Broken(msgspec.json.encode(fields), reason, "mangled on purpose", cursor)
