"""The invented people of the seeded world: who number n is, always the same for the same seed.

number --(seed)--> author, network, language, home --(moment)--> the identity of what they publish then

Every host ends in `.example` and every DID begins with `did:example:`, which are reserved for what does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from random import Random
from typing import Literal, NamedTuple

from veille.identity import TID_ALPHABET, bluesky_doc_id, feed_doc_id, mastodon_doc_id, microseconds
from veille.post import Author

Network = Literal["bluesky", "mastodon", "feed"]

FIRST = (
    "Adèle", "Amir", "Anouk", "Basile", "Bea", "Camille", "Cléo", "Dario", "Elif", "Esme", "Farid", "Gwen", "Hana",
    "Idris", "Ines", "Jonas", "Joy", "Kim", "Léon", "Lina", "Lou", "Maël", "Malik", "Maud", "Mina", "Nell", "Noé",
    "Oona", "Otis", "Paz", "Petra", "Quinn", "Rae", "Rémi", "Sami", "Sol", "Tess", "Théo", "Uma", "Vera", "Wim", "Yaël",
    "Zoé",
)  # fmt: skip
THINGS = (
    "basil", "biscuit", "bobine", "brume", "canard", "clover", "cumin", "fougere", "galet", "girafe", "hibou", "jasmin",
    "kiwi", "lichen", "lune", "marmite", "moss", "muffin", "nuage", "orage", "otter", "panda", "pebble", "pistache",
    "plume", "radis", "sardine", "sparrow", "tartine", "thimble", "tilleul", "tortue", "velo", "walnut",
)  # fmt: skip
BIOS = {
    "fr": (
        "Thé, vélo, mauvaise foi.",
        "Ici je parle cuisine.",
        "Mes avis n’engagent que moi.",
        "Prof, deux chats.",
        "",
    ),
    "en": ("Tea, bikes, bad puns.", "Mostly cooking.", "Opinions my own.", "Teacher, two cats.", ""),
}
LOCATIONS = {
    "fr": (
        "Paris", "Lyon, France", "paris 🗼", "Nantes / Bretagne", "75011", "Marseille", "Lille (59)", "Toulouse, FR",
        "Bruxelles", "Genève 🇨🇭", "Montréal, QC", "Dakar, Sénégal", "Strasbourg, Alsace", "quelque part", "Bordeaux",
        "dans ton jardin", "France", "Rennes, Bretagne, France", "🇫🇷", "Liège, Belgique", "entre Nice et Turin",
    ),
    "en": (
        "London", "London, UK", "NYC", "Leeds, England", "Glasgow", "Dublin, Ireland", "Austin, TX", "Portland, Oregon",
        "Toronto, Canada", "Melbourne, Australia", "somewhere over the rainbow", "Cape Town", "the internet", "Bristol",
        "Chicago, IL", "United Kingdom", "Mumbai, India", "he/him | Seattle", "Manchester, UK", "🇮🇪", "your kitchen",
    ),
    "de": ("Berlin", "Hamburg, Deutschland", "Wien", "Zürich"),
    "es": ("Madrid", "Sevilla, España", "CDMX", "Buenos Aires, Argentina"),
    "it": ("Roma", "Torino, Italia"),
    "nl": ("Utrecht", "Gent, België"),
    "pt": ("Lisboa", "São Paulo, Brasil"),
    "ja": ("東京", "Osaka, Japan"),
    "ar": ("القاهرة", "Casablanca, Maroc"),
}  # fmt: skip
LANGUAGES = ("en", "fr", "de", "es", "it", "nl", "pt", "ja", "ar")
LANGUAGE_WEIGHTS = (48, 41, 3, 3, 1, 1, 1, 1, 1)
INSTANCES = ("tasse.example", "bavard.example", "teatime.example")
FEEDS = {
    "https://gazette.example/rss": "fr",
    "https://kitchen-notes.example/feed.xml": "en",
    "https://le-sifflet.example/atom": "fr",
}
"""Address of each feed, and its language."""


class Identity(NamedTuple):
    """What a post is called: by us, by its network, everywhere, and for people."""

    doc_id: str
    native_id: str
    uri: str
    url: str


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist."""

    author: Author
    network: Network
    language: str
    home: str | None
    """Instance on Mastodon, address of the feed for a feed."""

    def publish(self, moment: datetime, number: int) -> Identity:
        """The identity of the post with this number in the world, published at a moment."""
        if self.network == "bluesky":
            key = tid(moment, number)
            uri = f"at://{self.author.id}/app.bsky.feed.post/{key}"
            url = f"https://ciel.example/profile/{self.author.handle}/post/{key}"
            return Identity(bluesky_doc_id(self.author.id, key), uri, uri, url)
        status = (microseconds(moment) // 1000 << 16) + number % (1 << 16)
        if self.network == "mastodon":
            uri = f"{self.author.id}/statuses/{status}"
            return Identity(
                mastodon_doc_id(uri),
                uri,
                uri,
                f"https://{self.home}/@{(self.author.handle or '').split('@')[0]}/{status}",
            )
        uri = f"https://{self.author.id}/{moment:%Y/%m/%d}/{status}"
        return Identity(feed_doc_id(self.home or "", uri), uri, uri, uri)


def tid(moment: datetime, number: int) -> str:
    """Timestamp identifier of a moment (atproto.com/specs/tid); `number` stands in for the clock's id, 10 bits."""
    value = microseconds(moment) << 10 | number % 1024
    return "".join(TID_ALPHABET[value >> shift & 31] for shift in range(60, -1, -5))


@lru_cache(maxsize=50_000)
def person(seed: int, number: int) -> Person:
    """Person `number` of a world; most write on Bluesky or Mastodon, one in sixteen is a feed."""
    random = Random(f"{seed}/person/{number}")  # noqa: S311  # a story, no secret
    language = random.choices(LANGUAGES, LANGUAGE_WEIGHTS)[0]
    fate = random.random()
    if fate < 0.06:
        return _newsroom(random)
    network: Network = "bluesky" if fate < 0.62 else "mastodon"
    home = None if network == "bluesky" else random.choice(INSTANCES)
    first, thing = random.choice(FIRST), random.choice(THINGS)
    plain = first.lower().translate(str.maketrans("éèëïê", "eeeie"))
    name = f"{plain}-{thing}-{number}" if home is None else f"{plain}_{thing}_{number}"
    author = Author(
        id=f"did:example:{seed:x}-{number:06}" if home is None else f"https://{home}/users/{name}",
        handle=f"{name}.ciel.example" if home is None else f"{name}@{home}",
        name=random.choice((first, f"{first} {thing.title()}", f"{first} 🫖", thing)),
        bio=random.choice(BIOS.get(language, ("",))) or None,
        location=random.choice(LOCATIONS[language]) if random.random() < 0.7 else None,
        followers=int(random.paretovariate(0.9) * 12),
        following=random.randrange(5, 900),
        posts=random.randrange(1, 20_000),
    )
    return Person(author, network, language, home)


def _newsroom(random: Random) -> Person:
    home, language = random.choice(tuple(FEEDS.items()))
    host = home.split("/")[2]
    return Person(
        Author(id=host, name=host.split(".", maxsplit=1)[0].replace("-", " ").title()), "feed", language, home
    )
