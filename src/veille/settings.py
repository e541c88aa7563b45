"""What can be set, as checked values. `veille.settings_file` reads them from `veille.yaml`, environment and flags.

Each field's docstring line below it is its entry in docs/configuration.md.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from veille.routes import Route

Role = Literal["brand", "competitor", "market"]
Security = Literal["plain", "tls", "scram"]


@dataclass(frozen=True)
class KafkaSettings:
    """An Apache Kafka of your own. Left out: the embedded broker."""

    servers: tuple[str, ...] = ()
    """Addresses, `host:port`; one is enough to find the others."""
    security: Security = "plain"
    """`plain`: neither encrypted nor signed in; `tls`: encrypted; `scram`: SASL/SCRAM-SHA-512 over TLS."""
    ca: Path | None = None
    """PEM file of the authority that signed the brokers' certificates; without it the system's."""
    username: str | None = None
    """For `scram`."""
    password: str | None = field(default=None, repr=False)
    """For `scram`; only from VEILLE_KAFKA_PASSWORD or the file that VEILLE_KAFKA_PASSWORD_FILE names."""
    prefix: str = "veille"
    """First part of every topic's name."""
    partitions: int = 12
    """Of posts and mentions; fixed once the topics exist."""
    replication: int = 3
    """Copies of each partition when veille creates the topics."""


@dataclass(frozen=True)
class ElasticsearchSettings:
    """An Elasticsearch of your own. Left out: one SQLite file in the data folder."""

    url: str = ""
    """`https://host:9200`."""
    api_key: str | None = field(default=None, repr=False)
    """Only from VEILLE_ELASTICSEARCH_API_KEY or the file that VEILLE_ELASTICSEARCH_API_KEY_FILE names."""
    ca: Path | None = None
    """PEM file of the authority that signed its certificate; without it the system's."""
    prefix: str = "veille"
    """First part of every index, alias and template name."""
    replicas: int = 1
    """Copies of each shard."""


@dataclass(frozen=True)
class Watch:
    """A named query with a role."""

    id: str
    """Small letters, digits, `-` and `_`, at most 40; the name that mentions carry."""
    role: Role
    """What the watch is about: your `brand`, a `competitor`, or the `market`."""
    query: str
    """What to look for, in the query language."""
    line: int | None = field(default=None, compare=False)
    """Where the settings file names it; lines that move make no other watch."""


def watches_hash(watches: Iterable[Watch]) -> str:
    """16 hexadecimal digits of what is matched; neither order nor roles count, since they match nothing."""
    pairs = sorted((watch.id, watch.query) for watch in watches)
    return hashlib.sha256(json.dumps(pairs).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class XSettings:
    """X's filtered stream. The bearer token comes from VEILLE_X_BEARER_TOKEN or VEILLE_X_BEARER_TOKEN_FILE."""

    bearer_token: str = field(default="", repr=False)
    """Only from VEILLE_X_BEARER_TOKEN or the file that VEILLE_X_BEARER_TOKEN_FILE names."""
    base_url: str = "https://api.x.com"
    """Another address only for a simulator."""
    budget: str = ""
    """Most to be spent in a calendar month (UTC), `50 USD/month`: reading stops there, as a gap, until the next one.
    Empty: no limit of ours."""
    post_price: float = 0.005
    """US dollars for a post read, counted once a UTC day (docs.x.com, pricing, as of 2026-08-22)."""
    user_price: float = 0.01
    """US dollars for an account read, counted once a UTC day (same page)."""
    own_price: float = 0.001
    """US dollars for a post of the own mentions timeline, an Owned Read (same page)."""
    count_includes: bool = True
    """Count the accounts and posts that come along with a post as read, too. X does not say whether it charges them;
    counted, a post costs up to 0.015 with its author. Switch it off if the bill at console.x.com says so."""
    own_mentions: bool = False
    """Read who mentions the accounts of `own.x` from X's own mentions timeline, a fifth of the price, in place of the
    stream. Reposts of such posts still come by the stream."""
    compliance_hours: int = 24
    """How often X is asked what has become of each of its posts in the archive (a compliance job of the stage `sweep`);
    0: never. X's terms ask for it within 24 hours."""
    conversations: int = 10
    """How many conversations of each watch are followed at a time, the latest, for two days and 100 replies: of its
    mentions that ask something (a question mark), or that are by an account of `own.x`. Replies are read, and paid for,
    though they name no watch; 0: none. From 80 % of the budget on none is followed."""


MICROS = 1_000_000
"""Millionths of a dollar: money is added up in whole numbers."""


def budget_micros(text: str) -> int | None:
    """`50 USD/month` in millionths of a dollar; None for an empty text. Raises ValueError for anything else."""
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,2})?) USD/month", text.strip())
    if found is None or not float(found[1]):
        raise ValueError(text)
    return round(float(found[1]) * MICROS)


@dataclass(frozen=True)
class BlueskySettings:
    """Bluesky's public stream through Jetstream; needs no account."""

    url: str = "wss://jetstream2.us-east.bsky.network/subscribe"
    """A v1 address ends in `/subscribe`, a v2 one in `/xrpc/network.bsky.jetstream.subscribeEvents`."""
    public_api: str = "https://public.api.bsky.app"
    """Where an author's other posts are read from when somebody asks for them on the page; nothing of it is kept."""


@dataclass(frozen=True)
class FeedsSettings:
    """Feeds: RSS, Atom, JSON Feed; need no account. Of an article title, summary and link are kept, never the whole."""

    urls: tuple[str, ...] = ()
    """Addresses of feeds, at most 1,000; an article belongs to the address that stands here, wherever that moves."""
    every: float = 15.0
    """Minutes between two looks at a feed; more where its publisher asks for more."""
    allow_private: tuple[str, ...] = ()
    """Hosts, `host:port` or whole addresses that may lead into a private network; all others may not."""


@dataclass(frozen=True)
class MastodonSettings:
    """Mastodon's public timelines, polled without an account: one for each hashtag and single word of the watches."""

    instances: tuple[str, ...] = ("mastodon.social",)
    """Hosts; each is asked apart, and a post that several of them show counts once. A whole address
    (`http://127.0.0.1:8423`) only for a simulator."""
    public: bool = False
    """Also the public timeline: all that an instance shows, of which the watches keep what they match."""
    local: bool = True
    """Of the public timeline only what was published on the instance itself, instead of all that it knows."""
    since_hours: int = 0
    """How many hours back a first start begins; 0: from now on."""
    recheck_hours: int = 24
    """How long what was published is looked at again, for edits and deletes; 0: never."""


@dataclass(frozen=True)
class FilesSettings:
    """Files of posts: JSON lines as X's stream, as twarc, or as our own posts; plain, gzip, or `-`."""

    paths: tuple[str, ...] = ()
    """In the order in which they are read; `-` is standard input."""


@dataclass(frozen=True)
class WorldSettings:
    """The seeded world of invented posts (`veille simulate world`)."""

    seed: int = 1
    """The same seed tells the same story."""
    rate: float = 3.0
    """Posts a second, averaged over a day of the world."""
    faults: bool = False
    """Also duplicates, late and out-of-order arrivals, and broken lines."""
    limit: int | None = None
    """Ends after so many events, told at once as if they had been lived through; None: never, and at the set rate."""


@dataclass(frozen=True)
class ReplaySettings:
    """Dead letters to be read again; set by `veille dead replay` alone, never in the file."""

    path: Path
    """As `veille.letters.save` wrote them."""


@dataclass(frozen=True)
class OwnSettings:
    """Our own accounts, by network."""

    x: tuple[str, ...] = ()
    """Handles on X, without `@`."""
    bluesky: tuple[str, ...] = ()
    """Handles on Bluesky, without `@`, or DIDs."""
    mastodon: tuple[str, ...] = ()
    """Accounts on Mastodon, `name@instance`."""


@dataclass(frozen=True)
class RetentionSettings:
    """How many days mentions are kept, counted from when the post was published; 0: for good. `sweep` sees to it."""

    x: int = 0
    """Of X."""
    bluesky: int = 0
    """Of Bluesky."""
    mastodon: int = 0
    """Of Mastodon."""
    feeds: int = 0
    """Of feeds."""
    files: int = 0
    """Of files, where a post does not say of which network it is."""

    @property
    def days(self) -> dict[str, int]:
        """By a post's `source`, those that end."""
        named = {
            "x": self.x,
            "bluesky": self.bluesky,
            "mastodon": self.mastodon,
            "feed": self.feeds,
            "file": self.files,
        }
        return {source: days for source, days in named.items() if days}


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Addresses of the page that nobody else reaches, by the names under which it answers."""


@dataclass(frozen=True)
class WebSettings:
    """The page and the API."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8420
    """Port to listen on; 0 takes a free one."""
    token: str | None = field(default=None, repr=False)
    """Asked of everybody when set; required to listen on anything but loopback. Only from VEILLE_WEB_TOKEN or the
    file that VEILLE_WEB_TOKEN_FILE names."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks (`10.0.0.0/8`) of proxies whose word on who asks counts: X-Forwarded-For, `user_header`."""
    user_header: str = ""
    """Header in which such a proxy names the user, `X-Forwarded-User`: who is named needs no token."""
    requests_a_minute: int = 600
    """What one client may ask where there is a token or a proxy; a wrong token counts for 30. 0: no bound."""
    zone: str = "UTC"
    """Time zone of everything that people read, on the page, in alerts and of commands: an IANA name."""
    author_pages: bool = True
    """Whether there is a page of what one author said about the watched subjects; `false` removes it."""
    avatars: bool = True
    """Whether authors' pictures are fetched and shown, which X's display requirements ask for; `false`: a letter stands
    in their place, and no picture host is asked."""
    public_url: str = ""
    """Where people reach the page, `https://veille.example.com`; what links in messages begin with. Empty: host and
    port from above."""
    contact: str = ""
    """Whom people ask what is kept about them, `privacy@example.com`; stands in the notice that the foot of every
    screen leads to."""

    @property
    def base(self) -> str:
        """What an address on the page begins with, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"


@dataclass(frozen=True)
class SentimentSettings:
    """How a text sounds."""

    model: Literal["shipped", "transformer"] = "shipped"
    """`shipped`: a small model, tens of thousands of posts a second; `transformer`: a far larger one beside it, better,
    about a hundred posts a second. It is made by `veille sentiment build`, once (docs/sentiment.md)."""


@dataclass(frozen=True)
class KibanaSettings:
    """A Kibana, for `veille kibana install`; nothing else asks it."""

    url: str = ""
    """`https://host:5601`, with the path that `server.basePath` adds."""
    api_key: str | None = field(default=None, repr=False)
    """Only from VEILLE_KIBANA_API_KEY or the file that VEILLE_KIBANA_API_KEY_FILE names."""
    ca: Path | None = None
    """PEM file of the authority that signed its certificate; without it the system's."""
    space: str = ""
    """Id of the space that gets the dashboards; empty: the default space."""
    language: Literal["fr", "en"] = "fr"
    """Of titles and labels."""


@dataclass(frozen=True)
class Settings:
    """All of it. `path` is the file it came from, `watches_hash` travels with what was matched under it."""

    kafka: KafkaSettings | None = None
    elasticsearch: ElasticsearchSettings | None = None
    watches: tuple[Watch, ...] = ()
    own: OwnSettings = field(default_factory=OwnSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    x: XSettings | None = None
    bluesky: BlueskySettings | None = None
    mastodon: MastodonSettings | None = None
    feeds: FeedsSettings | None = None
    files: FilesSettings | None = None
    world: WorldSettings | None = None
    replay: ReplaySettings | None = None
    notify: tuple[Route, ...] = ()
    web: WebSettings = field(default_factory=WebSettings)
    sentiment: SentimentSettings = field(default_factory=SentimentSettings)
    kibana: KibanaSettings = field(default_factory=KibanaSettings)
    data: Path = Path("data")
    """Folder of the embedded run's archive and state."""
    path: Path | None = None
    overrides: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)
    """What flags set over the file, by path: it holds when the file is read again, too."""
    beside: tuple[Watch, ...] = ()
    """Watches that stand beside the file's, whatever it says: those of the invented world."""

    @property
    def embedded(self) -> bool:
        """Whether the broker is ours."""
        return self.kafka is None

    @property
    def watches_hash(self) -> str:
        """Hash of the watches, as `watches_hash` makes it."""
        return watches_hash(self.watches)
