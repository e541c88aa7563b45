"""What the stand-in for X answers: rules, search, counts, accounts, timelines, compliance jobs."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from veille.producers.simulate.x_faults import PROBLEMS, Refusal
from veille.producers.simulate.x_jobs import Jobs
from veille.producers.simulate.x_posts import user_id
from veille.producers.simulate.x_project import Project
from veille.producers.simulate.x_streaming import Streaming
from veille.query import QueryError

STREAM = "/2/tweets/search/stream"
SEARCH = "/2/tweets/search/recent"
COUNTS = "/2/tweets/counts/recent"
ACCOUNTS = "/2/users/by"
MENTIONS = re.compile(r"/2/users/([0-9]+)/mentions")
RULES = STREAM + "/rules"
JOBS = "/2/compliance/jobs"
JOB = re.compile(r"/(2/compliance/jobs|upload|download)/([0-9]+)")
LARGEST_BODY = 4 << 20


class Answers(Streaming):
    """One request: who may ask, what for, and the answer, or the refusal that was planned."""

    methods: ClassVar[Mapping[tuple[str, str], str]] = {
        ("GET", STREAM): "_stream",
        ("GET", RULES): "_list_rules",
        ("POST", RULES): "_change_rules",
        ("GET", SEARCH): "_search",
        ("GET", COUNTS): "_counts",
        ("GET", ACCOUNTS): "_accounts",
        ("POST", JOBS): "_create_job",
    }

    def do_GET(self) -> None:  # noqa: N802  # the base's name
        """A question."""
        self._answer("GET")

    def do_POST(self) -> None:  # noqa: N802  # the base's name
        """A change."""
        self._answer("POST")

    def do_PUT(self) -> None:  # noqa: N802  # the base's name
        """An upload; as at X, who knows the address needs no token."""
        length = int(self.headers.get("Content-Length", 0))
        self._of_job("upload", lambda jobs, number: jobs.upload(number, self.rfile.read(length)))

    def _answer(self, method: str) -> None:
        parts = urlsplit(self.path)
        self._query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        stand_in = self.server.stand_in
        named = MENTIONS.fullmatch(parts.path)
        name = "_mentions" if named and method == "GET" else self.methods.get((method, parts.path))
        self._account = named[1] if named else ""
        if method == "GET" and parts.path.startswith("/download/"):
            self._of_job("download", self._result)
        elif scheme != "Bearer" or not token or stand_in.token not in (None, token):
            self._problem(401, "Unauthorized")
        elif method == "GET" and JOB.fullmatch(parts.path):
            self._of_job(JOBS[1:], lambda jobs, number: self._json(200, {"data": jobs.job(number)}))
        elif name is None:
            self._problem(404, "Not Found")
        elif refusals := self._refusals(parts.path):
            self._refuse(refusals.popleft())
        else:
            getattr(self, name)()

    def _refusals(self, path: str) -> deque[Refusal]:
        stand_in = self.server.stand_in
        planned = {
            RULES: stand_in.rule_refusals,
            SEARCH: stand_in.search_refusals,
            COUNTS: stand_in.search_refusals,
            JOBS: stand_in.job_refusals,
        }
        return stand_in.timeline_refusals if MENTIONS.fullmatch(path) else planned.get(path, deque())

    # --- rules ------------------------------------------------------------------------------------------------------

    def _list_rules(self) -> None:
        rules = self.server.stand_in.project.rules()
        self._json(200, {**({"data": rules} if rules else {}), "meta": self._meta() | {"result_count": len(rules)}})

    def _change_rules(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        try:
            body = json.loads(self.rfile.read(min(length, LARGEST_BODY)))
            added, deleted = body.get("add"), body.get("delete")
        except (ValueError, AttributeError):
            added = deleted = None
        dry_run = self._query.get("dry_run") == "true"
        if isinstance(added, list) and all(isinstance(each, dict) for each in added):
            self._add(added, dry_run=dry_run)
        elif isinstance(deleted, dict) and isinstance(deleted.get("ids"), list):
            number = self.server.stand_in.project.delete(deleted["ids"], dry_run=dry_run)
            summary = {"deleted": number, "not_deleted": len(deleted["ids"]) - number}
            self._json(200, {"meta": self._meta() | {"summary": summary}})
        else:
            self._problem(400, "Invalid Request")

    def _add(self, wanted: list[dict[str, Any]], *, dry_run: bool) -> None:
        added, faults = self.server.stand_in.project.add(wanted, dry_run=dry_run)
        summary = {"created": len(added), "not_created": len(faults), "valid": len(added), "invalid": len(faults)}
        body: dict[str, Any] = {"meta": self._meta() | {"summary": summary}}
        body |= {"data": added} if added else {}
        body |= {"errors": faults} if faults else {}
        self._json(201 if added else 400, body)

    def _meta(self) -> dict[str, Any]:
        return {"sent": self.server.stand_in.clock.now().astimezone(UTC).isoformat()}

    # --- search and timelines -----------------------------------------------------------------------------------------

    def _search(self) -> None:
        self.server.stand_in.searched.append(self._query.get("query", ""))
        self._found(lambda project: project.search(self._query))

    def _counts(self) -> None:
        self._found(lambda project: project.counts(self._query.get("query", "")))

    def _found(self, asked: Callable[[Project], Mapping[str, Any]]) -> None:
        try:
            page = asked(self.server.stand_in.project)
        except (ValueError, QueryError) as error:
            said = {"title": "Invalid Request", "detail": str(error), "type": f"{PROBLEMS}invalid-request"}
            self._json(400, said | {"errors": [{"message": str(error)}]})
        else:
            self._json(200, page)

    def _accounts(self) -> None:
        """An account has the same id here as in the posts that it is invented to write."""
        stand_in = self.server.stand_in
        handles = [each for each in self._query.get("usernames", "").lower().split(",") if each and each != "nobody"]
        users = [{"id": user_id(handle), "username": handle, "name": handle} for handle in handles]
        stand_in.accounts |= {user["id"]: user["username"] for user in users}
        stand_in.project.bill.charge_users([user["id"] for user in users])
        self._json(200, {"data": users} if users else {"errors": [{"title": "Not Found Error"}]})

    def _mentions(self) -> None:
        handle = self.server.stand_in.accounts.get(self._account)
        if handle is None:
            self._problem(404, "Not Found")
        else:
            self._json(200, self.server.stand_in.project.mentions(handle, self._query))

    # --- compliance jobs ----------------------------------------------------------------------------------------------

    def _create_job(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        job = self.server.stand_in.jobs.create("tweets", self.server.stand_in.url)
        if job is None:
            self._problem(409, "Conflict")
        else:
            self._json(200, {"data": job})

    def _of_job(self, what: str, answer: Callable[[Jobs, str], None]) -> None:
        named = JOB.fullmatch(urlsplit(self.path).path)
        try:
            if named is None or named[1] != what:
                raise KeyError(self.path)
            answer(self.server.stand_in.jobs, named[2])
        except KeyError:
            self._problem(404, "Not Found")
        else:
            if what == "upload":
                self._json(200, {})

    def _result(self, jobs: Jobs, number: str) -> None:
        raw = jobs.result(number)
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        jobs.cut, whole = max(0, jobs.cut - 1), not jobs.cut
        self.wfile.write(raw if whole else raw[: len(raw) // 2])
