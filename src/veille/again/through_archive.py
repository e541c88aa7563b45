"""The archive once more through all the stages of an embedded run: its posts are nowhere else.

    mentions of an older enrichment --as published--> posts --> enrich --> mentions --> the archive, if newer

Where it was is in the archive itself: begun again after a kill, it finds what is still older. Deletes and what holds
for authors are there too, so nothing comes back.
"""

from __future__ import annotations

import threading
from contextlib import closing

from veille.again.renewal import Renewal
from veille.claim import claim
from veille.clock import Clock
from veille.embedded_run import EmbeddedRun
from veille.kafka import open_producer
from veille.post import encode
from veille.processors import revision
from veille.settings import KafkaSettings, Settings
from veille.sinks import archive_path, open_revisions
from veille.supervisor import Supervisor
from veille.topics import POSTS, headers

PAGE = 1_000
"""Posts that are acknowledged together."""


def renew(settings: Settings, clock: Clock, stop: threading.Event) -> Renewal:
    """See `veille.again.again`. Raises Misused while another run uses the data folder, Unavailable, Corrupt."""
    with claim(settings.data):
        older, newer = _counts(settings)
        complete = True
        if older:
            sink = "elasticsearch" if settings.elasticsearch else "sqlite"
            run = EmbeddedRun(settings, Supervisor(clock), ("again", "enrich", sink), clock)
            account = run.run(stop, drain=True)
            complete = not (stop.is_set() or run.failed) and account is not None and account.closes
        left, _ = _counts(settings)
    dead = left if complete else 0
    return Renewal(
        revision=revision(settings),
        read=newer + older - left + dead,
        renewed=older - left,
        already_new=newer,
        dead=dead,
        complete=complete,
    )


def publish_older(settings: Settings, kafka: KafkaSettings, stop: threading.Event) -> None:
    """The stage `again`: publish what an older enrichment made, as published. Raises Unavailable."""
    posts = POSTS.full_name(kafka.prefix)
    with closing(open_revisions(settings)) as archive, closing(open_producer(kafka, idempotent=False)) as producer:
        for number, post in enumerate(archive.older(revision(settings)), start=1):
            if stop.is_set():
                break
            said = headers(int(post.version), post.op, post.source)
            producer.send(posts, key=post.doc_id.encode(), value=encode(post), headers=said)
            if number % PAGE == 0:
                producer.flush()
        producer.flush()


def _counts(settings: Settings) -> tuple[int, int]:
    if settings.elasticsearch is None and not archive_path(settings).exists():
        return 0, 0
    with closing(open_revisions(settings)) as archive:
        return archive.counts(revision(settings))
