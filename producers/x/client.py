"""X API v2 through tweepy, which nothing else imports: rules, and one connection of the stream at a time.

    Client.rules | add | delete | user_ids                 an answer, or Refused, Lost
    Client.search | mentions                               the bytes of a page
    Client.counts                                          how many posts there were, hour by hour
    Client.create_job | job | upload | download            a compliance job and its result
    Client.lines: tweepy's thread --bounded queue--> lines, b"" for a keep-alive; at the end Lost or Refused

tweepy 4.17 reconnects by itself in ways that X forbids: without a pause after a close, without end after network
errors, into its own recursion after a 429 without a reset, and not at all after an exception over one line. So here it
holds exactly one connection, hands over bytes, and everything else is decided in `stream.py`.
"""

from __future__ import annotations

import contextlib
import enum
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from queue import Empty, Full, Queue
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
import tweepy
from urllib3.exceptions import HTTPError, ReadTimeoutError

from veille.producers.x.wire import Answer, HourCount, HourCounts, Job, JobAnswer, Problem, Rule, RuleList, UserList

T = TypeVar("T")

STALL_S = 21.0
"""X sends something at least every 20 s, a blank line if nothing else (docs.x.com, handling disconnections); a second
for its way here."""

ANSWER_S = 10.0
CONNECT_S = 10.0
PAGE = 100
"""Posts of a page, the most that X gives."""

CHUNK = 1 << 16
"""Bytes read at a time: five times the throughput of tweepy's 512, and no later, since chunks are handed on as sent."""

QUEUED = 10_000
"""Lines between tweepy's thread and the reader, who does no more than read them."""

LOOK_S = 0.2
NETWORK = (OSError, HTTPError)
"""What a network may do to a request; the errors of requests and of ssl are OSErrors."""

OWN_HOSTS = (".x.com", ".twitter.com")
TWEEPY_HOST = "https://api.twitter.com"

FIELDS = {
    "tweet_fields": "attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,geo,"
    "in_reply_to_user_id,lang,note_tweet,possibly_sensitive,public_metrics,referenced_tweets,source,withheld",
    "expansions": "attachments.media_keys,author_id,geo.place_id,in_reply_to_user_id,referenced_tweets.id,"
    "referenced_tweets.id.author_id",
    "user_fields": "description,entities,location,name,profile_image_url,protected,public_metrics,url,username,"
    "verified,verified_type,withheld",
    "place_fields": "country_code,full_name,id,place_type",
    "media_fields": "media_key,type",
}
"""All that `wire.py` reads. `edit_controls` is left out on purpose: nothing here needs it."""


class _Word(enum.Enum):
    OPEN = enum.auto()
    ENDED = enum.auto()


class Lost(Exception):
    """A connection that ended, or never came about. `cause` is a short word for the gap."""

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(detail or cause)
        self.cause = cause


class Refused(Exception):
    """An answer other than 2xx: what X says of it, and when its limit ends (Unix seconds), where it says so."""

    def __init__(self, status: int, answer: Answer, reset: float | None = None) -> None:
        super().__init__(f"HTTP {status} {answer.title}".strip())
        self.status = status
        self.answer = answer
        self.reset = reset


class _Session(requests.Session):
    """Leads tweepy's fixed address to ours, gives every request a time limit, and refuses what X refuses."""

    def __init__(self, base_url: str, stall_s: float) -> None:
        super().__init__()
        self._base_url = base_url.rstrip("/")
        self._stall_s = stall_s
        self._streaming: requests.Response | None = None
        self.headers["Connection"] = "close"  # a session asks once
        if urlsplit(base_url).hostname in {"127.0.0.1", "::1", "localhost"}:
            self.trust_env = False  # no proxy leads to this very machine

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        streaming = bool(kwargs.get("stream"))
        kwargs["timeout"] = (CONNECT_S, self._stall_s if streaming else ANSWER_S)
        response = super().request(method, str(url).replace(TWEEPY_HOST, self._base_url, 1), *args, **kwargs)
        if not 200 <= response.status_code < 300:
            with response:
                raise Refused(response.status_code, _answer(response), _reset(response))
        if streaming:
            self._streaming = response
        return response

    def hang_up(self) -> None:
        """End a read in another thread, which tweepy would leave waiting for the next line."""
        if self._streaming is not None:
            with contextlib.suppress(ValueError, RuntimeError, OSError):  # it has ended by itself
                self._streaming.raw.shutdown()


class _Stream(tweepy.StreamingClient):  # type: ignore[misc]  # tweepy has no types
    """One connection of tweepy's stream; what happens to it goes into a queue."""

    def __init__(self, token: str, session: _Session) -> None:
        super().__init__(token, return_type=dict, chunk_size=CHUNK, max_retries=0)
        self.session = session
        self.happened: Queue[bytes | Exception | _Word] = Queue(QUEUED)
        self.left = threading.Event()
        """Nobody listens any more."""

    def on_connect(self) -> None:
        self._tell(_Word.OPEN)

    def on_data(self, raw_data: bytes) -> None:
        self._tell(raw_data)

    def on_keep_alive(self) -> None:
        self._tell(b"")

    def on_closed(self, response: requests.Response) -> None:  # noqa: ARG002  # tweepy's signature
        self._end(Lost("disconnected", "X closed the stream"))

    def on_connection_error(self) -> None:
        self._end(_lost(sys.exc_info()[1]))

    def on_exception(self, exception: Exception) -> None:
        self._end(_lost(exception) if isinstance(exception, NETWORK) else exception)

    def on_disconnect(self) -> None:
        self._tell(_Word.ENDED)

    def _end(self, why: Exception) -> None:
        self.disconnect()
        self._tell(why)

    def _tell(self, what: bytes | Exception | _Word) -> None:
        while not self.left.is_set():
            try:
                self.happened.put(what, timeout=LOOK_S)
            except Full:
                continue
            return
        self.disconnect()


class Client:
    """One app at X. Its methods raise Refused and Lost."""

    def __init__(self, token: str, base_url: str, *, stall_s: float = STALL_S) -> None:
        """`stall_s`: seconds without a byte after which a stream counts as dead."""
        self._token, self._base_url, self._stall_s = token, base_url, stall_s
        self._closed = threading.Event()

    def rules(self) -> list[Rule]:
        """All rules that X holds for the app."""
        return self._ask(RuleList, lambda asked: asked.get_rules()).data

    def add(self, rules: Sequence[Rule], *, dry_run: bool = False) -> list[Problem]:
        """Add rules, or have them checked; returns X's word on those that it did not take."""
        wanted = [tweepy.StreamRule(value=rule.value, tag=rule.tag) for rule in rules]
        said = {"dry_run": "true"} if dry_run else {}
        return self._ask(Answer, lambda asked: asked.add_rules(wanted, **said)).errors

    def delete(self, rules: Sequence[Rule]) -> None:
        """Delete rules by their ids."""
        self._ask(Answer, lambda asked: asked.delete_rules([str(rule.id) for rule in rules]))

    def search(self, query: str, since_id: str, token: str | None) -> bytes:
        """A page of a recent search, newest first; `token` names the page after the first."""
        return self._fetch(
            lambda asked: asked.search_recent_tweets(
                query, since_id=since_id, next_token=token, max_results=PAGE, **FIELDS
            )
        )

    def counts(self, query: str) -> list[HourCount]:
        """How many posts of the last seven days a search would find, hour by hour."""
        raw = self._fetch(lambda asked: asked.get_recent_tweets_count(query, granularity="hour"))
        try:
            return msgspec.json.decode(raw, type=HourCounts).data
        except msgspec.DecodeError as error:
            raise _lost(error) from error

    def mentions(self, user_id: str, since_id: str, token: str | None) -> bytes:
        """A page of an account's mentions timeline, newest first."""
        return self._fetch(
            lambda asked: asked.get_users_mentions(
                user_id, pagination_token=token, since_id=since_id, max_results=PAGE, **FIELDS
            )
        )

    def user_ids(self, handles: Sequence[str]) -> dict[str, str]:
        """By handle in small letters, the ids of those accounts that there are."""
        raw = self._fetch(lambda asked: asked.get_users(usernames=list(handles)))
        try:
            users = msgspec.json.decode(raw, type=UserList).data
        except msgspec.DecodeError as error:
            raise _lost(error) from error
        return {(user.username or "").lower(): user.id for user in users}

    def create_job(self) -> Job:
        """A new compliance job for posts."""
        return self._job(lambda asked: asked.create_compliance_job("tweets"))

    def job(self, job_id: str) -> Job:
        """How a compliance job stands."""
        return self._job(lambda asked: asked.get_compliance_job(job_id))

    def upload(self, url: str, ids: bytes) -> None:
        """Hand a job its ids, one a line. The address is the right to it: no token goes there."""
        self._transfer("PUT", url, ids)

    def download(self, url: str) -> bytes:
        """A job's result, whole."""
        return self._transfer("GET", url, None)

    def lines(self) -> Generator[bytes | None, None, None]:
        """Open the stream and yield its lines: b"" once it is open and for each keep-alive, None while nothing comes.

        Ends when closed.
        """
        with _Session(self._base_url, self._stall_s) as session:
            stream = _Stream(self._token, session)
            thread = threading.Thread(target=stream.filter, kwargs=FIELDS, name="x-stream", daemon=True)
            thread.start()
            try:
                yield from self._told(stream)
            finally:
                stream.disconnect()
                stream.left.set()
                session.hang_up()
                thread.join(LOOK_S)

    def close(self) -> None:
        """Make `lines` end within a fraction of a second."""
        self._closed.set()

    def _told(self, stream: _Stream) -> Iterator[bytes | None]:
        while not self._closed.is_set():
            try:
                happened = stream.happened.get(timeout=LOOK_S)
            except Empty:
                yield None
                continue
            if isinstance(happened, bytes):
                yield happened
            elif isinstance(happened, Exception):
                raise happened
            elif happened is _Word.ENDED:
                raise Lost("disconnected", "the stream ended")
            else:
                yield b""

    def _ask(self, kind: type[T], question: Callable[[Any], Any]) -> T:
        with _Session(self._base_url, self._stall_s) as session:
            asked = tweepy.StreamingClient(self._token, return_type=dict)
            asked.session = session
            try:
                return msgspec.convert(question(asked), kind)
            except (*NETWORK, msgspec.ValidationError) as error:
                raise _lost(error) from error

    def _job(self, question: Callable[[Any], Any]) -> Job:
        try:
            return msgspec.json.decode(self._fetch(question), type=JobAnswer).data
        except msgspec.DecodeError as error:
            raise _lost(error) from error

    def _transfer(self, method: str, url: str, body: bytes | None) -> bytes:
        with _Session(self._base_url, self._stall_s) as session:
            try:
                answer = session.request(method, url, data=body, headers={"Content-Type": "text/plain"})
            except NETWORK as error:
                raise _lost(error) from error
            return bytes(answer.content)

    def _fetch(self, question: Callable[[Any], Any]) -> bytes:
        """The bytes of an answer, as X sent them."""
        with _Session(self._base_url, self._stall_s) as session:
            # tweepy's own waiting for a limit recurses without end where X names no reset.
            asked = tweepy.Client(self._token, return_type=requests.Response, wait_on_rate_limit=False)
            asked.session = session
            try:
                return bytes(question(asked).content)
            except NETWORK as error:
                raise _lost(error) from error


def is_x(base_url: str) -> bool:
    """Whether an address is X's own, and not a stand-in's."""
    return f".{urlsplit(base_url).hostname or ''}".endswith(OWN_HOSTS)


def _lost(error: BaseException | None) -> Lost:
    """A read that waited too long is told apart; requests hides it in an error of its own."""
    waited = (requests.ReadTimeout, ReadTimeoutError)
    stalled = isinstance(error, waited) or any(isinstance(each, waited) for each in getattr(error, "args", ()))
    return Lost("stalled" if stalled else "disconnected", type(error).__name__)


def _answer(response: requests.Response) -> Answer:
    try:
        return msgspec.json.decode(response.content, type=Answer)
    except (ValueError, requests.RequestException):
        return Answer(title=response.reason or "")


def _reset(response: requests.Response) -> float | None:
    text = response.headers.get("x-rate-limit-reset", "")
    return float(text) if text.isascii() and text.isdigit() else None
