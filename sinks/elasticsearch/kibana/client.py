"""What veille asks of Kibana: which version it is, whether a space exists, and to import saved objects.

    Kibana.install(file) --multipart--> POST /api/saved_objects/_import?overwrite=true --> Installed objects

Importing is the one of Kibana's ways in that is the same, and stable, from 8.19 through 9. Answers become errors for
people: Unavailable (away, full), Misused (address, key, rights, space, version), Corrupt (objects are refused).
"""

from __future__ import annotations

import json
import ssl
import uuid
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from veille.errors import Corrupt, Misused, Unavailable
from veille.settings import KibanaSettings

TIMEOUT_S = 60.0
OLDEST = (8, 19)
DEFAULT_SPACE = "default"


@dataclass(frozen=True)
class Installed:
    """One saved object as Kibana has it now."""

    type: str
    id: str
    title: str
    replaced: bool
    """Whether one of this id was there before."""


class Kibana:
    """One space of one Kibana."""

    def __init__(self, settings: KibanaSettings) -> None:
        self._settings = settings
        self._url = settings.url.rstrip("/")
        self.space = settings.space or DEFAULT_SPACE

    @property
    def base(self) -> str:
        """What addresses in this space begin with."""
        return self._url if self.space == DEFAULT_SPACE else f"{self._url}/s/{quote(self.space)}"

    def version(self) -> str:
        """Its version; empty where it tells that to nobody whom it does not know. Raises Misused below 8.19."""
        answer = self._ask("GET", f"{self._url}/api/status")
        version = answer.get("version", {})
        number = str(version.get("number", "")) if isinstance(version, dict) else ""
        if number and _parsed(number) < OLDEST:
            raise Misused(f"Kibana at {self._url} is {number}; the dashboards need 8.19 or later")
        return number

    def check_space(self) -> None:
        """Raises Misused where there is no such space: an import would go to one that nobody can open."""
        if self.space != DEFAULT_SPACE:
            self._ask("GET", f"{self._url}/api/spaces/space/{quote(self.space)}")

    def install(self, file: bytes) -> list[Installed]:
        """Import the objects of an NDJSON file over those of the same ids; all others stay as they are."""
        boundary = uuid.uuid4().hex
        headers = {"kbn-xsrf": "true", "Content-Type": f"multipart/form-data; boundary={boundary}"}
        address = f"{self.base}/api/saved_objects/_import?overwrite=true"
        answer = self._ask("POST", address, _form(file, boundary), headers)
        if not answer.get("success"):
            raise Corrupt(_refused(answer))
        return [_installed(each) for each in answer.get("successResults", ())]

    def _ask(self, method: str, address: str, body: bytes | None = None, headers: Any = None) -> dict[str, Any]:
        sent = {"Accept": "application/json", **(headers or {})}
        if self._settings.api_key:
            sent["Authorization"] = f"ApiKey {self._settings.api_key}"
        request = Request(address, data=body, headers=sent, method=method)  # noqa: S310  # http and https alone, checked
        opener = self._opener()
        try:
            with opener.open(request, timeout=TIMEOUT_S) as response:
                found = json.loads(response.read())
        except HTTPError as error:
            with error:
                self._meaning(error.code, _message(error))
        except ssl.SSLError as error:
            self._untrusted(error)
        except (URLError, HTTPException, OSError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            if isinstance(reason, ssl.SSLError):
                self._untrusted(reason)
            raise Unavailable(f"Kibana at {self._url} does not answer ({type(reason).__name__})") from error
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Misused(f"{self._url} is no Kibana: it does not answer in JSON; does its address have a path?")
        return found

    def _opener(self) -> OpenerDirector:
        try:
            context = ssl.create_default_context(cafile=self._settings.ca)
        except OSError as error:
            raise Misused(f"`kibana: ca:` names {self._settings.ca}, which holds no certificate") from error
        return build_opener(ProxyHandler({}), HTTPSHandler(context=context), _Stay())

    def _untrusted(self, error: ssl.SSLError) -> NoReturn:
        if isinstance(error, ssl.SSLCertVerificationError):
            raise Misused(
                f"{self._url} shows a certificate that is not trusted here: name the PEM file of its authority under "
                "`kibana: ca:`"
            ) from error
        raise Misused(f"{self._url} does not speak TLS: write its address with `http:`") from error

    def _meaning(self, status: int, message: str) -> NoReturn:
        said = f"{status} {message}".rstrip()
        if status in {408, 429} or status >= 500:
            raise Unavailable(f"Kibana at {self._url} takes nothing now ({said})")
        if status == 400:
            raise Corrupt(f"Kibana refuses the file: {message or 'it does not say why'}")
        raise Misused(
            REMEDIES.get(status, "Kibana at {url} answers {said}").format(url=self._url, space=self.space, said=said)
        )


class _Stay(HTTPRedirectHandler):
    """An API key goes to no other address than the one that was set."""

    def redirect_request(self, *_: Any) -> None:
        return None


REMEDIES = {
    401: "Kibana at {url} does not accept the API key: set VEILLE_KIBANA_API_KEY, `encoded` as Elasticsearch gives it",
    403: "the API key may not do this in the space `{space}` of Kibana at {url} ({said}): `veille doctor --grants` "
    "prints the rights needed",
    404: "Kibana at {url} has no space `{space}`, or its address lacks the path that `server.basePath` adds ({said})",
    413: "the file is too large for Kibana at {url}, or for a proxy before it (`savedObjects.maxImportPayloadBytes` "
    "must be a megabyte at least)",
    **dict.fromkeys(
        (301, 302, 303, 307, 308),
        "{url} leads elsewhere ({said}): name Kibana's own address, without a page for signing in before it",
    ),
}


def _form(file: bytes, boundary: str) -> bytes:
    """One part, named as Kibana wants it: it takes no other ending than `.ndjson`."""
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="veille.ndjson"\r\n'
        "Content-Type: application/x-ndjson\r\n\r\n"
    )
    return head.encode() + file + f"\r\n--{boundary}--\r\n".encode()


def _parsed(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split(".")[:2] if part.isdigit())


def _message(error: HTTPError) -> str:
    """What Kibana says, in a line."""
    try:
        found = json.loads(error.read())
    except (ValueError, OSError, HTTPException):
        return ""
    return " ".join(str(found.get("message", "")).split())[:300] if isinstance(found, dict) else ""


def _installed(result: dict[str, Any]) -> Installed:
    return Installed(
        type=str(result["type"]),
        id=str(result.get("destinationId") or result["id"]),
        title=str(result.get("meta", {}).get("title", "")),
        replaced=bool(result.get("overwrite")),
    )


CAUSES = {
    "ambiguous_conflict": "several objects here are copies of it: delete those that are not needed, or import by hand",
    "conflict": "another object has its id",
    "missing_references": "it refers to what is not there",
    "unsupported_type": "this Kibana has no such objects, or the plugin is switched off",
}


def _refused(answer: dict[str, Any]) -> str:
    """Which objects, and why; the others are in."""
    told = []
    for error in answer.get("errors", ()):
        why = error.get("error", {})
        cause = CAUSES.get(why.get("type"), why.get("message") or "Kibana does not say why")
        told.append(f"  {error.get('type')} {error.get('id')}: {cause}")
    done = answer.get("successCount", 0)
    return "\n".join([f"Kibana took {done} objects and refused {len(told)}:", *told])
