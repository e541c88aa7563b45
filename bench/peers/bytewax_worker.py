"""bytewax: Kafka in, a map, Kafka out."""

import os
import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.testing import run_main
from common import IN, OUT, SERVERS, Stopwatch, enrich

watch = Stopwatch()


def work(message):
    watch.saw(1)
    return KafkaSinkMessage(message.key, enrich(message.value))


flow = Dataflow("hop")
read = kop.input("in", flow, brokers=[SERVERS], topics=[IN], tail=False)
kop.output("out", op.map("work", read.oks, work), brokers=[SERVERS], topic=OUT)
run_main(flow)
watch.tell()
os._exit(0)
