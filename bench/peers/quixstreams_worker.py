"""Quix Streams: a dataframe with one applied function."""

from common import COUNT, GROUP, IN, OUT, SERVERS, Stopwatch, annotate
from quixstreams import Application

app = Application(broker_address=SERVERS, consumer_group=GROUP, auto_offset_reset="earliest", loglevel="ERROR")
source = app.topic(IN, value_deserializer="json", key_deserializer="bytes")
target = app.topic(OUT, value_serializer="json", key_serializer="bytes")
watch = Stopwatch()


def work(record):
    watch.saw(1)
    return annotate(record)


frame = app.dataframe(source).apply(work).to_topic(target)
app.run(count=COUNT)
watch.tell()
