"""Kafka through kafka-python, which nothing outside of this package imports.

    kafka_options --> connections --> topics      created, listed, held against what they must be
                                  |--> reading     a topic as a whole, or as it grows
                                  |--> groups      how far they have come
                                  |--> leading     which of several processes acts
                                  `--> producing   records out

Errors: `Unavailable` when no broker answers, `Misused` when one refuses us, naming the right that is missing.
"""

from veille.kafka.connections import Forbidden
from veille.kafka.groups import Committed, GroupPlace, Progress, committed_offsets
from veille.kafka.leading import Leadership
from veille.kafka.producing import Producer, open_producer
from veille.kafka.reading import Record, Tail, end_offsets, read_all, read_between
from veille.kafka.topics import TopicState, create_topics, describe_topics, drift, list_topics, prepare_topics

__all__ = [
    "Committed",
    "Forbidden",
    "GroupPlace",
    "Leadership",
    "Producer",
    "Progress",
    "Record",
    "Tail",
    "TopicState",
    "committed_offsets",
    "create_topics",
    "describe_topics",
    "drift",
    "end_offsets",
    "list_topics",
    "open_producer",
    "prepare_topics",
    "read_all",
    "read_between",
]
