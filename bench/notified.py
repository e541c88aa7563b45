"""From a mention's arrival to the mail about it: many watches, each with a peak of its own, through all stages.

    posts --standard input--> veille run files enrich windows SINK notify --SMTP--> a mail server that notes

A peak comes whole, within a moment, and is plain to see: what the detector itself needs is there with its last post,
and all that follows is the way. An alert's `opened_at` splits it: before, topics, enrichment, counting and the tick of
windows; after, its record, the desk and the mail. Once embedded, once on the real Kafka and Elasticsearch.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from bench.running import running
from bench.services import elasticsearch, kafka
from veille.post import Author, Post, encode
from veille.settings import ElasticsearchSettings, Settings
from veille.sinks import open_archive

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from notify_stands import MailServer

WATCHES = 120
EVERY_S = 1.5
"""From one peak to the next."""

PEAK = 40
"""Posts of a peak, each a story of its own."""

PAST_MIN, PAST_EVERY_MIN = 90, 3
"""Before it, every watch has had a post every so many minutes for so long."""

FIRST_S = 180.0
"""How long the stages may take until they tell of the first peak, which is not counted."""

WARM_S = 75.0
"""Nothing opens before the first minute of a run is over."""

LAST_S = 60.0
LIMIT_S = 10.0
WORDS = 4_000


class Noting(MailServer):
    """Notes when each mail was handed over first, by the message's id."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[str, datetime] = {}

    def took(self, what: Any) -> None:
        """See `Stand`."""
        self.at.setdefault(str(what["X-Veille-Message"]), datetime.now(UTC))
        super().took(what)


def run() -> dict[str, object]:
    """Median, p99 and longest in seconds, of all the way and of its two parts, embedded and on a Kafka."""
    with tempfile.TemporaryDirectory() as folder:
        embedded = _measured("sqlite", Settings(data=Path(folder) / "data"), {"data": f"{folder}/data"})
    with tempfile.TemporaryDirectory() as folder, kafka() as servers, elasticsearch() as url:
        described: dict[str, Any] = {
            "data": f"{folder}/data",
            "kafka": {"servers": [servers], "prefix": "told", "partitions": 4, "replication": 1},
            "elasticsearch": {"url": url, "prefix": "told", "replicas": 0},
        }
        settings = Settings(elasticsearch=ElasticsearchSettings(url=url, prefix="told", replicas=0))
        figures = {"embedded": embedded, "kafka": _measured("elasticsearch", settings, described)}
    reached = {
        f"{name}: p99 under {LIMIT_S:.0f} s": found["mention to mail, p99"] < LIMIT_S and not found["untold"]
        for name, found in figures.items()
    }
    return {**figures, "reached": reached}


def _measured(sink: str, settings: Settings, described: dict[str, Any]) -> dict[str, float]:
    with Noting() as mail:
        watches = {_watch(n): {"role": "brand", "query": f'"{_watch(n)}"'} for n in range(WATCHES + 1)}
        told = {"watches": watches, "notify": [{"to": mail.address, "when": "severity >= 5", "cooldown": "0m"}]}
        with running(["files", "enrich", "windows", sink, "notify"], described | told) as into:
            peaks = Peaks(into)
            time.sleep(WARM_S)
            warm = {_watch(WATCHES): peaks.send(WATCHES)}
            mail.wait(lambda: bool(_told(mail, warm)), FIRST_S)
            sent = {}
            for number in range(WATCHES):
                sent[_watch(number)] = peaks.send(number)
                time.sleep(EVERY_S)
            deadline = time.monotonic() + LAST_S
            while len(_told(mail, sent)) < WATCHES and time.monotonic() < deadline:
                time.sleep(EVERY_S)
            with closing(open_archive(settings)) as archive:
                opened = {each.id: each.opened_at for each in archive.alerts(limit=10_000)}
        return _figures(mail, sent, opened)


def _told(mail: Noting, sent: dict[str, datetime]) -> dict[str, str]:
    """By watch, the first message about it: their ids begin with `KIND-WATCH-TIME/`."""
    named = {message.split("-")[1]: message for message in reversed(list(mail.at))}
    return {watch: named[watch] for watch in sent if watch in named}


def _figures(mail: Noting, sent: dict[str, datetime], opened: dict[str, datetime]) -> dict[str, float]:
    """Seconds: all the way, and its two parts; and of how many peaks nothing was told."""
    told = _told(mail, sent)
    at = {watch: opened[message.partition("/")[0]] for watch, message in told.items()}
    return {
        **_spread("mention to mail", [mail.at[message] - sent[watch] for watch, message in told.items()]),
        **_spread("mention to alert opened", [at[watch] - sent[watch] for watch in told]),
        **_spread("alert opened to mail", [mail.at[message] - at[watch] for watch, message in told.items()]),
        "peaks": len(sent),
        "untold": len(sent) - len(told),
    }


def _spread(name: str, times: list[timedelta]) -> dict[str, float]:
    ordered = sorted(each.total_seconds() for each in times)
    found = {"median": statistics.median(ordered), "p99": ordered[int(len(ordered) * 0.99)], "longest": ordered[-1]}
    return {f"{name}, {which}": round(seconds, 2) for which, seconds in found.items()}


class Peaks:
    """Hands posts over, a line each; begins with the past of all watches."""

    def __init__(self, into: IO[bytes]) -> None:
        self._into, self._random, self._number = into, random.Random(1), 0
        now = datetime.now(UTC)
        for minutes in range(PAST_MIN, 0, -PAST_EVERY_MIN):
            for number in range(WATCHES + 1):
                self._write(number, now - timedelta(minutes=minutes, seconds=number % 60))
        into.flush()

    def send(self, number: int) -> datetime:
        """A peak of one watch; when all of it was there."""
        for _ in range(PEAK):
            self._write(number, datetime.now(UTC))
        self._into.flush()
        return datetime.now(UTC)

    def _write(self, number: int, at: datetime) -> None:
        self._number += 1
        words = " ".join(f"w{self._random.randrange(WORDS):04}ord" for _ in range(14))
        post = Post(
            doc_id=f"file:{self._number}",
            version=str(int(at.timestamp() * 1e6) * 1024),
            source="file",
            native_id=str(self._number),
            created_at=at,
            received_at=datetime.now(UTC),
            text=f"{_watch(number)} {words}",
            author=Author(id=str(self._number), handle=f"somebody{self._number}"),
        )
        self._into.write(encode(post) + b"\n")


def _watch(number: int) -> str:
    return f"brand{number:03}"
