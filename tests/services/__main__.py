"""`python -m services kafka|elasticsearch`: prints the addresses and serves until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import signal

from services.elasticsearch import ElasticsearchService
from services.kafka import KafkaService
from services.server import Server


def main() -> None:
    """Start what the command line names; one line of JSON with the addresses once all of it answers."""
    parser = argparse.ArgumentParser(prog="python -m services", description=__doc__)
    parser.add_argument("services", nargs="+", choices=["kafka", "elasticsearch"])
    wanted = parser.parse_args().services
    started: list[Server] = []
    addresses: dict[str, str] = {}
    try:
        if "kafka" in wanted:
            kafka = KafkaService()
            started.append(kafka.start())
            broker = kafka.broker
            addresses |= {"kafka": broker.address, "kafka_scram": broker.secure_servers[0], "kafka_ca": str(broker.ca)}
        if "elasticsearch" in wanted:
            elasticsearch = ElasticsearchService()
            started.append(elasticsearch.start())
            addresses["elasticsearch"] = elasticsearch.node.url
        print(json.dumps(addresses), flush=True)  # noqa: T201  the addresses are what this command is for
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        for server in started:
            server.stop()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
