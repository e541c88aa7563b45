"""A stand-in for Kibana, on loopback: it holds each request against an OpenAPI description of Kibana's API, and imports
saved objects as Kibana documents it. The description is ours, or Kibana's own where it is at hand (fixtures/kibana).

    request --path, method, headers, query, body--> a breach is kept in `breaches`, and answered with 400
                `--> import: what is there is replaced with `overwrite`, else a conflict; other spaces keep their own

What it does not do: bring objects forward to its version, or look into what they hold beyond their references.
"""

from __future__ import annotations

import json
import os
import ssl
import threading
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import trustme
import yaml
from jsonschema import Draft202012Validator

OURS = Path(__file__).parent / "fixtures" / "kibana" / "openapi.json"
API = yaml.safe_load(Path(os.environ.get("VEILLE_KIBANA_OPENAPI", OURS)).read_text("utf-8"))
"""JSON is YAML too."""

NEWEST = {
    "index-pattern": "8.0.0", "visualization": "8.5.0", "lens": "8.9.0", "map": "8.4.0", "dashboard": "10.2.0",
    "links": "10.1.0", "search": "10.5.0",
}  # fmt: skip
"""Types, and a form of each that Kibana 8.19 can read: an import refuses newer ones than it knows."""

Answer = tuple[int, Any]


class KibanaStand:
    """Kibana at `url`. `spaces` holds the saved objects of each space by type and id."""

    def __init__(
        self,
        version: str = "9.1.0",
        api_key: str | None = "a2V5",
        base_path: str = "",
        authority: trustme.CA | None = None,
    ) -> None:
        self.version, self.api_key, self.base_path = version, api_key, base_path
        self.spaces: dict[str, dict[tuple[str, str], dict[str, Any]]] = {"default": {}}
        self.asked: list[str] = []
        self.breaches: list[str] = []
        self.answers: dict[str, Answer] = {}
        """What a path is answered with, whatever is asked."""
        handler = type("Handler", (_Handler,), {"stand": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._scheme = "http" if authority is None else "https"
        if authority is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("127.0.0.1").configure_cert(context)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}{self.base_path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Answer:  # noqa: PLR0911  # one each
        self.asked.append(f"{method} {target}")
        path = urlsplit(target).path
        if not path.startswith(f"{self.base_path}/"):
            return 404, {"statusCode": 404, "error": "Not Found", "message": "Not Found"}
        space, path = _space(path.removeprefix(self.base_path))
        if path in self.answers:
            return self.answers[path]
        if breaches := list(_breaches(method, path, target, headers, body)):
            self.breaches += breaches
            return _bad("; ".join(breaches))
        known = self.api_key is None or headers.get("authorization") == f"ApiKey {self.api_key}"
        if path == "/api/status":
            return 200, self._status(known)
        if not known:
            return 401, {"statusCode": 401, "error": "Unauthorized", "message": "security_exception"}
        if path.endswith("_import"):
            return self._import(space, dict(parse_qsl(urlsplit(target).query)), headers, body)
        return self._space(path.rpartition("/")[2])

    def _space(self, name: str) -> Answer:
        if name in self.spaces:
            return 200, {"id": name, "name": name}
        return 404, {"statusCode": 404, "error": "Not Found", "message": f"Saved object [space/{name}] not found"}

    def _status(self, known: bool) -> dict[str, Any]:
        status = {"overall": {"level": "available"}}
        version = {
            "number": self.version, "build_hash": "0", "build_number": 1, "build_snapshot": False,
            "build_flavor": "traditional", "build_date": "2026-01-01T00:00:00.000Z",
        }  # fmt: skip
        whole = {"name": "kibana", "uuid": "0", "version": version, "status": status, "metrics": {}}
        return whole if known else {"status": status}

    def _import(self, space: str, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        part = next(_parts(headers, body))
        if not str(part.get_filename()).endswith(".ndjson"):
            return _bad("Invalid file extension")
        documents = [json.loads(line) for line in part.get_payload(decode=True).splitlines()]
        held = self.spaces[space]
        there = held.keys() | {(each["type"], each["id"]) for each in documents}
        done: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for each in documents:
            name = (each["type"], each["id"])
            if fault := _fault(each, there, name in held and query.get("overwrite") != "true"):
                errors.append({"type": each["type"], "id": each["id"], "error": fault})
                continue
            result = {"type": each["type"], "id": each["id"], "meta": {"title": _title(each)}, "managed": False}
            done.append(result | ({"overwrite": True} if name in held else {}))
        if not errors:
            held.update({(each["type"], each["id"]): each for each in documents})
        told = {"success": not errors, "successCount": len(done), "successResults": done, "warnings": []}
        return 200, told | ({"errors": errors} if errors else {})


def _title(document: dict[str, Any]) -> str:
    return str(document["attributes"].get("name") or document["attributes"]["title"])


def _fault(document: dict[str, Any], there: set[tuple[str, str]], conflict: bool) -> dict[str, Any] | None:
    """Why an object is not taken."""
    if document["type"] not in NEWEST:
        return {"type": "unsupported_type"}
    if _number(document["typeMigrationVersion"]) > _number(NEWEST[document["type"]]):
        return {"type": "unknown", "message": "the document belongs to a more recent version of Kibana"}
    missing = [each for each in document["references"] if (each["type"], each["id"]) not in there]
    if missing:
        return {"type": "missing_references", "references": missing}
    return {"type": "conflict"} if conflict else None


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _bad(message: str) -> Answer:
    return 400, {"statusCode": 400, "error": "Bad Request", "message": message}


# --- against the description ----------------------------------------------------------------------------------------


def _space(path: str) -> tuple[str, str]:
    """The space that a path is asked in, and the path as the description has it."""
    if path.startswith("/s/"):
        space, _, rest = path.removeprefix("/s/").partition("/")
        return space, f"/{rest}"
    return "default", path


def _breaches(method: str, path: str, target: str, headers: Any, body: bytes) -> Iterator[str]:
    """Everything in which a request is not as it is described."""
    operation = _operation(method, path)
    if operation is None:
        yield f"{method} {path} is not described"
        return
    given = {
        "query": dict(parse_qsl(urlsplit(target).query, keep_blank_values=True)),
        "header": {name.lower(): value for name, value in headers.items()},
    }
    described = {"query": set[str](), "header": set[str]()}
    for parameter in map(_referred, operation.get("parameters", ())):
        where, name = parameter["in"], parameter["name"]
        if where == "path":
            continue
        described[where].add(name)
        value = given[where].get(name)
        if value is None:
            if parameter.get("required"):
                yield f"{where} {name} is missing"
        elif not Draft202012Validator(parameter["schema"]).is_valid(_typed(value, parameter["schema"])):
            yield f"{where} {name} is {value}"
    yield from (f"query {name} is not described" for name in given["query"].keys() - described["query"])
    yield from _breaches_of_body(operation.get("requestBody"), headers, body)


def _operation(method: str, path: str) -> dict[str, Any] | None:
    for template, operations in API["paths"].items():
        begin, variable, end = template.partition("{id}")
        inner = path.removeprefix(begin).removesuffix(end)
        if path == template or (variable and path.startswith(begin) and inner and "/" not in inner):
            found: dict[str, Any] | None = operations.get(method.lower())
            return found
    return None


def _referred(described: dict[str, Any]) -> dict[str, Any]:
    """What stands where a `$ref` leads."""
    while "$ref" in described:
        target: Any = API
        for part in described["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        described = target
    return described


def _typed(value: str, schema: dict[str, Any]) -> Any:
    return {"true": True, "false": False}.get(value, value) if schema["type"] == "boolean" else value


def _breaches_of_body(described: dict[str, Any] | None, headers: Any, body: bytes) -> Iterator[str]:
    if described is None:
        if body:
            yield "a body is sent, and none is described"
        return
    described = _referred(described)
    kind = headers.get_content_type()
    if kind not in described["content"]:
        yield f"the body is {kind}"
        return
    fields = {
        part.get_param("name", header="content-disposition"): part.get_filename() for part in _parts(headers, body)
    }
    schema = {**described["content"][kind]["schema"], "components": API.get("components", {})}
    yield from (error.message for error in Draft202012Validator(schema).iter_errors(fields))


def _parts(headers: Any, body: bytes) -> Iterator[Any]:
    head = f"Content-Type: {headers['content-type']}\r\n\r\n".encode()
    yield from BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()


def conforms(status: int, path: str, answer: Any) -> bool:
    """Whether an answer of the stand-in is as described, so that veille is not tried on what Kibana never says."""
    method = "post" if path.endswith("_import") else "get"
    response = _referred(API["paths"][path][method]["responses"][str(status)])
    schema = {**response["content"]["application/json"]["schema"], "components": API.get("components", {})}
    return Draft202012Validator(schema).is_valid(answer)


class _Handler(BaseHTTPRequestHandler):
    stand: KibanaStand
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status, answer = self.stand.answer(self.command, self.path, self.headers, body)
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        if status == 302:
            self.send_header("location", "/login")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""
