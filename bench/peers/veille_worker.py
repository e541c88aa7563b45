"""veille's own Faust host with the work of the others in place of enrichment."""

import os
import signal
import threading
import time

from common import COUNT, GROUP, IN, OUT, SERVERS, Stopwatch, enrich

from veille.batches import Batch
from veille.clock import SystemClock
from veille.kafka import Progress
from veille.metrics import StageCounts
from veille.processors.app import Output, host, run
from veille.settings import KafkaSettings

watch = Stopwatch()


def transform(batch: Batch) -> Output:
    """The same work on every record of a poll."""
    rows, counts = {}, {}
    for partition, records in batch.items():
        rows[partition] = [(record.key, enrich(record.value), [], None) for record in records]
        counts[partition] = StageCounts(read=len(records), out=len(records))
    if watch.saw(sum(len(records) for records in batch.values())):
        threading.Thread(target=end, daemon=True).start()
    return Output({OUT: rows}, counts)


progress = Progress(KafkaSettings(servers=(SERVERS,)))
ends = progress.ends(IN)


def end() -> None:
    """Wait until the last offsets are committed: only then is the work done."""
    while not progress.passed(GROUP, IN, ends):
        time.sleep(0.01)
    watch.tell()
    os.kill(os.getpid(), signal.SIGTERM)


run(host(GROUP, {"bootstrap_servers": SERVERS}, topic=IN, transform=transform, clock=SystemClock()))
