"""A real Kafka and a real Elasticsearch for tests, benchmarks and people, from Maven artefacts: no container engine.

    pom --mvn--> cache of jars --> a process of its own, on free ports, data in a temporary folder

`python -m services kafka` (with `tests` on the path) prints the addresses and serves until Ctrl-C.
"""
