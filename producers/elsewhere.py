"""An author's latest public posts, read from their network when somebody asks, shown once and kept nowhere.

    mention --its author's name on the network--> Bluesky's public API | the instance it was read from --> Others

X is not asked: each post read there is billed, and only the source counts what was spent. Whoever asks not to be shown
to strangers (Bluesky's `!no-unauthenticated`, Mastodon's `noindex`) is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Raw, Struct

from veille.clock import Clock
from veille.errors import Invalid, Unavailable
from veille.mention import Mention
from veille.post import utc
from veille.producers.bluesky.record import Label, Record
from veille.producers.http import Answer, Http
from veille.producers.mastodon.status import Account, read_status, refuses
from veille.producers.source import Received
from veille.settings import Settings

MOST = 20
"""Posts that are shown."""

WHOLE_S = 8.0
"""How long a reader is kept waiting."""

SIGNED_IN_ALONE = "!no-unauthenticated"


class Other(NamedTuple):
    """One of them."""

    text: str
    url: str
    created_at: datetime | None


class _Hidden(Exception):
    """The author does not want to be shown to strangers: no error, a wish."""


class _Author(Struct):
    labels: list[Label] = []
    handle: str = ""


class _Shown(Struct):
    uri: str
    author: _Author
    record: Record


class _Item(Struct):
    post: _Shown


class _Feed(Struct):
    feed: list[_Item]


Reader = Callable[[Http, Mention], Iterator[Other]]


class Elsewhere:
    """Reads them. Any number of threads may ask."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock

    def can(self, mention: Mention) -> bool:
        """Whether its author's other posts can be read."""
        return bool(mention.author.id) and self._reader(mention) is not None

    def latest(self, mention: Mention) -> list[Other] | None:
        """The author's latest public posts, the newest first; None where they want no stranger to see them.

        Raises Unavailable.
        """
        reader = self._reader(mention)
        if reader is None:
            return []
        with Http(whole_s=WHOLE_S, proxied=True) as http, suppress(_Hidden):
            return list(reader(http, mention))[:MOST]
        return None

    def _reader(self, mention: Mention) -> Reader | None:
        if mention.source == "bluesky" and self._settings.bluesky is not None:
            return self._bluesky
        if mention.source == "mastodon" and self._address_of(mention.instance):
            return self._mastodon
        return None

    def _bluesky(self, http: Http, mention: Mention) -> Iterator[Other]:
        assert self._settings.bluesky is not None
        url = f"{self._settings.bluesky.public_api.rstrip('/')}/xrpc/app.bsky.feed.getAuthorFeed"
        params = [("actor", mention.author.id), ("limit", str(MOST)), ("filter", "posts_no_replies")]
        found = _read(_asked(http, url, params), _Feed)
        for shown in (item.post for item in found.feed):
            if any(label.val == SIGNED_IN_ALONE for label in shown.author.labels):
                raise _Hidden
            name, key = shown.author.handle or mention.author.id, shown.uri.rpartition("/")[2]
            address = f"https://bsky.app/profile/{quote(name)}/post/{quote(key)}"
            yield Other(shown.record.text, address, _moment(shown.record.created_at))

    def _mastodon(self, http: Http, mention: Mention) -> Iterator[Other]:
        base = self._address_of(mention.instance)
        lookup = [("acct", mention.author.handle or "")]
        account = _read(_asked(http, f"{base}/api/v1/accounts/lookup", lookup), Account)
        if refuses(account):
            raise _Hidden
        params = [("limit", str(MOST)), ("exclude_reblogs", "true"), ("exclude_replies", "true")]
        answer = _asked(http, f"{base}/api/v1/accounts/{account.id}/statuses", params)
        now = self._clock.now()
        for raw in _read(answer, list[Raw]):
            said = read_status(raw, mention.instance or "", now)
            if isinstance(said, Received):
                url = said.post.url or ""
                yield Other(
                    said.post.text, url if url.startswith(("https://", "http://")) else "", said.post.created_at
                )

    def _address_of(self, instance: str | None) -> str | None:
        """The address of an instance that the settings name; no other is asked, whatever a post says of itself."""
        named = self._settings.mastodon.instances if self._settings.mastodon else ()
        for each in named:
            address = each if "://" in each else f"https://{each}"
            if instance and urlsplit(address).netloc == instance:
                return address.rstrip("/")
        return None


T = TypeVar("T")


def _asked(http: Http, url: str, params: list[tuple[str, str]]) -> Answer:
    """Raises Unavailable where there is no answer that can be used."""
    try:
        answer = http.get(url, params=params)
    except Invalid as error:
        raise Unavailable(f"{urlsplit(url).netloc} gave too large an answer") from error
    if answer.status != HTTPStatus.OK:
        raise Unavailable(f"{urlsplit(url).netloc} answered {answer.status}")
    return answer


def _read(answer: Answer, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unavailable("the answer has a form that is not known") from error


def _moment(text: str) -> datetime | None:
    with suppress(ValueError):
        return utc(datetime.fromisoformat(text))
    return None
