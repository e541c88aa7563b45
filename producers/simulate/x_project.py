"""An app's project at X, without HTTP: its rules, the one stream that it may hold open, its searches and its bill.

    publish(message) --Matcher over the rules--> matching_rules --> the open feed | missed, since nobody listens
                   `--> Index (x_index.py) --> search, mentions

Rules have X's limits, and X's words for what is wrong with one (docs.x.com, filtered stream).
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from queue import Full, Queue
from typing import Any, NamedTuple

from veille.clock import Clock
from veille.post import Post
from veille.producers.simulate.x_bill import Bill
from veille.producers.simulate.x_faults import PROBLEMS
from veille.producers.simulate.x_index import LAG_S, Index, Paging
from veille.query import Query, QueryError, Use, parse
from veille.query.match import Matcher
from veille.query.x_printer import LIMIT

RULES_AT_MOST = 1000
WAITING_AT_MOST = 10_000
"""Lines for a reader who is too slow; then X cuts the stream, and so do we."""


class Published(NamedTuple):
    """A post that rules matched, when, and whether a stream was open for it."""

    id: str
    at: datetime
    streamed: bool


class Feed:
    """The lines of one open stream."""

    def __init__(self) -> None:
        self.lines: Queue[dict[str, Any] | bytes] = Queue(WAITING_AT_MOST)
        self.too_slow = False


class Project:
    """Rules and stream; its methods may be called from any thread."""

    def __init__(self, clock: Clock, *, search_lag_s: float = LAG_S) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._index = Index(clock, lag_s=search_lag_s)
        self.bill = Bill(clock)
        self._numbers = itertools.count(1)
        self._rules: dict[str, dict[str, str]] = {}
        self._queries: dict[str, Query] = {}
        self._matcher = Matcher({})
        self._feed: Feed | None = None
        self.published: list[Published] = []
        """Every post that rules matched, in order."""
        self.crowded = 0
        """How often a stream was asked for while one was open."""

    # --- rules --------------------------------------------------------------------------------------------------------

    @property
    def queries(self) -> list[Query]:
        """The rules as they are read."""
        with self._lock:
            return list(self._queries.values())

    def rules(self) -> list[dict[str, str]]:
        """The rules in the order in which they were added."""
        with self._lock:
            return list(self._rules.values())

    def add(self, wanted: Sequence[Mapping[str, Any]], *, dry_run: bool) -> tuple[list[dict[str, str]], list[Any]]:
        """Add rules; returns those that were added and what is wrong with the others."""
        with self._lock:
            before = dict(self._rules), dict(self._queries)
            added, faults = [], []
            for each in wanted:
                value = str(each.get("value", ""))
                if fault := self._fault(value):
                    faults.append(fault)
                    continue
                rule = {"id": f"93{next(self._numbers):017}", "value": value}
                rule |= {"tag": str(each["tag"])} if each.get("tag") is not None else {}
                self._rules[rule["id"]], self._queries[rule["id"]] = rule, parse(value, Use.WATCH)
                added.append(rule)
            if dry_run:
                self._rules, self._queries = before
            self._matcher = Matcher(self._queries)
        return added, faults

    def _fault(self, value: str) -> dict[str, Any] | None:
        held = next((rule for rule in self._rules.values() if rule["value"] == value), None)
        if held is not None:
            return {"title": "DuplicateRule", "type": PROBLEMS + "duplicate-rules", "value": value, "id": held["id"]}
        if len(self._rules) >= RULES_AT_MOST:
            return {"title": "RulesCapExceeded", "type": PROBLEMS + "rule-cap", "value": value}
        details = []
        if len(value) > LIMIT:
            details.append(f"Rules must be at most {LIMIT} characters; this one has {len(value)}")
        try:
            parse(value, Use.WATCH)
        except QueryError as error:
            details.append(f"{error.message} (at position {error.at + 1})")
        if not details:
            return None
        return {"title": "Invalid Rule", "type": PROBLEMS + "invalid-rules", "value": value, "details": details}

    def delete(self, ids: Sequence[str], *, dry_run: bool) -> int:
        """Delete rules; returns how many there were."""
        with self._lock:
            there = [each for each in ids if each in self._rules]
            if not dry_run:
                for each in there:
                    del self._rules[each], self._queries[each]
                self._matcher = Matcher(self._queries)
        return len(there)

    # --- the stream ---------------------------------------------------------------------------------------------------

    def open(self) -> Feed | None:
        """A feed from now on; None when there is one already."""
        with self._lock:
            if self._feed is not None:
                self.crowded += 1
                return None
            self._feed = Feed()
            return self._feed

    def close(self, feed: Feed) -> None:
        """The stream has ended."""
        with self._lock:
            if self._feed is feed:
                self._feed = None

    @property
    def listened(self) -> bool:
        """Whether a stream is open."""
        with self._lock:
            return self._feed is not None

    def publish(self, message: Mapping[str, Any]) -> bool:
        """Somebody has posted: it goes into the open stream if a rule matches. Returns whether one did."""
        with self._lock:
            post = self._index.add(message)
            matching = [] if post is None else self._matching(post)
            if not matching:
                return False
            streamed = self._send({**message, "matching_rules": matching})
            self.published.append(Published(message["data"]["id"], self._clock.now(), streamed))
        return True

    def send(self, line: bytes) -> None:
        """Put bytes into the open stream as they are."""
        with self._lock:
            self._send(line)

    def _send(self, line: dict[str, Any] | bytes) -> bool:
        if self._feed is None:
            return False
        try:
            self._feed.lines.put_nowait(line)
        except Full:
            self._feed.too_slow = True
            return False
        return True

    def _matching(self, post: Post) -> list[dict[str, str]]:
        rules = (self._rules[match.id] for match in self._matcher.match(post))
        return [{name: rule[name] for name in ("id", "tag") if name in rule} for rule in rules]

    # --- search and timelines -----------------------------------------------------------------------------------------

    def search(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of a recent search, charged. Raises ValueError or QueryError for what X does not take."""
        with self._lock:
            page = self._index.search(query.get("query", ""), _paging(query, "next_token"), query)
            self.bill.charge(page)
        return page

    def counts(self, query: str) -> dict[str, Any]:
        """How many posts a recent search finds, hour by hour; charged by the request. Raises as `search` does."""
        with self._lock:
            self.bill.charge_request()
            return self._index.counts(query)

    def mentions(self, handle: str, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of an account's mentions timeline, charged as our own."""
        with self._lock:
            page = self._index.mentions(handle, _paging(query, "pagination_token"), query)
            self.bill.charge(page, "own")
        return page


def _paging(query: Mapping[str, str], token: str) -> Paging:
    size = max(10, min(100, int(query.get("max_results", 10))))
    return Paging(query.get("since_id", ""), size, query.get(token))
