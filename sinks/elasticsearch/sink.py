"""Writing into Elasticsearch: bulk requests under external versions, each document tried until it is settled.

    records --prepare--> operations --1 MB bulks, two in flight--> verdicts
                              ^-- 429, 503, lost -------|  409: look what is there; 400: refused; 413: halves

While one bulk is on its way the next is prepared. Order does not matter: the version decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import timedelta
from typing import Any, Literal

import msgspec

from veille.clock import Clock, SystemClock
from veille.document import carrying, document, further
from veille.errors import Corrupt, Invalid, Misused, Unavailable
from veille.facets import by_field
from veille.identity import REVISIONS, microseconds, period, public_id
from veille.query.elasticsearch import WORDS_OF
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch.client import CLOSED_INDEX, MISSING_INDEX, Client, Refused, busy, error_kind
from veille.sinks.elasticsearch.pauses import Pauses
from veille.sinks.elasticsearch.scan import scan
from veille.sinks.elasticsearch.stories import join
from veille.sinks.elasticsearch.template import EXTRA, Names, establish
from veille.sinks.sink import Changed, Outcome, Record, Verdict, decode_mention, judge, unusable, with_story
from veille.story import Membership

BULK_BYTES = 1 << 18
"""Of one bulk request; larger ones index no faster, and two of them are in flight."""

IN_FLIGHT = 2

PATIENCE_S = 10.0
"""How long one `write` tries by itself before the caller is told to wait: well below the watchdog's limit."""

DOCUMENT_FAULTS = frozenset({400, 413})
"""Statuses that otherwise blame the document alone."""


STORIES_SAID = timedelta(hours=23)
"""So far back the windows stage says of each newer version which story it belongs to."""

JOINED = 200
"""Mentions that are read and written again at a time, each whole."""

VersionType = Literal["external", "external_gte"]

WITHOUT_APPENDED = {"excludes": EXTRA}


class _Edited(msgspec.Struct):
    """As much of a mention as says whether it is an edit."""

    op: str = "create"


_EDITED = msgspec.json.Decoder(_Edited)


class Operation(msgspec.Struct):
    """One record on its way: its place in the batch, its index, and its two lines of a bulk request."""

    place: int
    record: Record
    index: str
    lines: bytes
    closed: Unavailable | None = None
    """What to say of its index, where that was closed the last time."""


class ElasticsearchSink:
    """One Elasticsearch as a sink."""

    name = "elasticsearch"

    def __init__(self, settings: ElasticsearchSettings, clock: Clock | None = None) -> None:
        self._settings, self._clock = settings, clock or SystemClock()
        self._names = Names(settings.prefix)
        self._client: Client | None = None
        self._senders: ThreadPoolExecutor | None = None
        self._indices: set[str] = set()

    def open(self) -> None:
        """Connect, make the template where there is none, and check what is there."""
        self.close()
        self._client = Client(self._settings)
        self._indices = establish(self._client, self._settings)
        self._senders = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="bulk")

    def write(self, records: Sequence[Record]) -> list[Verdict]:
        """Bring all of them in. Raises Unavailable when Elasticsearch is away, or full for long."""
        return self._write(records, "external", PATIENCE_S)

    def rewrite(self, records: Sequence[Record]) -> list[Verdict]:
        """The same, and over what is there at the very same version."""
        return self._write(records, "external_gte", PATIENCE_S)

    def of_author(self, source: str, author: str) -> list[Record]:
        """See Sink; as at the last refresh, a second ago at most."""
        wanted = {"deleted": False, "source": source}
        query = {
            "bool": {
                "filter": [{"term": {name: value}} for name, value in wanted.items()],
                "should": [{"term": {"author.id": author}}, {"term": {"terms": carrying(source, author)}}],
                "minimum_should_match": 1,
            }
        }
        hits = scan(self._connected(), self._names.pattern, query, WITHOUT_APPENDED)
        return [Record(hit["_id"], hit["_version"], msgspec.json.encode(hit["_source"]), source) for hit in hits]

    def join(self, memberships: Sequence[Membership]) -> list[Membership]:
        """See Sink."""
        early: list[Membership] = []
        for start in range(0, len(memberships), JOINED):
            early += join(self._connected(), self._names, memberships[start : start + JOINED])
        return early

    def change(self, public_ids: Sequence[str], how: Callable[[Record], Record]) -> Changed:
        """See Sink. Which document it is, is known as of the last refresh; what it holds is read as it is now.

        It is sent once: what was read before a pause would be written over what another process told meanwhile.
        """
        done = Changed([], [], [])
        if not public_ids:
            return done
        by_name = {"terms": {"page_id": list(public_ids)}}
        hits = scan(self._connected(), self._names.pattern, by_name, False)
        records: list[Record] = []
        for found in self._connected().get_many([(hit["_index"], hit["_id"]) for hit in hits], True):
            source = found.get("_source", {})
            if source.get("deleted"):
                done.gone.append(source["page_id"])
            elif source:
                value = msgspec.json.encode({name: each for name, each in source.items() if name not in EXTRA})
                record = Record(found["_id"], found["_version"], value)
                changed = how(record)
                if changed is not record:
                    records.append(changed)
        for record, verdict in zip(records, self._write(records, "external_gte", 0.0), strict=True):
            name = public_id(record.doc_id)
            (done.again if verdict.outcome in {Outcome.STALE, Outcome.BURIED} else done.changed).append(name)
        return done

    def _write(self, records: Sequence[Record], version_type: VersionType, patience_s: float) -> list[Verdict]:
        if self._senders is None:
            raise Corrupt("the Elasticsearch sink is used before it is opened")
        patience = self._clock.monotonic() + patience_s
        verdicts = {place: verdict for place, record in enumerate(records) if (verdict := unusable(record))}
        stories = self._stories_of([record for place, record in enumerate(records) if place not in verdicts], patience)
        sent: list[Future[dict[int, Verdict]]] = []
        bulk: list[Operation] = []
        size = 0
        for place, record in enumerate(records):
            if place in verdicts:
                continue
            prepared = self._prepare(place, record, version_type, stories.get(record.doc_id))
            if isinstance(prepared, Verdict):
                verdicts[place] = prepared
                continue
            bulk.append(prepared)
            size += len(prepared.lines)
            if size >= BULK_BYTES:
                sent.append(self._senders.submit(self._settle, bulk, patience))
                bulk, size = [], 0
        if bulk:
            sent.append(self._senders.submit(self._settle, bulk, patience))
        for verdicts_of_bulk in _all(sent):
            verdicts.update(verdicts_of_bulk)
        return [verdicts[place] for place in range(len(records))]

    def tend(self) -> bool:
        """Nothing to do: a marker replaces the document, and merging drops the old one."""
        return False

    def close(self) -> None:
        """Let go of the connections; safe to call twice."""
        if self._senders is not None:
            self._senders.shutdown(cancel_futures=True)
            self._senders = None
        if self._client is not None:
            self._client.close()
            self._client = None

    def _stories_of(self, records: Sequence[Record], patience: float) -> dict[str, str]:
        """The stories that mentions have already which may come anew: edits, and what is of more than a day ago.

        Of what was published since, the windows stage says it again with each version.
        """
        last = microseconds(self._clock.now() - STORIES_SAID)
        anew = [record.doc_id for record in records if _may_come_anew(record, last)]
        found = self._looked_up([(self._names.index(period(each)), each) for each in anew], patience)
        held = {each["_id"]: each.get("_source", {}).get("story") for each in found}
        return {doc_id: story for doc_id, story in held.items() if story}

    def _looked_up(self, targets: Sequence[tuple[str, str]], patience: float) -> list[dict[str, Any]]:
        """The stories of documents, asked for again until `patience`."""
        pauses = Pauses(self._clock, patience)
        while True:
            try:
                return self._connected().get_many(targets, ["story"])
            except Unavailable:
                if pauses.over():
                    raise

    def _prepare(self, place: int, record: Record, version_type: VersionType, story: str | None) -> Operation | Verdict:
        index = self._names.index(period(record.doc_id))
        try:
            source = marker_source(record) if record.value is None else document_source(record, story)
        except Invalid as error:
            return Verdict(Outcome.REFUSED, error.reason, error.detail)
        action = {"_index": index, "_id": record.doc_id, "version": record.version, "version_type": version_type}
        lines = msgspec.json.encode({"index": action}) + b"\n" + source + b"\n"
        return Operation(place, record, index, lines)

    def _settle(self, bulk: list[Operation], patience: float) -> dict[int, Verdict]:
        """Send until every document has its verdict, or until `patience`."""
        verdicts: dict[int, Verdict] = {}
        pauses = Pauses(self._clock, patience)
        while True:
            away = None
            try:
                settled = self._attempt(bulk)
            except Unavailable as error:
                settled, away = {}, error
            verdicts.update(settled)
            bulk = [operation for operation in bulk if operation.place not in settled]
            if not bulk:
                return verdicts
            if pauses.over():
                closed = next((each.closed for each in bulk if each.closed), None)
                full = Unavailable(f"Elasticsearch is full: it does not take {len(bulk)} documents now")
                raise away or closed or full

    def _attempt(self, bulk: list[Operation]) -> dict[int, Verdict]:
        """One bulk request; documents without a verdict are to be sent again."""
        self._make_indices(bulk)
        try:
            answers = self._connected().bulk(b"".join([operation.lines for operation in bulk]))
        except Refused as error:
            return self._halves(bulk, error)
        if len(answers) != len(bulk):
            raise Corrupt(f"Elasticsearch answered {len(answers)} of {len(bulk)} documents of a bulk request")
        verdicts: dict[int, Verdict] = {}
        conflicts: list[Operation] = []
        for operation, answer in zip(bulk, answers, strict=True):
            status = answer["status"]
            if status in {200, 201}:
                verdicts[operation.place] = APPLIED
            elif status == 409:
                conflicts.append(operation)
            elif verdict := self._refusal(operation, status, error_kind(answer)):
                verdicts[operation.place] = verdict
            else:
                operation.closed = self._connected().closed(answer)
        verdicts.update(self._judged(conflicts))
        return verdicts

    def _refusal(self, operation: Operation, status: int, kind: str) -> Verdict | None:
        """The verdict on a document that was not taken; None: it is to be sent again."""
        if kind == MISSING_INDEX:
            self._indices.discard(operation.index)
            return None
        if busy(status, kind) or kind == CLOSED_INDEX:
            return None
        if status in {401, 403}:
            raise Misused(f"the API key may not write into {operation.index}: see `veille doctor --grants`")
        if status not in DOCUMENT_FAULTS:
            raise Corrupt(f"Elasticsearch failed on a document ({status} {kind}); its log says why")
        return Verdict(Outcome.REFUSED, "too_large" if status == 413 else "refused", kind)

    def _halves(self, bulk: list[Operation], error: Refused) -> dict[int, Verdict]:
        """A request that is too large, or refused as a whole, is sent in halves, down to the one that is to blame."""
        if len(bulk) == 1:
            reason = "too_large" if error.status == 413 else "refused"
            return {bulk[0].place: Verdict(Outcome.REFUSED, reason, error.kind)}
        half = len(bulk) // 2
        return self._attempt(bulk[:half]) | self._attempt(bulk[half:])

    def _judged(self, conflicts: list[Operation]) -> dict[int, Verdict]:
        """Verdicts on documents of which something at least as new was there."""
        held = self._connected().get_many([(operation.index, operation.record.doc_id) for operation in conflicts])
        verdicts: dict[int, Verdict] = {}
        for operation, found in zip(conflicts, held, strict=True):
            if found.get("found"):
                deleted = bool(found["_source"].get("deleted"))
                verdict = judge(operation.record, found["_version"], deleted=deleted)
                if verdict is not None:
                    verdicts[operation.place] = verdict
        return verdicts

    def _make_indices(self, bulk: list[Operation]) -> None:
        for index in {operation.index for operation in bulk} - self._indices:
            try:
                self._connected().call("PUT", f"/{index}")
            except Refused as error:
                if error.kind != "resource_already_exists_exception":
                    raise Unavailable(f"index {index} cannot be made ({error})") from error
            self._indices.add(index)

    def _connected(self) -> Client:
        if self._client is None:
            raise Corrupt("the Elasticsearch sink is used after it was closed")
        return self._client


APPLIED = Verdict(Outcome.APPLIED)


def _may_come_anew(record: Record, last: int) -> bool:
    """`last`: microseconds since 1970 up to which anything may."""
    if record.value is None:
        return False
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        return record.version // REVISIONS < last or _EDITED.decode(record.value).op == "update"
    return False


def document_source(record: Record, story: str | None = None) -> bytes:
    """A mention's own JSON with the index form appended: nothing is encoded twice. Raises Invalid.

    `story`: the one that it has already, where its record says none.
    """
    mention = decode_mention(record)
    if story is not None and mention.story is None:
        record, mention.story = with_story(record, story), story
    index, more = document(mention), further(mention)
    appended: dict[str, object] = {
        "deleted": False,
        "at": index.created_at,
        "tokens": [index.own, index.quoted],
        "link_tokens": index.links,
        "terms": index.terms,
        "page_id": public_id(record.doc_id),
        "share": more.share,
        "facets": by_field(pair for pair in index.facets if pair[0] != "story"),
    }
    appended |= {WORDS_OF[operator]: words for operator, words in more.words.items()}
    if more.addresses:
        appended["addresses"] = more.addresses
    if more.place_id:
        appended["place_id"] = more.place_id
    return _one_line(record.value or b"")[:-1] + b"," + msgspec.json.encode(appended)[1:]


def marker_source(record: Record) -> bytes:
    """What is left of a deleted mention: no text, no time, no author."""
    marker = {"deleted": True, "version": str(record.version), "page_id": public_id(record.doc_id)}
    return msgspec.json.encode(marker)


def _one_line(value: bytes) -> bytes:
    """A bulk request is made of lines; records that were not written by us may hold more than one."""
    return value if b"\n" not in value and value.endswith(b"}") else msgspec.json.format(value, indent=-1)


def _all(sent: list[Future[dict[int, Verdict]]]) -> list[dict[int, Verdict]]:
    """The results. When one fails, those not yet begun are given up, and those on their way waited for."""
    done, _ = wait(sent, return_when=FIRST_EXCEPTION)
    if any(future.exception() for future in done):
        for future in sent:
            future.cancel()
        wait(sent)
    errors = [error for future in sent if not future.cancelled() and (error := future.exception()) is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, Unavailable)):
        raise error
    return [future.result() for future in sent]
