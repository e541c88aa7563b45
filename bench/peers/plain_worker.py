"""A plain loop around confluent-kafka: poll a batch, produce it, flush, commit."""

from common import COUNT, GROUP, IN, OUT, SERVERS, Stopwatch, enrich
from confluent_kafka import Consumer, Producer

consumer = Consumer(
    {"bootstrap.servers": SERVERS, "group.id": GROUP, "auto.offset.reset": "earliest", "enable.auto.commit": False}
)
producer = Producer({"bootstrap.servers": SERVERS, "linger.ms": 20, "queue.buffering.max.messages": 1_000_000})
consumer.subscribe([IN])
watch, done = Stopwatch(), False
while not done:
    messages = consumer.consume(1000, 1.0)
    for message in messages:
        producer.produce(OUT, enrich(message.value()), key=message.key())
    producer.flush()
    if messages:
        consumer.commit(asynchronous=False)
        done = watch.saw(len(messages))
watch.tell()
