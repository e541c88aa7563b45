"""Compliance jobs of the stand-in for X: ids are uploaded, and those with which something has happened come back.

create --> upload (ids, one a line) --LAG_S later--> complete: JSON lines       `failing`: failed or expired instead
"""

from __future__ import annotations

import itertools
import json
import threading
import zlib
from collections import deque
from typing import Any

from veille.clock import Clock

LAG_S = 30.0
"""From the upload to the result."""

REASONS = ("deleted", "suspended", "protected", "deactivated", "scrub_geo", "bounced")
FATED = 20
"""Of so many posts, one meets each fate, in the invented life of `fate`."""

SHOWN = ("id", "type", "upload_url", "download_url")


def fate(post_id: str) -> str:
    """What becomes of an invented post, by its id alone; empty for most."""
    number = zlib.crc32(post_id.encode()) % (FATED * len(REASONS))
    return REASONS[number] if number < len(REASONS) else ""


class Jobs:
    """The jobs of an app; methods may be called from any thread. Raises KeyError for a job that there is none of."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._jobs: dict[str, dict[str, Any]] = {}
        self.redacted: dict[str, str] | None = None
        """Why posts are gone, by id; None: as `fate` has it."""
        self.failing: deque[str] = deque()
        """How the next jobs end instead: `failed` or `expired`."""
        self.cut: int = 0
        """So many of the next results break off in the middle."""
        self.uploaded: list[list[str]] = []
        """The ids of every job."""

    def create(self, kind: str, base: str) -> dict[str, Any] | None:
        """A new job; None while another of its kind is under way."""
        with self._lock:
            if any(
                job["type"] == kind and self._status(job) in {"created", "in_progress"} for job in self._jobs.values()
            ):
                return None
            number = f"94{next(self._numbers):017}"
            job = {"id": number, "type": kind, "status": "created", "ids": None}
            job |= {"upload_url": f"{base}/upload/{number}", "download_url": f"{base}/download/{number}"}
            self._jobs[number] = job
            return self._shown(job)

    def upload(self, number: str, body: bytes) -> None:
        """The ids of a job."""
        with self._lock:
            ids = body.decode("ascii", "replace").split()
            self.uploaded.append(ids)
            self._jobs[number] |= {"ids": ids, "due": self._clock.monotonic() + LAG_S}
            if self.failing:
                self._jobs[number]["end"] = self.failing.popleft()

    def job(self, number: str) -> dict[str, Any]:
        """A job as it stands."""
        with self._lock:
            return self._shown(self._jobs[number])

    def result(self, number: str) -> bytes:
        """JSON lines, one for each post with which something has happened."""
        with self._lock:
            ids = self._jobs[number]["ids"] or []
        reasons = {each: fate(each) if self.redacted is None else self.redacted.get(each, "") for each in ids}
        lines = (
            json.dumps({"id": each, "action": "delete", "created_at": "", "redacted_at": "", "reason": reason})
            for each, reason in reasons.items()
            if reason
        )
        return "".join(f"{line}\n" for line in lines).encode()

    def _status(self, job: dict[str, Any]) -> str:
        if job["ids"] is None:
            return "created"
        return "in_progress" if self._clock.monotonic() < job["due"] else str(job.get("end", "complete"))

    def _shown(self, job: dict[str, Any]) -> dict[str, Any]:
        return {name: job[name] for name in ("id", "type", "upload_url", "download_url")} | {
            "status": self._status(job)
        }
