"""The REST API of one instance, as anybody may ask it: pages of a timeline, single statuses, limits.

    timeline, status, statuses --GET--> JSON          429, 5xx, cut, no JSON --> Unavailable    (comes back by itself)
                                                      401, 403, 422, 404     --> Refused        (asks for an account)
                                                      another shape          --> Misused        (update, or another)

Limits: docs.joinmastodon.org/api/rate-limits, 300 requests in 5 minutes for an address; the answer says what is left.
A reset is a time by the instance's own clock, so it is read against the answer's `Date`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Raw

from veille.clock import Clock
from veille.errors import Invalid, Misused, Unavailable
from veille.post import utc
from veille.producers.http import Answer, Http

LONGEST_ASKED_S = 3600.0
"""How long an instance may ask us to stay away, at most."""

PAGE = 40
"""Statuses of a page; the most that Mastodon gives."""

BATCH = 20
"""Ids that `GET /api/v1/statuses` takes at once."""

GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
SAID = 100
"""Characters of an instance's own words that a message repeats."""

_LIST = msgspec.json.Decoder(list[Raw])
_OBJECT = msgspec.json.Decoder(dict[str, Raw])


class Limited(Unavailable):
    """Asked too often, or the instance is full; `retry_after` is what it says of its limit's end."""


class Garbled(Unavailable):
    """An answer that is cut off, or no JSON."""


class Refused(Misused):
    """The instance does not show this to somebody without an account."""


class _Id(msgspec.Struct):
    id: str


class Client:
    """Asks one instance. Knows how much it may still ask."""

    def __init__(self, address: str, http: Http, clock: Clock) -> None:
        """`address`: a host, or for a stand-in a whole address, `http://127.0.0.1:8422`."""
        self._base = (address if "://" in address else f"https://{address}").rstrip("/")
        self.name = urlsplit(self._base).netloc
        """Host, and port where it is no usual one."""
        self.asked = 0
        """Requests so far."""
        self.takes_batches = True
        """Whether several statuses can be had at once (Mastodon 4.3 and later)."""
        self._http, self._clock = http, clock
        self._free_at = 0.0

    @property
    def wait_s(self) -> float:
        """Seconds until the limit of the last answers lets us ask again."""
        return max(0.0, self._free_at - self._clock.monotonic())

    def timeline(self, path: str, params: Mapping[str, str]) -> list[Raw]:
        """A page of `/api/v1/timelines/{path}`, as it comes. Raises Refused, Unavailable, Misused."""
        where = f"timelines/{path}"
        answer = self._ask(where, params.items())
        if answer.status in GONE:
            raise Refused(f"{self.name} has no {where}: it is no Mastodon, or does not show this to everybody")
        return self._list(answer, where)

    def status(self, status_id: str) -> Raw | None:
        """One status as it is now; None: it is gone. Raises Refused, Unavailable, Misused."""
        where = f"statuses/{quote(status_id, safe='')}"
        answer = self._ask(where, ())
        return None if answer.status in GONE else Raw(_read_object(answer, self.name, where))

    def statuses(self, ids: Sequence[str]) -> dict[str, Raw]:
        """Those of at most `BATCH` that are there. An instance that cannot do so is noted, and gives none."""
        answer = self._ask("statuses", [("id[]", each) for each in ids], may_lack=True)
        if answer.status != HTTPStatus.OK:
            self.takes_batches = False
            return {}
        return {found: raw for raw in self._list(answer, "statuses") if (found := id_of(raw)) is not None}

    def _list(self, answer: Answer, where: str) -> list[Raw]:
        try:
            return _LIST.decode(answer.body)
        except msgspec.ValidationError as error:
            raise _another_shape(answer, self.name, where, "a list of statuses") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Garbled(f"{self.name} answers {where} with something that is no JSON") from error

    def _ask(self, where: str, params: Iterable[tuple[str, str]], *, may_lack: bool = False) -> Answer:
        self.asked += 1
        try:
            answer = self._http.get(f"{self._base}/api/v1/{where}", params=params)
        except Invalid as error:
            raise Garbled(f"{self.name}, {where}: {error}") from error
        self._note_limit(answer)
        status = answer.status
        if status == HTTPStatus.OK or status in GONE:
            return answer
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            asked = self._asked_to_wait(answer, limited=status == HTTPStatus.TOO_MANY_REQUESTS)
            raise Limited(f"{self.name} answers with HTTP status {status}", asked)
        if may_lack and status == HTTPStatus.UNPROCESSABLE_ENTITY:
            return answer
        raise Refused(_refusal(answer, self.name, where))

    # --- limits -------------------------------------------------------------------------------------------------------

    def _note_limit(self, answer: Answer) -> None:
        left, reset = answer.headers.get("x-ratelimit-remaining", ""), self._until_reset(answer)
        if left == "0" and reset is not None:
            self._free_at = self._clock.monotonic() + reset

    def _asked_to_wait(self, answer: Answer, *, limited: bool) -> float | None:
        """Seconds, in the instance's own words; None where it says nothing of use."""
        said = answer.headers.get("retry-after", "").strip()
        if said.isascii() and said.isdigit():
            return min(float(said), LONGEST_ASKED_S)
        if said and (asked := self._seconds_until(_http_date(said), answer)) is not None:
            return asked
        return self._until_reset(answer) if limited else None

    def _until_reset(self, answer: Answer) -> float | None:
        return self._seconds_until(_iso(answer.headers.get("x-ratelimit-reset", "")), answer)

    def _seconds_until(self, moment: datetime | None, answer: Answer) -> float | None:
        if moment is None:
            return None
        there = _http_date(answer.headers.get("date", "")) or self._clock.now()
        return min(max(0.0, (moment - there).total_seconds()), LONGEST_ASKED_S)


def recheck(client: Client, ids: Sequence[str]) -> dict[str, Raw | None]:
    """Each status as it is now, by its id on that instance; None: it is gone, or not shown to everybody any more.

    At most `BATCH` at once. What a batch leaves out is asked for by itself before it counts as gone. One that is
    refused while others are shown says nothing, and is left out.
    Raises Refused where the instance asks for an account, Unavailable, Misused.
    """
    assert len(ids) <= BATCH
    found: dict[str, Raw | None] = dict(client.statuses(ids)) if client.takes_batches and len(ids) > 1 else {}
    refused: list[str] = []
    for each in [each for each in ids if each not in found]:
        try:
            found[each] = client.status(each)
        except Refused:
            refused.append(each)
            if not found and len(refused) == min(2, len(ids)):
                raise
    return {each: found[each] for each in ids if each in found}


def id_of(raw: Raw) -> str | None:
    """The id of a status, whatever else is wrong with it."""
    try:
        return msgspec.json.decode(raw, type=_Id).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _read_object(answer: Answer, name: str, where: str) -> bytes:
    try:
        _OBJECT.decode(answer.body)
    except msgspec.ValidationError as error:
        raise _another_shape(answer, name, where, "a status") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Garbled(f"{name} answers {where} with something that is no JSON") from error
    return answer.body


def _another_shape(answer: Answer, name: str, where: str, expected: str) -> Misused:
    if said := _error_of(answer):
        return Refused(f"{name} answers {where} with an error: {said}")
    return Misused(
        f"{name} answers {where} with JSON of another shape, expected {expected}: it has changed its format, or is no "
        "Mastodon. Update veille, or take it out of `sources.mastodon.instances`"
    )


def _refusal(answer: Answer, name: str, where: str) -> str:
    status = answer.status
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        elsewhere = urlsplit(answer.headers.get("location", "")).hostname or "another address"
        return f"{name} has moved to {elsewhere[:SAID]}: name that under `sources.mastodon.instances`"
    said = _error_of(answer)
    return f"{name} does not show {where} without an account (HTTP status {status}{f': {said}' if said else ''})"


def _error_of(answer: Answer) -> str:
    """An instance's own words for what is wrong."""
    try:
        return str(msgspec.json.decode(_OBJECT.decode(answer.body)["error"], type=str))[:SAID]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError):
        return ""


def _iso(text: str) -> datetime | None:
    """A time as Mastodon writes it, or in seconds since 1970, as others do."""
    try:
        return datetime.fromtimestamp(int(text), UTC) if text.isdigit() else utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError, OSError):
        return None


def _http_date(text: str) -> datetime | None:
    try:
        return utc(parsedate_to_datetime(text))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
