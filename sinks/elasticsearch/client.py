"""The connection to Elasticsearch, and what its answers mean. The only module that imports its client.

    call --> client --> answer, or Unavailable (away, full), Misused (not allowed), Refused (this request, for good)

The client's own retries are off: it repeats a 429 three times without a pause, and knows nothing of documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from elastic_transport import ConnectionError as Lost
from elastic_transport import ConnectionTimeout, TlsError
from elasticsearch import ApiError, Elasticsearch, UnsupportedProductError
from elasticsearch.serializer import OrjsonSerializer

from veille.errors import Corrupt, Misused, Unavailable
from veille.settings import ElasticsearchSettings

TIMEOUT_S = 30.0
BUSY = frozenset({408, 429})
"""Statuses of a server that is full for now, beside all from 500 on; a document's and a request's alike."""

BLOCKED = "cluster_block_exception"
"""Writing is blocked (disk past its flood stage): over once there is room. Comes as 403 or 429."""

MISSING_INDEX = "index_not_found_exception"

CLOSED_INDEX = "index_closed_exception"
"""Somebody closed it: over once it is open again, or gone."""

CLOSED_TOO = "open,closed"
"""How patterns are to be read, so that a closed index among them is told and not passed over."""

SEARCH = "/_search"
WHOLE = {"allow_partial_search_results": "false"}
"""A part of the archive that is away must not pass for one that holds nothing: then a search is Unavailable."""


class Refused(Exception):  # an answer, handled within this package
    """Elasticsearch refuses a request for good; `kind` is its error type, such as `index_not_found_exception`."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(f"{status} {kind}")
        self.status = status
        self.kind = kind


class Client:
    """One Elasticsearch. Methods raise Unavailable, Misused (credentials, rights, certificate) or Corrupt.

    `bulk` and `call` also raise Refused.
    """

    def __init__(self, settings: ElasticsearchSettings) -> None:
        self._url = settings.url
        options: dict[str, Any] = {}
        if settings.url.startswith("https:") and settings.ca is not None:
            options["ca_certs"] = str(settings.ca)
        self._client = Elasticsearch(
            settings.url,
            api_key=settings.api_key,
            serializer=OrjsonSerializer(),
            max_retries=0,
            request_timeout=TIMEOUT_S,
            **options,
        )

    def bulk(self, lines: bytes) -> list[dict[str, Any]]:
        """Send pairs of action and source lines; one `{"status", "error"}` a pair, in order."""
        with self._meanings():
            answer = self._client.bulk(
                operations=lines,  # type: ignore[arg-type]  # bytes that are serialised already pass through
                filter_path="errors,items.*.status,items.*.error.type,items.*.error.index",
            )
        return [next(iter(item.values())) for item in answer.get("items", ())]

    def bulk_each(self, operations: Sequence[bytes]) -> list[dict[str, Any]]:
        """The same; what is too large for one request goes in halves, and one alone that is refused is so answered."""
        try:
            return self.bulk(b"".join(operations))
        except Refused as error:
            if len(operations) == 1:
                return [{"status": error.status, "error": {"type": error.kind}}]
            half = len(operations) // 2
            return self.bulk_each(operations[:half]) + self.bulk_each(operations[half:])

    def get_many(self, targets: Iterable[tuple[str, str]], source: Any = ("deleted",)) -> list[dict[str, Any]]:
        """The newest state of documents by (index, id): `_version`, `found`, and `_source` as far as is asked for.

        Not found in an index that is not there; one that is away is Unavailable.
        """
        docs = [{"_index": index, "_id": doc_id, "_source": source} for index, doc_id in targets]
        if not docs:
            return []
        try:
            with self._meanings():
                found = list(self._client.mget(docs=docs)["docs"])
        except Refused as error:
            raise Corrupt(f"Elasticsearch at {self._url} refuses a look-up by id ({error})") from error
        for each in (each for each in found if "error" in each and error_kind(each) != MISSING_INDEX):
            if closed := self.closed(each):
                raise closed
            raise Unavailable(f"Elasticsearch at {self._url} cannot look up documents now ({error_kind(each)})")
        return found

    def search(self, target: str, body: Any) -> dict[str, Any]:
        """What is found in indices of a name or a pattern; nothing where there is none yet.

        Of a closed one, too: raises Unavailable, since what it holds would be missing from every count.
        """
        try:
            return self.call("POST", f"/{target}{SEARCH}", body, expand_wildcards=CLOSED_TOO)
        except Refused as error:
            if error.kind != MISSING_INDEX:
                raise
            return {"hits": {"hits": [], "total": {"value": 0}}}

    def call(self, method: str, path: str, body: Any = None, **parameters: Any) -> dict[str, Any]:
        """Any other request; `path` begins with a slash. A search finds all that there is, or raises Unavailable."""
        headers = {"accept": "application/json"}
        if body is not None:
            headers["content-type"] = "application/json"
        with self._meanings():
            params = parameters | WHOLE if path.endswith(SEARCH) else parameters
            answer = self._client.perform_request(method, path, params=params, headers=headers, body=body)
        return dict(answer.body)

    def closed(self, answer: Any) -> Unavailable | None:
        """What to say where an answer, a document's or a request's, is that its index is closed."""
        if error_kind(answer) != CLOSED_INDEX:
            return None
        index = answer["error"].get("index", "an index")
        return Unavailable(
            f"{index} of Elasticsearch at {self._url} is closed, so it can be neither read nor written: open it "
            f"(`POST /{index}/_open`), or delete it"
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    @contextmanager
    def _meanings(self) -> Iterator[None]:
        try:
            yield
        except TlsError as error:
            if "CERTIFICATE_VERIFY_FAILED" not in error.message:
                raise Misused(f"{self._url} does not speak TLS: write its address with `http:`") from error
            raise Misused(
                f"{self._url} shows a certificate that is not trusted here: name the PEM file of its authority under "
                "`elasticsearch: ca:`"
            ) from error
        except (Lost, ConnectionTimeout) as error:
            raise Unavailable(f"Elasticsearch at {self._url} does not answer ({type(error).__name__})") from error
        except UnsupportedProductError as error:
            raise Misused(f"{self._url} is no Elasticsearch; OpenSearch is not supported") from error
        except ApiError as error:
            if closed := self.closed(error.body):
                raise closed from error
            raise _meaning(error.status_code, error_kind(error.body), self._url) from error


def busy(status: int, kind: str) -> bool:
    """Whether an answer means: not now, try again."""
    return status in BUSY or status >= 500 or kind == BLOCKED


def error_kind(body: Any) -> str:
    """The type of an error in an answer; never its reason, which quotes the document."""
    error = body.get("error", body) if isinstance(body, dict) else body
    return str(error.get("type", "unknown")) if isinstance(error, dict) else "unknown"


def _meaning(status: int, kind: str, url: str) -> Exception:
    if busy(status, kind):
        return Unavailable(f"Elasticsearch at {url} takes nothing now ({status} {kind})")
    if status == 401:
        return Misused(f"Elasticsearch at {url} does not accept the API key: set VEILLE_ELASTICSEARCH_API_KEY")
    if status == 403:
        return Misused(
            f"the API key may not do this on Elasticsearch at {url}: `veille doctor --grants` prints the rights needed"
        )
    return Refused(status, kind)
