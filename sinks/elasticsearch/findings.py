"""Windows, alerts and actions in Elasticsearch: one index each, written under their revisions, read back by time.

Window, Alert --_bulk, external version--> {prefix}-windows, {prefix}-alerts --> FindingsReader, a part of the archive
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from veille.action import Action, Actions, Of
from veille.alert import Alert
from veille.errors import Corrupt, Misused, Unavailable
from veille.findings import SUMMED, WindowSum
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch import visits
from veille.sinks.elasticsearch.client import Client, Refused, busy, error_kind
from veille.sinks.elasticsearch.scan import scan
from veille.sinks.paging import starts_of_windows
from veille.visit import Visits
from veille.window import WINDOWS_FOR, Window, window_key

KEYWORD: dict[str, Any] = {"type": "keyword", "ignore_above": 1024}
DATE, LONG, DOUBLE = {"type": "date"}, {"type": "long"}, {"type": "double"}
COUNTED = {"properties": {"value": KEYWORD, "count": LONG}}
UNINDEXED = {"type": "object", "enabled": False}

WINDOW = {
    "watch": KEYWORD,
    "since": DATE,
    "revision": LONG,
    **dict.fromkeys(SUMMED, LONG),
    **dict.fromkeys(("authors", "stories", "reach", "reach_known"), LONG),
    "coverage": DOUBLE,
    "sources": UNINDEXED,
    "shared": UNINDEXED,
    **dict.fromkeys(("terms", "top_authors", "links", "places"), COUNTED),
}
"""Fields of a window; a test keeps them true to the record."""

ALERT = {
    **dict.fromkeys(("id", "kind", "state", "watch", "source", "rule", "from_own", "held", "closed_because"), KEYWORD),
    **dict.fromkeys(("since", "opened_at", "updated_at", "closed_at"), DATE),
    **dict.fromkeys(("revision", "severity", "highest", "observed", "minutes", "authors", "stories"), LONG),
    **dict.fromkeys(("expected", "expected_low", "expected_high", "coverage"), DOUBLE),
}
"""Fields of an alert that are asked for; the rest is kept."""

ACTION = {
    **dict.fromkeys(("of", "subject", "field", "value", "watch", "was", "by"), KEYWORD),
    **dict.fromkeys(("until", "at"), DATE),
}
"""Fields of an action; a long note is kept, and not found by its words."""

NOT_THERE = "unknown"
"""What `error_kind` gives for an answer that names no error: the document was not there."""

AT_ONCE = 500
EXPIRED = 2_000
"""Windows and visits that go each time, one by one: two hundred watches make as many in ten minutes."""


class FindingNames:
    """The indices of one prefix."""

    def __init__(self, prefix: str) -> None:
        self.windows = f"{prefix}-windows"
        self.alerts = f"{prefix}-alerts"
        self.actions = f"{prefix}-actions"
        self.visits = f"{prefix}-visits"


def fields_of(names: FindingNames) -> dict[str, dict[str, Any]]:
    """The fields of each index."""
    return {names.windows: WINDOW, names.alerts: ALERT, names.actions: ACTION, names.visits: visits.FIELDS}


class ElasticsearchFindings:
    """Windows and alerts as a sink; see `veille.sinks.findings.FindingsSink`."""

    name = "elasticsearch"

    def __init__(self, settings: ElasticsearchSettings) -> None:
        self._settings, self._names = settings, FindingNames(settings.prefix)
        self._client: Client | None = None

    def open(self) -> None:
        """Connect, and make the indices where there are none."""
        self.close()
        self._client = Client(self._settings)
        for index, fields in fields_of(self._names).items():
            self._make(index, fields)

    def write_windows(self, windows: Sequence[Window]) -> None:
        """Bring windows in."""
        self._write(
            self._names.windows, [(window_key(each.watch, each.since), each.revision, each) for each in windows]
        )

    def write_alerts(self, alerts: Sequence[Alert]) -> None:
        """Bring alerts in."""
        self._write(self._names.alerts, [(each.id, each.revision, each) for each in alerts])

    def write_actions(self, actions: Sequence[Action]) -> None:
        """Bring actions in."""
        self._write(self._names.actions, [(each.key, each.version, each) for each in actions])

    def forget_actions(self, keys: Sequence[str]) -> None:
        """Let go of actions. The mention that they were about is gone, so none of them comes again."""
        self._bulk([_line({"delete": {"_index": self._names.actions, "_id": key}}) for key in keys])

    def write_visits(self, each: Sequence[Visits]) -> None:
        """Bring visits in."""
        self._write(self._names.visits, [(visits.document_id(one), one.version, one) for one in each])

    def expire(self, now: datetime) -> None:
        """Let go of windows and visits that are past their time."""
        self._expire(self._names.windows, "since", now - WINDOWS_FOR)
        self._expire(self._names.visits, "until", now - WINDOWS_FOR)

    def _expire(self, index: str, field: str, before: datetime) -> None:
        client = self._connected()
        old = {"query": {"range": {field: {"lt": before.isoformat()}}}, "size": EXPIRED, "_source": False}
        for hit in client.call("POST", f"/{index}/_search", old)["hits"]["hits"]:
            with suppress(Refused):  # another process of this sink was quicker
                client.call("DELETE", f"/{index}/_doc/{quote(hit['_id'], safe='')}")

    def close(self) -> None:
        """Let go of the connections; safe to call twice."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _make(self, index: str, fields: dict[str, Any]) -> None:
        settings = {"number_of_shards": 1, "number_of_replicas": self._settings.replicas, "refresh_interval": "1s"}
        try:
            self._connected().call(
                "PUT", f"/{index}", {"settings": settings, "mappings": {"dynamic": False, "properties": fields}}
            )
        except Refused as error:
            if error.kind != "resource_already_exists_exception":
                raise Misused(f"Elasticsearch does not make the index {index} ({error})") from error

    def _write(self, index: str, found: Iterable[tuple[str, int, Struct]]) -> None:
        self._bulk(
            [
                _line({"index": {"_index": index, "_id": key, "version": revision, "version_type": "external"}})
                + _line(whole(record))
                for key, revision, record in found
            ]
        )

    def _bulk(self, operations: list[bytes]) -> None:
        for start in range(0, len(operations), AT_ONCE):
            for answer in self._connected().bulk_each(operations[start : start + AT_ONCE]):
                if closed := self._connected().closed(answer):
                    raise closed
                _settle(answer["status"], error_kind(answer))

    def _connected(self) -> Client:
        if self._client is None:
            raise Corrupt("the Elasticsearch sink is used before it is opened")
        return self._client


class FindingsReader(visits.VisitsReader):
    """Reads them; see `veille.findings.Findings`."""

    _client: Client
    _findings: FindingNames

    def windows(self, watch: str | None, *, since: datetime, until: datetime) -> list[Window]:
        """Windows by the beginning of their minute, as at the last refresh."""
        hits = scan(self._client, self._findings.windows, _of_watch(watch, since, until), True)
        found = [_read(hit["_source"], Window) for hit in hits]
        return sorted(found, key=lambda window: (window.since, window.watch))

    def window_sums(self, watch: str, *, since: datetime, until: datetime, interval: int) -> list[WindowSum]:
        """Sums of windows, as at the last refresh."""
        starts = starts_of_windows(since, until, interval)
        body = {
            "size": 0,
            "query": _of_watch(watch, since, until),
            "aggs": {
                "times": {
                    "date_histogram": {"field": "since", "fixed_interval": f"{interval}s", "min_doc_count": 1},
                    "aggs": {
                        **{name: {"sum": {"field": name}} for name in SUMMED},
                        "coverage": {"avg": {"field": "coverage"}},
                    },
                }
            },
        }
        answer = self._call(self._findings.windows, body)
        times = answer.get("aggregations", {}).get("times", {}).get("buckets", [])
        found = {time["key"] // 1000: time for time in times}
        return [_sum(start, found.get(start)) for start in starts]

    def alerts(
        self,
        *,
        watch: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        only_open: bool = False,
        limit: int = 100,
    ) -> list[Alert]:
        """Alerts with any time in the range, those that began last first, as at the last refresh."""
        filters: list[dict[str, Any]] = [] if watch is None else [{"term": {"watch": watch}}]
        unwanted: list[dict[str, Any]] = [{"term": {"state": "closed"}}] if only_open else []
        if until is not None:
            filters.append({"range": {"since": {"lt": until.isoformat()}}})
        if since is not None:
            unwanted.append({"range": {"closed_at": {"lt": since.isoformat()}}})
        body = {
            "query": {"bool": {"filter": filters, "must_not": unwanted}},
            "sort": [{"since": "desc"}, {"id": "asc"}],
            "size": limit,
        }
        return [_read(hit["_source"], Alert) for hit in self._call(self._findings.alerts, body)["hits"]["hits"]]

    def alert(self, alert_id: str) -> Alert | None:
        """One alert, as at the last refresh."""
        hits = self._call(self._findings.alerts, {"query": {"term": {"id": alert_id}}, "size": 1})["hits"]["hits"]
        return _read(hits[0]["_source"], Alert) if hits else None

    def actions(self, of: Of, subject: str) -> list[Action]:
        """What people did about one subject, as at the last refresh."""
        wanted = [{"term": {"of": of}}, {"term": {"subject": subject}}]
        hits = self._call(self._findings.actions, {"query": {"bool": {"filter": wanted}}, "size": 100})["hits"]["hits"]
        return Actions(_read(hit["_source"], Action) for hit in hits).of(of, subject)

    def done_since(self, of: Of, since: datetime) -> list[Action]:
        """What people did about subjects of a kind since then, as at the last refresh."""
        wanted = [{"term": {"of": of}}, {"range": {"at": {"gte": since.isoformat()}}}]
        hits = scan(self._client, self._findings.actions, {"bool": {"filter": wanted}}, True)
        return [_read(hit["_source"], Action) for hit in hits]

    def _visits_call(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._call(self._findings.visits, body)

    @abstractmethod
    def _call(self, target: str, body: dict[str, Any]) -> dict[str, Any]:
        """Search."""


def whole(record: Struct) -> dict[str, Any]:
    """Every field by its name, defaults too: an average must see them."""
    return {name: msgspec.to_builtins(getattr(record, name)) for name in record.__struct_fields__}


def _line(value: Any) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def _settle(status: int, kind: str) -> None:
    """A conflict says that the same or a newer revision is there; what is to be deleted may be gone already."""
    if status in {200, 201, 409} or (status == 404 and kind == NOT_THERE):
        return
    if busy(status, kind):
        raise Unavailable(f"Elasticsearch takes no windows or alerts now ({status} {kind})")
    if status in {401, 403}:
        raise Misused("the API key may not write windows and alerts: see `veille doctor --grants`")
    raise Corrupt(f"Elasticsearch refuses a window or an alert ({status} {kind}); its log says why")


def _of_watch(watch: str | None, since: datetime, until: datetime) -> dict[str, Any]:
    filters: list[dict[str, Any]] = [{"range": {"since": {"gte": since.isoformat(), "lt": until.isoformat()}}}]
    if watch is not None:
        filters.append({"term": {"watch": watch}})
    return {"bool": {"filter": filters}}


def _sum(start: int, found: dict[str, Any] | None) -> WindowSum:
    begins = datetime.fromtimestamp(start, UTC)
    if found is None:
        return WindowSum(start=begins)
    sums = {name: int(found[name]["value"]) for name in SUMMED}
    return WindowSum(start=begins, minutes=found["doc_count"], coverage=found["coverage"]["value"], **sums)


def _read(source: dict[str, Any], kind: type[Any]) -> Any:
    try:
        return msgspec.convert(source, kind)
    except msgspec.ValidationError as error:
        raise Corrupt(f"a window or an alert in the archive cannot be read: {error}") from error
