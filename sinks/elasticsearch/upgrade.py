"""Bringing the indices of mentions to this version's mapping, one by one, each beside the older until it stands.

    mentions-2026.11 (older) --every document, under its version--> upgrading-2026.11 --complete, no writes-->
    older one deleted, mentions-2026.11 cloned from it (hard links, no copy), upgrading-2026.11 deleted

A run that was broken off goes on: an index that is complete is not filled again. No sink may write meanwhile.
Where Elasticsearch is full or away, reading and writing are tried again for a while, so that a month of mentions need
not begin anew.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from typing import Any, NamedTuple, TypeVar

import msgspec

from veille.clock import Clock, SystemClock
from veille.errors import Corrupt, Misused, Unavailable
from veille.mention import Mention
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch.client import CLOSED_TOO, SEARCH, Client, Refused, busy, error_kind
from veille.sinks.elasticsearch.findings import FindingNames, fields_of
from veille.sinks.elasticsearch.pauses import Pauses
from veille.sinks.elasticsearch.scan import scan
from veille.sinks.elasticsearch.sink import document_source, marker_source
from veille.sinks.elasticsearch.template import SCHEMA, SHOWN, Names, mappings, template
from veille.sinks.sink import Record

AT_ONCE = 500

PATIENCE_S = 30.0
"""How long one request is tried; the view that is read from stays open for longer."""

WRITTEN = frozenset({200, 201, 409})
"""409: an attempt before this one, of which no answer came."""

FIELDS = frozenset(Mention.__struct_fields__)
"""What of a stored document is the mention; all else is made anew."""


T = TypeVar("T")


class Upgraded(NamedTuple):
    """What was done: the indices that were made anew, and how many documents they hold."""

    after: int
    indices: list[str]
    records: int


def upgrade(
    settings: ElasticsearchSettings,
    progress: Callable[[float], None] = lambda _share: None,
    clock: Clock | None = None,
) -> Upgraded:
    """Bring every index of the prefix to this version's mapping. Raises Unavailable, Misused, Corrupt."""
    clock = clock or SystemClock()
    with closing(_Patient(settings, clock)) as client:
        return _Upgrade(client, settings, progress, clock).run()


class _Patient(Client):
    """Tries for a while what may be done twice: documents that are written under their versions, and searches."""

    def __init__(self, settings: ElasticsearchSettings, clock: Clock) -> None:
        super().__init__(settings)
        self._clock = clock

    def bulk(self, lines: bytes) -> list[dict[str, Any]]:
        return self._patiently(partial(super().bulk, lines))

    def call(self, method: str, path: str, body: Any = None, **parameters: Any) -> dict[str, Any]:
        call = partial(super().call, method, path, body, **parameters)
        return self._patiently(call) if path.endswith(SEARCH) else call()

    def _patiently(self, call: Callable[[], T]) -> T:
        pauses = Pauses(self._clock, self._clock.monotonic() + PATIENCE_S)
        while True:
            try:
                return call()
            except Unavailable:
                if pauses.over():
                    raise


class _Upgrade:
    def __init__(
        self, client: Client, settings: ElasticsearchSettings, progress: Callable[[float], None], clock: Clock
    ) -> None:
        self._client, self._settings, self._progress, self._clock = client, settings, progress, clock
        self._names = Names(settings.prefix)
        self._beside = f"{settings.prefix}-upgrading-"
        self._done = self._total = 0

    def run(self) -> Upgraded:
        found = {index: _schema(body) for index, body in self._mappings(self._names.pattern).items()}
        if newer := [index for index, schema in found.items() if schema > SCHEMA]:
            raise Misused(
                f"{newer[0]} is of schema {found[newer[0]]}, this veille of {SCHEMA}: install the newer veille"
            )
        unfinished = {
            self._names.alias + "-" + index.removeprefix(self._beside) for index in self._besides(complete=True)
        }
        older = sorted({index for index, schema in found.items() if schema < SCHEMA} | (unfinished - found.keys()))
        self._total = sum(self._count(index) for index in older if index in found)
        self._client.call("PUT", f"/_index_template/{self._names.template}", template(self._settings))
        for index in older:
            self._renew(index)
        for index in sorted(unfinished & found.keys() - set(older)):
            self._tidy(index)
        self._widen()
        return Upgraded(SCHEMA, older, self._done)

    def _renew(self, index: str) -> None:
        beside = self._beside_of(index)
        if beside not in self._besides(complete=True):
            if beside in self._besides(complete=False):
                self._remove(beside)
            self._fill(index, beside)
        self._remove(index)
        body = {
            "settings": {"index.blocks.write": None, "index.number_of_replicas": self._settings.replicas},
            "aliases": {self._names.alias: {"filter": SHOWN}},
        }
        try:
            self._client.call("POST", f"/{beside}/_clone/{index}", body, wait_for_active_shards="1", timeout="60s")
        except Refused as error:
            raise Misused(f"{index} was made by a sink meanwhile ({error.kind}): end all sinks, and go on") from error
        self._tidy(index)

    def _tidy(self, index: str) -> None:
        """Remove what stands beside once the clone has all of it."""
        beside = self._beside_of(index)
        if self._count(index) < (held := self._count(beside)):
            raise Corrupt(f"{index} does not hold all {held} documents of {beside}: delete it, and go on")
        self._remove(beside)

    def _beside_of(self, index: str) -> str:
        return self._beside + index.removeprefix(f"{self._names.alias}-")

    def _fill(self, index: str, beside: str) -> None:
        """Every document of an older index into a new one, which is complete once it says so itself."""
        made = {
            "settings": {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"},
            "mappings": mappings(),
        }
        self._client.call("PUT", f"/{beside}", made)
        written = 0
        documents = scan(self._client, index, {"match_all": {}}, True)
        while some := list(itertools.islice(documents, AT_ONCE)):
            self._write(beside, some)
            written += len(some)
            self._done += len(some)
            self._progress(self._done / max(1, self._total))
        self._client.call("POST", f"/{beside}/_refresh")
        if (held := self._count(beside)) != written:
            raise Corrupt(f"{beside} holds {held} of {written} documents: {index} stays as it is")
        self._client.call("PUT", f"/{beside}/_settings", {"index.blocks.write": True, "index.refresh_interval": "1s"})
        self._client.call("PUT", f"/{beside}/_mapping", {"_meta": {"schema": SCHEMA, "complete": True}})

    def _write(self, beside: str, documents: list[dict[str, Any]]) -> None:
        """All of these. Raises Unavailable while Elasticsearch is full: what is there by then is written over."""
        waiting = {document["_id"]: _line(beside, document) for document in documents}
        pauses = Pauses(self._clock, self._clock.monotonic() + PATIENCE_S)
        while waiting := self._left(waiting):
            if pauses.over():
                raise Unavailable(
                    f"Elasticsearch is full: it does not take {len(waiting)} documents of {beside} now, and the older "
                    "index stays as it is; give the command again"
                )

    def _left(self, waiting: dict[str, bytes]) -> dict[str, bytes]:
        """Write documents; those that are left are to be written again."""
        left: dict[str, bytes] = {}
        for (doc_id, line), answer in zip(waiting.items(), self._client.bulk_each([*waiting.values()]), strict=True):
            status, kind = answer["status"], error_kind(answer)
            if busy(status, kind):
                left[doc_id] = line
            elif status not in WRITTEN:
                told = f"{doc_id} cannot be taken over ({status} {kind})"
                raise Corrupt(f"{told}: the older index stays as it is")
        return left

    def _widen(self) -> None:
        """Fields that the indices beside the mentions do not know yet."""
        for index, fields in fields_of(FindingNames(self._settings.prefix)).items():
            with suppress(Refused):  # it is not there yet
                self._client.call("PUT", f"/{index}/_mapping", {"properties": fields})

    def _besides(self, *, complete: bool) -> set[str]:
        """Indices that stand beside an older one; of those that are `complete`, or of all."""
        found = self._mappings(f"{self._beside}*")
        return {index for index, body in found.items() if not complete or body.get("_meta", {}).get("complete")}

    def _mappings(self, pattern: str) -> dict[str, dict[str, Any]]:
        found = self._client.call("GET", f"/{pattern}/_mapping", expand_wildcards=CLOSED_TOO)
        return {index: body["mappings"] for index, body in found.items()}

    def _count(self, index: str) -> int:
        return int(self._client.call("GET", f"/{index}/_count")["count"])

    def _remove(self, index: str) -> None:
        with suppress(Refused):  # it is gone already
            self._client.call("DELETE", f"/{index}")


def _schema(mapping: dict[str, Any]) -> int:
    return int(mapping.get("_meta", {}).get("schema", 0))


def _line(index: str, document: dict[str, Any]) -> bytes:
    doc_id, version, source = document["_id"], document["_version"], document["_source"]
    value = None
    if not source.get("deleted"):
        value = msgspec.json.encode({name: value for name, value in source.items() if name in FIELDS})
    record = Record(doc_id, version, value, "")
    action = {"_index": index, "_id": doc_id, "version": version, "version_type": "external"}
    body = marker_source(record) if value is None else document_source(record)
    return msgspec.json.encode({"index": action}) + b"\n" + body + b"\n"
