"""What rules ask about one post: its words, entities and kinds, each found out once and only when asked for.

Post --> Facts --> predicates          the archives index the same facts, so that a search agrees with a watch
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence, Set, Sized
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, Generic, TypeVar, get_args, overload

from veille.post import Entities, Link, Post, Quoted, Reference, Source
from veille.query.codes import RENAMED_LANGUAGES
from veille.text import entities
from veille.text.addresses import address_words
from veille.text.folding import fold
from veille.text.tokens import spelled

_KINDS = {"repost": "retweet", "reply": "reply", "quote": "quote"}
_NETWORKS = frozenset(get_args(Source))
_NO_REFERENCE = Reference()
_MEDIA = {"image": "images", "video": "video_link"}

NOTHING: frozenset[str] = frozenset()

Within = Callable[[Sequence[str]], Set[str]]
"""Which of many phrases stand in texts."""

REMEMBERED = 1 << 12
"""Texts and addresses."""

T = TypeVar("T")


class found_out(Generic[T]):  # noqa: N801 -- a decorator
    """An attribute that is found out at its first use: `functools.cached_property` without its lock, twice as fast."""

    def __init__(self, find: Callable[[Any], T]) -> None:
        self._find = find
        self.__doc__ = find.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> found_out[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> found_out[T] | T:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._find(instance)
        return value


class Facts:
    """The facts of one post. Those of the quoted post count with it, where rules look at both."""

    def __init__(
        self, post: Post, phrases_within: Callable[[Sequence[str]], Set[str]] = lambda _texts: NOTHING
    ) -> None:
        """`phrases_within` tells which phrases of all rules stand in texts: the matcher's own."""
        self.post = post
        self._phrases_within = phrases_within

    @found_out
    def phrases(self) -> Set[str]:
        """The phrases of all rules that stand in the text or in the quoted text."""
        return self._phrases_within(self.spelled)

    @found_out
    def spelled(self) -> list[str]:
        """Words joined by spaces: of the post's own text, and of the quoted text."""
        quoted = self.post.quoted
        return [spelled(self.post.text), spelled(quoted.text)] if quoted else [spelled(self.post.text)]

    @found_out
    def own(self) -> list[str]:
        """Words of the post's own text."""
        return self.spelled[0].split()

    @found_out
    def quoted(self) -> list[str]:
        """Words of the quoted text."""
        return self.spelled[1].split() if self.post.quoted else []

    @found_out
    def words(self) -> set[str]:
        """Words of both."""
        return {*self.own, *self.quoted}

    @found_out
    def hashtags(self) -> Set[str]:
        """Folded, without sign; like all three in order of appearance."""
        return _hashtags(self.post)

    @found_out
    def handles(self) -> Set[str]:
        """Without sign, in lower case."""
        return _handles(self.post)

    @found_out
    def cashtags(self) -> Set[str]:
        """Without sign, in lower case."""
        return _cashtags(self.post)

    @found_out
    def links(self) -> list[Link]:
        """What the network lists, else the URLs of the text."""
        return links(self.post)

    @found_out
    def own_links(self) -> list[Link]:
        """The same without the quoted post's."""
        return _links(self.post.text, self.post.entities)

    @found_out
    def addresses(self) -> list[str]:
        """Every form of every link, each once."""
        if not self.links:
            return []
        forms = (form for link in self.links for form in (link.url, link.expanded) if form)
        return list(dict.fromkeys(forms))

    @found_out
    def address_words(self) -> list[tuple[str, ...]]:
        """The words of each address."""
        return [*map(_address_words, self.addresses)]

    @found_out
    def link_words(self) -> list[str]:
        """Words of each link's addresses, title and description, joined by spaces."""
        if not self.links:
            return []
        said = [spelled(text) for link in self.own_links for text in (link.title, link.description) if text]
        return [*map(" ".join, self.address_words), *said]

    @found_out
    def profile_words(self) -> list[str]:
        """Words of each text of the author's profile, joined by spaces."""
        author = self.post.author
        return [spelled(text) for text in (author.bio, author.name, author.location) if text]

    @found_out
    def kinds(self) -> frozenset[str]:
        """Values of `is:` that hold. A post may answer one post and quote another."""
        return kinds(self.post)

    @found_out
    def has(self) -> frozenset[str]:
        """Values of `has:` that hold."""
        return parts(self.post, self.hashtags, self.cashtags, self.handles, self.links)

    @found_out
    def references(self) -> frozenset[str]:
        """What it answers and repeats: `to:acme`, the value without case."""
        return frozenset([f"{name}:{value.casefold()}" for name, value in references(self.post.ref)])

    @found_out
    def langs(self) -> frozenset[str]:
        """Declared languages under their present codes, with and without region; `und` when there is none."""
        return languages(self.post.langs)

    @found_out
    def authors(self) -> tuple[str, str]:
        """The author's handle (empty if unknown) and id, as `from:` compares them."""
        author = self.post.author
        return (author.handle or "").casefold(), author.id.casefold()

    @found_out
    def sources(self) -> list[str]:
        """The network and the application, as `source:` compares them."""
        return [name.casefold() for name in sources(self.post.source, self.post.app)]

    @found_out
    def share(self) -> int:
        """0 to 99, the same wherever the post is seen: `sample:N` takes those below N."""
        return share(self.post.doc_id)


def sources(network: str, app: str | None) -> list[str]:
    """What `source:` finds a post by. An application may call itself anything: never what another network is called."""
    return [network, app] if app and app.casefold() not in _NETWORKS else [network]


def share(doc_id: str) -> int:
    """0 to 99 by the first eight bytes of SHA-256: a sample that is the same everywhere, and not X's own."""
    digest = hashlib.sha256(doc_id.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % 100


def references(ref: Reference) -> list[tuple[str, str]]:
    """Operators and values of what a post answers and repeats: (`conversation_id`, the id), and so on."""
    if ref == _NO_REFERENCE:
        return []
    named = (
        ("to", ref.reply_author),
        ("in_reply_to_tweet_id", ref.reply_to),
        ("conversation_id", ref.conversation),
        ("retweets_of", ref.repost_author),
        ("retweets_of", ref.repost_author_id),
        ("retweets_of_tweet_id", ref.repost_of),
    )
    return [(name, value) for name, value in named if value]


_Values = Callable[[Post], Set[str]]


def _values_of(
    name: str, sign: str, wide: str, extract: Callable[[str], list[entities.Entity]], folded: Callable[[str], str]
) -> _Values:
    """Finds one sort of entity: what the network lists, else what stands in the text after a sign; folded."""
    listed: Callable[[Entities], list[str] | None] = attrgetter(name)

    def written(post: Post | Quoted) -> Sequence[str]:
        found, text = listed(post.entities), post.text
        if found is not None:
            return found
        return _extracted(extract, text) if sign in text or wide in text else []

    def values(post: Post) -> Set[str]:
        found, quoted = written(post), post.quoted
        if quoted:
            found = [*found, *written(quoted)]
        return dict.fromkeys(map(folded, found)).keys() if found else NOTHING

    return values


_hashtags = _values_of("hashtags", "#", "＃", entities.hashtags, fold)
_handles = _values_of("handles", "@", "＠", entities.handles, str.casefold)
_cashtags = _values_of("cashtags", "$", "$", entities.cashtags, str.casefold)


def hashtags(post: Post) -> list[str]:
    """Folded, without sign, in order, each once; the quoted post's too."""
    return list(_hashtags(post))


def handles(post: Post) -> list[str]:
    """The same of handles, in lower case."""
    return list(_handles(post))


def cashtags(post: Post) -> list[str]:
    """The same of cashtags, in lower case."""
    return list(_cashtags(post))


def links(post: Post) -> list[Link]:
    """What the network lists, else the URLs of the text; the quoted post's too."""
    own, quoted = _links(post.text, post.entities), post.quoted
    return own + _links(quoted.text, quoted.entities) if quoted else own


def _links(text: str, sent: Entities) -> list[Link]:
    return [Link(url=url) for url in _extracted(entities.urls, text)] if sent.links is None else sent.links


@lru_cache(maxsize=REMEMBERED)
def _extracted(extract: Callable[[str], list[entities.Entity]], text: str) -> tuple[str, ...]:
    """Reposts say again what was looked through."""
    return tuple([entity.value for entity in extract(text)])


@lru_cache(maxsize=REMEMBERED)
def _address_words(address: str) -> tuple[str, ...]:
    return tuple(address_words(address))


def kinds(post: Post) -> frozenset[str]:
    """Values of `is:` that hold."""
    quoted, ref = post.quoted, post.ref
    own = post.kind != "repost"
    answers, quotes = own and ref.reply_to is not None, own and ref.quote_of is not None
    return _kinds(post.kind, quoted and quoted.kind, answers, quotes, post.author.verified)


@lru_cache(maxsize=1 << 8)
def _kinds(kind: str, quoted: str | None, answers: bool, quotes: bool, verified: bool | None) -> frozenset[str]:
    found = {_KINDS[each] for each in (kind, quoted if quoted != "repost" else None) if each in _KINDS}
    held = ((answers, "reply"), (quotes, "quote"), (verified, "verified"))
    return frozenset(found | {name for holds, name in held if holds})


def parts(post: Post, hashtags: Sized, cashtags: Sized, handles: Sized, links: Sized) -> frozenset[str]:
    """Values of `has:` that hold for a post with these entities."""
    media = [*post.media, *post.quoted.media] if post.quoted else post.media
    placed = post.place is not None and post.kind != "repost"
    return _parts(bool(hashtags), bool(cashtags), bool(handles), bool(links), placed, tuple(media))


@lru_cache(maxsize=1 << 10)
def _parts(  # noqa: PLR0917 -- a key
    hashtags: bool,
    cashtags: bool,
    handles: bool,
    links: bool,
    placed: bool,
    media: tuple[str, ...],
) -> frozenset[str]:
    held = (
        (hashtags, "hashtags"),
        (cashtags, "cashtags"),
        (handles, "mentions"),
        (links, "links"),
        (placed, "geo"),
        (media, "media"),
    )
    return frozenset({name for holds, name in held if holds} | {_MEDIA[kind] for kind in media if kind in _MEDIA})


def languages(declared: Sequence[str]) -> frozenset[str]:
    """The present codes of declared languages, with and without region; `und` when there is none."""
    return frozenset(chain.from_iterable(map(_languages, declared or ["und"])))


@lru_cache(maxsize=1 << 10)
def _languages(declared: str) -> tuple[str, ...]:
    language, _, region = declared.lower().replace("_", "-").partition("-")
    language = RENAMED_LANGUAGES.get(language, language)
    return (language, f"{language}-{region}") if region else (language,)


def holds_run(words: Sequence[str], run: Sequence[str]) -> bool:
    """Whether `run` stands in `words` without a gap."""
    return next(runs(words, run), None) is not None


def runs(words: Sequence[str], run: Sequence[str]) -> Iterator[int]:
    """Every position at which `run` begins in `words`."""
    wanted = list(run)
    length = len(wanted)
    for position, word in enumerate(words):
        if word == wanted[0] and list(words[position : position + length]) == wanted:
            yield position
