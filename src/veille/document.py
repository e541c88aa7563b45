"""What of a mention is indexed, and under which name. Both archives store this, both compilers search it.

    Mention --Facts--> Document(own, quoted, links, names: words; terms: exact facts)

The facts are those that watches are matched by (`veille.query.facts`), so a search finds what a watch matched.
Words of the post and of the post it quotes stand apart: no phrase crosses from one into the other.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import msgspec

from veille.facets import Pair, by_field, values_of
from veille.identity import microseconds
from veille.mention import Mention, People, Tags
from veille.query.facts import Facts, kinds, languages, parts, references, sources
from veille.query.terms import term, terms
from veille.text.folding import fold
from veille.text.tokens import spelled

APART = " | "
"""Between the words of two links; no token holds it, so no phrase reaches across."""

FOLLOWED = frozenset({"followed"})
"""Of a reply that a watch has for what it answers."""


class Document(NamedTuple):
    """One mention as the archives index it: words joined by single spaces, never to be analysed again."""

    own: str
    quoted: str
    links: str
    names: str
    """The author's name."""
    terms: list[str]
    created_at: int
    """Event time, microseconds since 1970."""
    facets: list[Pair]
    """What it counts under, see `veille.facets`."""


def document(mention: Mention) -> Document:
    """Index form of a mention."""
    tags, quoted = _tags(mention), mention.quoted
    return Document(
        own=spelled(mention.text),
        quoted=spelled(quoted.text) if quoted else "",
        links=APART.join([" ".join(words) for words in Facts(mention).address_words]) if tags.links else "",
        names=_named(mention.author.name) if mention.author.name else "",
        terms=_terms(mention, tags),
        created_at=microseconds(mention.created_at),
        facets=values_of(mention, tags),
    )


_named = lru_cache(maxsize=1 << 12)(spelled)


def facets(mention: Mention) -> dict[str, list[str]]:
    """What a mention counts under, by facet."""
    return by_field(values_of(mention, _tags(mention)))


def _tags(mention: Mention) -> Tags:
    """What enrichment found out, or else what is found out now."""
    if mention.enriched is not None and not mention.notes:
        return mention.tags
    facts = Facts(mention)
    return msgspec.structs.replace(
        mention.tags,
        hashtags=list(facts.hashtags),
        handles=list(facts.handles),
        cashtags=list(facts.cashtags),
        links=[link.url for link in facts.links],
    )


def _terms(mention: Mention, tags: Tags) -> list[str]:
    """Every exact fact that a sign or an operator of `EXACT` can ask for."""
    author, geo = mention.author, mention.geo
    facts = [f"#{tag}" for tag in tags.hashtags]
    facts += [f"@{handle}" for handle in tags.handles]
    facts += [f"${tag}" for tag in tags.cashtags]
    facts += [f"from:{name}" for name in (author.handle, author.id) if name]
    facts += [f"{name}:{value}" for name, value in references(mention.ref)]
    facts += _carried(mention)
    facts += [f"about:{value}" for value in about(mention)] if mention.places else ()
    facts += [f"story:{mention.story}"] if mention.story else []
    facts += _done(mention.people) if mention.people is not None else ()
    facts += [f"domain:{domain}" for domain in tags.domains]
    return [
        *terms(facts),
        *_usual_of_post(
            mention.source,
            mention.app,
            tuple([watch.id for watch in tags.watches]),
            tuple(mention.langs),
            kinds(mention) | FOLLOWED if any(watch.followed for watch in tags.watches) else kinds(mention),
            parts(mention, tags.hashtags, tags.cashtags, tags.handles, tags.links),
        ),
        *[each for watch in tags.watches for each in _matched(watch.id, tuple(watch.terms))],
        *_usual_of_enrichment(
            mention.language.code, mention.sentiment.label, geo.country, geo.region, question=tags.question
        ),
    ]


def _done(people: People) -> list[str]:
    """What people did about it."""
    found = [f"corrected:{field}" for field in people.corrected]
    held = {"is:handled": people.handled, "is:assigned": bool(people.assigned), "has:note": people.noted}
    found += [fact for fact, holds in held.items() if holds]
    return found + ([f"assigned:{people.assigned}"] if people.assigned else [])


def about(mention: Mention) -> list[str]:
    """What `about:` finds it by: the countries and the places that its text talks about."""
    found = [where for place in mention.places for where in (place.country, place.whereabouts) if where]
    return list(dict.fromkeys(found))


def _carried(mention: Mention) -> list[str]:
    """Whose text a mention holds besides its author's, which no query asks for; and the country of its place."""
    found: list[str] = []
    if mention.kind == "repost":
        if mention.ref.repost_author_id:
            found.append(f"carries:{mention.source}:{mention.ref.repost_author_id}")
    elif mention.place is not None and mention.place.country:
        found.append(f"place_country:{mention.place.country}")
    if mention.quoted is not None and mention.quoted.author.id:
        found.append(f"carries:{mention.source}:{mention.quoted.author.id}")
    return found


def carrying(source: str, author: str) -> str:
    """The term of all mentions that hold the text of an author whose posts they repeat or quote."""
    return terms([f"carries:{source}:{author}"])[0]


def repeating(native_id: str) -> str:
    """The term of all reposts of a post, on whatever network."""
    return term("retweets_of_tweet_id", native_id)


class Further(NamedTuple):
    """What less usual operators look at: Elasticsearch has fields for it, SQLite looks into the record itself."""

    words: dict[str, list[str]]
    """By operator, what it looks for words in; only where there is something."""
    addresses: list[str]
    """Every form of every link, without case."""
    place_id: str
    """The network's id of the place, folded; empty where there is none."""
    share: int
    """What `sample:` is decided by."""


def further(mention: Mention) -> Further:
    """The rest of the index form."""
    author, place, facts = mention.author, mention.place, Facts(mention)
    said = {
        "bio": [author.bio],
        "bio_name": [author.name],
        "bio_location": [author.location],
        "place": [place.name] if place else [],
        "url_title": [link.title for link in facts.own_links],
        "url_description": [link.description for link in facts.own_links],
    }
    words = {name: [_named(text) for text in texts if text] for name, texts in said.items()}
    return Further(
        {name: some for name, some in words.items() if any(some)},
        [address.casefold() for address in facts.addresses],
        fold(place.id) if place and place.id else "",
        facts.share,
    )


@lru_cache(maxsize=1 << 12)
def _usual_of_post(  # noqa: PLR0917 -- a key
    source: str,
    app: str | None,
    watches: tuple[str, ...],
    declared: tuple[str, ...],
    kinds: frozenset[str],
    parts: frozenset[str],
) -> list[str]:
    """Terms whose combinations come again and again."""
    facts = [f"source:{name}" for name in sources(source, app)]
    facts += [f"watch:{watch}" for watch in watches]
    facts += [f"lang:{code}" for code in languages(declared)]
    facts += [f"is:{kind}" for kind in kinds]
    facts += [f"has:{part}" for part in parts]
    return terms(facts)


@lru_cache(maxsize=1 << 12)
def _matched(watch: str, written: tuple[str, ...]) -> list[str]:
    """For which of its terms a watch has a mention; they come again and again."""
    return terms([f"matched:{watch}/{each}" for each in written])


@lru_cache(maxsize=1 << 12)
def _usual_of_enrichment(
    language: str, sentiment: str, country: str | None, region: str | None, *, question: bool
) -> list[str]:
    facts = [f"language:{language}", f"sentiment:{sentiment}"]
    facts += [f"{name}:{code}" for name, code in (("country", country), ("region", region)) if code]
    facts += ["has:question", "question:yes"] if question else ["question:no"]
    return terms(facts)
