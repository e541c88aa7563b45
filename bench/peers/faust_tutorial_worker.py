"""The agent as Faust's tutorial writes it: one message at a time, JSON both ways, `topic.send`."""

import os

import faust
from common import GROUP, IN, OUT, SERVERS, Stopwatch, annotate

app = faust.App(
    GROUP, broker=f"kafka://{SERVERS}", store="memory://", topic_partitions=4, web_enabled=False,
    topic_disable_leader=True, broker_session_timeout=10.0, broker_heartbeat_interval=2.0,
)  # fmt: skip
source = app.topic(IN, value_serializer="json")
target = app.topic(OUT, value_serializer="json")
watch = Stopwatch()


@app.agent(source)
async def work(stream):
    async for event in stream.events():
        await target.send(key=event.key, value=annotate(event.value))
        if watch.saw(1):
            await app.producer.flush()
            watch.tell()
            os._exit(0)


app.finalize()
faust.Worker(app, loglevel="ERROR", quiet=True, redirect_stdouts=False).execute_from_commandline()
