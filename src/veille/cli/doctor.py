"""`veille doctor`: what is reachable, which versions, what is wrong, and what to do."""

from __future__ import annotations

import os
from typing import Annotated

import msgspec
import typer

from veille.cli import options
from veille.cli.output import print_json, print_line, print_table

EPILOG = """Examples:

veille doctor

veille doctor --grants                         (the least rights that Kafka and Elasticsearch must give)
"""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("doctor", epilog=EPILOG)(doctor)


def doctor(
    *,
    config: options.Config = None,
    data: options.Data = None,
    grants: Annotated[bool, typer.Option("--grants", help="Print the rights that a production set-up gives.")] = False,
    as_json: options.Json = False,
) -> None:
    """Look at everything that veille needs, change nothing. Exit code 1: something is wrong; 3: a service is away."""
    settings = options.settings(config, data)
    if grants:
        from veille.grants import elasticsearch_grants, kafka_grants, kibana_grants

        kafka, elasticsearch, kibana = kafka_grants(settings), elasticsearch_grants(settings), kibana_grants(settings)
        if as_json:
            print_json({"kafka": kafka, "elasticsearch": elasticsearch, "kibana": kibana})
        else:
            print_line("# Kafka: one command for each role and operation")
            print_line("\n".join(kafka))
            print_line("\n# Elasticsearch: role_descriptors of POST /_security/api_key, for two keys")
            print_line(msgspec.json.format(msgspec.json.encode(elasticsearch), indent=2).decode())
            print_line("\n# Kibana: a role for those who look at dashboards, and a key for `veille kibana install`")
            print_line(msgspec.json.format(msgspec.json.encode(kibana), indent=2).decode())
        return
    from veille.doctor import examine, exit_code

    checks = list(examine(settings, os.environ))
    if as_json:
        print_json({"checks": checks})
    else:
        rows = [(check.name, check.state, check.found, check.remedy) for check in checks]
        print_table(("what", "state", "found", "what to do"), rows, wide="found")
    raise typer.Exit(exit_code(checks))
