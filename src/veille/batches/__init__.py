"""Whole polls in, whole batches out: how every group reads a topic. aiokafka is imported in this package alone.

What reads and what produces brings aiokafka along, and is imported from its module by those who do so.

reading    a member of a group: poll, hand over, commit what is acknowledged      records    what goes in and out
producing  rows out, in large batches                                             counts     beside offsets, or on file
pace       how much at once                                                       watchdog   ends who is stuck
closing    an end that does not wait for brokers that are away
"""

from veille.batches.closing import until_stopped
from veille.batches.counts import KeptCounts, added, load_counts
from veille.batches.pace import CLUSTER, EMBEDDED, Pace, Standing, spare_collector
from veille.batches.records import Batch, Incoming, Row, Rows
from veille.batches.watchdog import Watchdog

__all__ = [
    "CLUSTER",
    "EMBEDDED",
    "Batch",
    "Incoming",
    "KeptCounts",
    "Pace",
    "Row",
    "Rows",
    "Standing",
    "Watchdog",
    "added",
    "load_counts",
    "spare_collector",
    "until_stopped",
]
